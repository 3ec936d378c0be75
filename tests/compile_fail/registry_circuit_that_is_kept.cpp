// EXPECT: breaker: what of\(\) gives is for one expression; to keep it, take a handle\(key\)
#include "breaker/registry.hpp"

breaker::Registry circuits{{.capacity = 2}};

void call() {
  auto&& kept = circuits.of("payments.example");
  kept.call([] {});
}
