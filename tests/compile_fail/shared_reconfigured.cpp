// EXPECT: breaker: a circuit in shared memory keeps the settings of its file
#include "breaker/breaker.hpp"
#include "breaker/shared_memory.hpp"

void slower(breaker::SharedCircuits<>& circuits) {
  circuits.of("payments").reconfigure(breaker::Config{.open_for = std::chrono::seconds{20}});
}
