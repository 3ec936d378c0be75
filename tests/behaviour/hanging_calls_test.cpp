// Calls that hang: the circuit opens while they hang, soon, and for no less.
#include <algorithm>
#include <cstddef>
#include <deque>
#include <random>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using Nanoseconds = std::chrono::nanoseconds;

constexpr Nanoseconds limit = 2s;
constexpr Nanoseconds resolution = 3us;
constexpr Nanoseconds timeout = 30s;
constexpr Nanoseconds check_every = 100ms;

/// A service whose dependency hangs from the first call on. Its clients give up after `timeout`.
template <class Policy>
class HangingService {
  using Circuit = CircuitBreaker<ManualClock, Policy>;

 public:
  HangingService(const Policy& policy, int threads)
      : circuit_{Config{}, clock_, policy}, threads_{threads} {}

  /// One of `threads` makes a call now, if one is free.
  void arrive(Nanoseconds now) {
    move_to(now);
    if (calls_.size() == static_cast<std::size_t>(threads_)) return;
    auto permit = circuit_.try_acquire();
    if (permit) calls_.push_back({now, std::move(permit)});
  }
  void check(Nanoseconds now) {
    move_to(now);
    circuit_.check();
  }
  [[nodiscard]] bool is_open() const { return circuit_.state() == State::open; }
  [[nodiscard]] Nanoseconds began(int call) const {
    return calls_[static_cast<std::size_t>(call)].began;
  }
  [[nodiscard]] Transition why() const { return circuit_.why(); }

 private:
  struct Call {
    Nanoseconds began;
    typename Circuit::Permit permit;
  };

  void move_to(Nanoseconds now) {
    while (!calls_.empty() && calls_.front().began + timeout <= now) {
      clock_.set(calls_.front().began + timeout);
      calls_.front().permit.failure();
      calls_.pop_front();
    }
    clock_.set(now);
  }

  ManualClock clock_;
  Circuit circuit_;
  int threads_;
  std::deque<Call> calls_;
};

/// Calls arrive at random, so many a second.
class Arrivals {
 public:
  Arrivals(int calls_per_second, unsigned seed)
      : gap_{static_cast<double>(calls_per_second)}, random_{seed} {}
  Nanoseconds next() {
    return at_ +=
           std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>{gap_(random_)});
  }

 private:
  std::exponential_distribution<> gap_;
  std::mt19937 random_;
  Nanoseconds at_{0};
};

const auto failures = FailureCount{5, within(100s)};

}  // namespace

TEST_CASE("a circuit opens within the limit and two arrivals, where callers keep coming") {
  const int calls_per_second = GENERATE(1, 10, 1000);
  const unsigned seed = GENERATE(1U, 2U, 3U);
  HangingService service{any_of(failures, Overdue{{.limit = limit}}), 100'000};
  Arrivals arrivals{calls_per_second, seed};

  int after = 0;
  Nanoseconds now{0};
  for (int calls = 0; !service.is_open(); ++calls) {
    now = arrivals.next();
    service.arrive(now);
    if (calls >= 5 && now > service.began(4) + limit + resolution) ++after;
    REQUIRE(after <= 2);
  }

  CHECK(now > service.began(4) + limit);
  CHECK(service.why().limits == Limits{{5, 2000}});
}

TEST_CASE("a circuit opens within the limit and two checks, where all callers hang") {
  const int calls_per_second = GENERATE(1, 10, 1000);
  const int threads = GENERATE(1, 5, 20, 200);
  HangingService service{any_of(failures, Overdue{{.limit = limit, .calls = std::min(5, threads)}}),
                         threads};
  Arrivals arrivals{calls_per_second, 7};

  Nanoseconds next = arrivals.next();
  Nanoseconds now{0};
  for (; !service.is_open(); now += check_every) {
    for (; next <= now; next = arrivals.next()) service.arrive(next);
    if (!service.is_open()) service.check(now);
    REQUIRE(now < 20s);
  }

  const Nanoseconds last = service.began(std::min(5, threads) - 1);
  CHECK(now - last > limit);
  CHECK(now - last <= limit + 2 * check_every + resolution);
}

TEST_CASE("by the client's timeout alone it opens after that") {
  const int calls_per_second = GENERATE(1, 10, 1000);
  const int threads = GENERATE(5, 200);
  HangingService service{failures, threads};
  Arrivals arrivals{calls_per_second, 7};

  Nanoseconds now{0};
  while (!service.is_open()) service.arrive(now = arrivals.next());

  CHECK(now >= timeout);
}

TEST_CASE("below so many overdue calls a million calls open nothing") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, clock, Overdue{{.limit = limit, .calls = 5}}};
  using Permit = decltype(circuit)::Permit;
  std::vector<Permit> hanging;
  for (int i = 0; i < 4; ++i) hanging.push_back(circuit.try_acquire());
  std::vector<Permit> calls(10);

  std::minstd_rand random{1};
  for (int i = 0; i < 1'000'000; ++i) {
    clock.advance(1ms);
    calls[random() % calls.size()] = circuit.try_acquire();  // the call that had it ends
  }

  CHECK(circuit.snapshot().transitions == 0);
  CHECK(circuit.numbers() == Numbers{{4, 14}});
  hanging.push_back(circuit.try_acquire());
  clock.advance(limit + resolution);
  CHECK_FALSE(circuit.try_acquire());
}
