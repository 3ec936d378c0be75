// Refusals: each is counted once, in stripes where the policy has some.
#include "breaker/core/refusals.hpp"

#include <chrono>
#include <thread>

#include "breaker/breaker.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/window/striped_count_window.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

constexpr FailureRateSettings half{.threshold = 50_percent};

/// **Returns** how many refusals a circuit says that there were, of 3 by this thread, which has counted a success
/// before, and 2 by another; of those, how many its machine has counted.
template <class Circuit>
std::pair<std::uint64_t, std::uint64_t> refusals_of(Circuit& circuit) {
  circuit.try_acquire().success();
  circuit.trip();
  for (int i = 0; i < 3; ++i) static_cast<void>(circuit.try_acquire());
  std::thread{[&] {
    for (int i = 0; i < 2; ++i) static_cast<void>(circuit.try_acquire());
  }}.join();
  return {circuit.snapshot().refused,
          detail::Peek::at(circuit).machine.refused.load(detail::relaxed)};
}

/// Hears nothing, and wants no refusals counted.
struct Uncounted {
  static constexpr bool counts_refusals = false;
};

/// Listens, and wants no refusals counted.
struct Quiet {
  static constexpr bool counts_refusals = false;
  int& refused;
  void on_refused(const Rejection& /*why*/) const { ++refused; }
};

}  // namespace

TEST_CASE("refusals are counted in the circuit's word, or in the stripes of its policy") {
  CircuitBreaker plain{Config{}, FailureRate{half}};
  CircuitBreaker striped{Config{}, FailureRate{last_calls<100, 8>(), half}};
  CircuitBreaker over_time{Config{}, FailureRate{within<10, 8>(10s), half}};
  CircuitBreaker first{Config{},
                       any_of(FailureRate{last_calls<100, 8>(), half}, ConsecutiveFailures{5})};
  CircuitBreaker second{Config{},
                        any_of(ConsecutiveFailures{5}, FailureRate{within<10, 2>(10s), half})};
  CircuitBreaker shared{Config{}, FailureRate{last_calls<100, 8>(), half}};
  detail::share_stripes(detail::Peek::at(shared).evidence);

  CHECK(refusals_of(plain) == std::pair<std::uint64_t, std::uint64_t>{5, 5});
  CHECK(refusals_of(striped) == std::pair<std::uint64_t, std::uint64_t>{5, 0});
  CHECK(refusals_of(over_time) == std::pair<std::uint64_t, std::uint64_t>{5, 0});
  CHECK(refusals_of(first) == std::pair<std::uint64_t, std::uint64_t>{5, 0});
  CHECK(refusals_of(second) == std::pair<std::uint64_t, std::uint64_t>{5, 0});
  CHECK(refusals_of(shared) == std::pair<std::uint64_t, std::uint64_t>{5, 0});
}

TEST_CASE("a circuit whose listener wants no refusals counted says that there were none") {
  int heard = 0;
  CircuitBreaker uncounted{Config{}, ConsecutiveFailures{5}, Uncounted{}};
  CircuitBreaker striped{Config{}, FailureRate{last_calls<100, 8>(), half}, Uncounted{}};
  CircuitBreaker own{Config{}, ConsecutiveFailures{5}, Listeners{Counters{}, Quiet{heard}}};

  CHECK(refusals_of(uncounted).first == 0);
  CHECK(refusals_of(striped).first == 0);
  CHECK(refusals_of(own).first == 0);
  CHECK(heard == 5);
  CHECK(own.listener().get<Counters<>>().totals().refused == 5);
  STATIC_REQUIRE(sizeof(uncounted) == sizeof(CircuitBreaker<>));
}

TEST_CASE("the next owner of a circuit begins with no refusals") {
  CircuitBreaker plain{Config{}, FailureRate{half}};
  CircuitBreaker striped{Config{}, FailureRate{last_calls<100, 8>(), half}};
  const auto forget = [](auto& circuit) {
    auto& inside = detail::Peek::at(circuit);
    detail::forget_refusals(inside.machine, inside.evidence);
    const auto forgotten = circuit.snapshot().refused;
    static_cast<void>(circuit.try_acquire());
    return forgotten == 0 && circuit.snapshot().refused == 1;
  };
  refusals_of(plain);
  refusals_of(striped);

  CHECK(forget(plain));
  CHECK(forget(striped));
}
