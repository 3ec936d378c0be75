// A circuit is made where it lies: the largest one there is takes no room on the stack of the thread that
// makes it, on which it would not fit.
#include <pthread.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t stack_size = std::size_t{256} * 1024;

using Largest = CircuitBreaker<SteadyClock, FailureRate<Within<1024, 1024>>>;
static_assert(sizeof(Largest) > 16 * stack_size);

template <int hours>
FailureRate<Within<1024, 1024>> policy() {
  return {within<1024, 1024>(std::chrono::hours{hours}), {.threshold = percent(50)}};
}

// Static, and made by code: a circuit of a constant would be made by the compiler.
std::optional<Largest> in_static_memory;

void make_circuits() {
  in_static_memory.emplace(Config{}, policy<1>());
  in_static_memory->try_acquire().failure();
  const auto on_heap = std::make_unique<Largest>(Config{}, policy<2>());
  on_heap->try_acquire().failure();
  const auto combined = std::make_unique<
      CircuitBreaker<SteadyClock, AnyOf<ConsecutiveFailures, decltype(policy<3>())>>>(
      Config{}, any_of(ConsecutiveFailures{3}, policy<3>()));
  combined->try_acquire().failure();
  CHECK(in_static_memory->numbers() == Numbers{{1, 1}});
  CHECK(on_heap->numbers() == Numbers{{1, 1}});
  CHECK(combined->numbers(1) == Numbers{{1, 1}});
}

}  // namespace

TEST_CASE("the largest circuit is made by a thread with a small stack, static or on the heap") {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, stack_size) == 0);
  pthread_t thread;
  const auto run = [](void*) -> void* {
    make_circuits();
    return nullptr;
  };

  REQUIRE(pthread_create(&thread, &attributes, run, nullptr) == 0);
  CHECK(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
}
