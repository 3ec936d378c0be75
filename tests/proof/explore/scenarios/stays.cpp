// Scenarios: evidence belongs to one stay. And policies of the user's.
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::ConsecutiveFailures;
using breaker::FailureRate;
using breaker::Settled;

// ---- evidence belongs to a stay

template <class Policy>
void reset_against_a_late_failure(Run& run, const Policy& policy) {
  auto& f = make(run, {}, policy);
  f.call(Verdict::failure);
  auto& old = run.make<typename Fixture<Policy>::Permit>(f.acquire());
  run.thread([&] {
    f.reset();
    f.call(Verdict::failure);
  });
  run.thread([&] { f.settle(old, Verdict::failure); });
  run.finally([&f] {
    f.check(f.circuit.numbers().at[0] == 1, "evidence of an earlier stay is in the new one");
    f.check(f.memory.transitions.size() == 1 || f.memory.transitions.size() == 2,
            "tripped by mixed evidence");
  });
}

// The late call finds the window's last segment full, and moves it on while the next stay begins.
void reset_while_a_late_failure_moves_the_window_on(Run& run) {
  auto never = FailureRate{breaker::last_calls<2>(), {.threshold = 100_percent, .min_calls = 2}};
  auto& f = make(run, {}, never);
  auto& old = run.make<typename Fixture<decltype(never)>::Permit>(f.acquire());
  f.call(Verdict::success);
  f.call(Verdict::success);
  run.thread([&f] {
    f.reset();
    f.call(Verdict::failure);
  });
  run.thread([&] { f.settle(old, Verdict::failure); });
  run.finally([&f] { f.check(f.circuit.numbers().at[0] == 1, "the new stay's failure was lost"); });
}

template <class Policy>
void reset_against_a_late_success(Run& run, const Policy& policy) {
  auto& f = make(run, {}, policy);
  auto& old = run.make<typename Fixture<Policy>::Permit>(f.acquire());
  run.thread([&] {
    f.reset();
    f.call(Verdict::failure);
  });
  run.thread([&] { f.settle(old, Verdict::success); });
  run.finally([&f] {
    const auto seen = f.circuit.snapshot();
    const bool is_late = f.results.back() == Settled::stale || f.results.front() == Settled::stale;
    f.check(seen.numbers == breaker::Numbers{{1, 1, 0}},
            "the new stay holds its one call and no other");
    f.check(seen.stale == (is_late ? 1u : 0u), "a stale call is counted as one");
  });
}

template <class Policy>
void two_resets_against_calls(Run& run, const Policy& policy) {
  auto& f = make(run, {}, policy);
  run.thread([&f] {
    f.call(Verdict::failure);
    f.reset();
  });
  run.thread([&f] { f.call(Verdict::failure); });
  run.finally([&f] { f.check(f.circuit.numbers().at[0] <= 1, "evidence survived a reset"); });
}

template <class Policy>
void failure_after_two_resets(Run& run, const Policy& policy) {
  auto& f = make(run, {}, policy);
  auto& generation = run.make<breaker::Generation>(0u);
  run.thread([&f] { f.reset(); });
  run.thread([&f, &generation] {
    f.reset();
    auto permit = f.acquire();
    if (f.settle(permit, Verdict::failure) == Settled::counted) generation = permit.generation();
  });
  run.finally([&f, &generation] {
    const bool is_current = f.circuit.snapshot().generation == generation;
    f.check(f.circuit.numbers().at[0] == (is_current ? 1u : 0u),
            "a failure of this stay was lost, or one of an earlier stay is kept");
  });
}

// ---- a policy of the user's

// Its data could be plain. It is in modelled cells, so that an old value is seen if the lock lets one through.
struct Strikes {
  class Evidence {
   public:
    Evidence() = default;
    Evidence(const Evidence&) = delete;
    Evidence& operator=(const Evidence& other) noexcept {
      strikes_.store(other.strikes(), std::memory_order_relaxed);
      return *this;
    }
    [[nodiscard]] int strikes() const noexcept { return strikes_.load(std::memory_order_relaxed); }
    void add() noexcept { strikes_.store(strikes() + 1, std::memory_order_relaxed); }

   private:
    breaker::detail::Atomic<int> strikes_{0};
  };

  [[nodiscard]] breaker::Standing record(Evidence& seen,
                                         const breaker::Outcome& outcome) const noexcept {
    if (outcome.verdict != Verdict::failure) return {};
    seen.add();
    return {.kind = seen.strikes() >= 3 ? breaker::Standing::Kind::at_limit
                                        : breaker::Standing::Kind::below};
  }
  [[nodiscard]] breaker::Limits limits() const noexcept { return {{3}}; }
  friend bool operator==(const Strikes&, const Strikes&) = default;
};

void sequential_policy_under_the_lock(Run& run) {
  auto& f = make(run, {}, Strikes{});
  for (int i = 0; i < 3; ++i) {
    run.thread([&f] { f.call(Verdict::failure); });
  }
  run.finally([&f] { f.check(f.memory.transitions.size() == 1, "three strikes, one trip"); });
}

// A strike of the time before the reset must neither count nor wipe out those that came after.
void late_strike_against_a_reset(Run& run) {
  auto& f = make(run, {}, Strikes{});
  auto& old = run.make<Fixture<Strikes>::Permit>(f.acquire());
  run.thread([&f] {
    f.reset();
    f.call(Verdict::failure);
    f.call(Verdict::failure);
  });
  run.thread([&] { f.settle(old, Verdict::failure); });
  run.finally([&f] {
    f.check(f.circuit.state() == State::closed, "a late strike counted");
    f.call(Verdict::failure);
    f.check(f.circuit.state() == State::open, "a strike of this stay was lost");
  });
}

const auto big_last_n =
    FailureRate{breaker::last_calls<4>(), {.threshold = 100_percent, .min_calls = 4}};
const auto big_in_window =
    FailureRate{breaker::within<2>(2s), {.threshold = 100_percent, .min_calls = 9}};
const auto big_in_stripes =
    FailureRate{breaker::within<2, 2>(2s), {.threshold = 100_percent, .min_calls = 9}};
const auto own_word = breaker::any_of(
    ConsecutiveFailures{9},
    breaker::SlowCallRate{breaker::last_calls<4>(),
                          {.slower_than = 1h, .threshold = 100_percent, .min_calls = 4}});
const auto any_row = breaker::AnyRule<4>{rule_of(ConsecutiveFailures{9})};
const auto any_last_n = breaker::AnyRule<30>{rule_of(big_last_n)};

const Scenarios stays{
    {"reset against a late failure, last N",
     [](Run& r) { reset_against_a_late_failure(r, big_last_n); }, 1},
    {"reset against a late failure, time window",
     [](Run& r) { reset_against_a_late_failure(r, big_in_window); }, 1},
    {"reset against a late failure, a word of its own",
     [](Run& r) { reset_against_a_late_failure(r, own_word); }, 1},
    {"reset against a late failure, any rule",
     [](Run& r) { reset_against_a_late_failure(r, any_row); }, 1},
    {"reset against a late failure, any N",
     [](Run& r) { reset_against_a_late_failure(r, any_last_n); }, 1},
    {"reset against a late failure, the state word",
     [](Run& r) { reset_against_a_late_failure(r, ConsecutiveFailures{9}); }},
    {"reset against a late failure that moves a window on",
     reset_while_a_late_failure_moves_the_window_on, 1},
    {"reset against a late success, time window",
     [](Run& r) { reset_against_a_late_success(r, big_in_window); }, 1},
    {"two resets, then a failure, last N", [](Run& r) { failure_after_two_resets(r, big_last_n); },
     1},
    {"two resets, then a failure, time window",
     [](Run& r) { failure_after_two_resets(r, big_in_window); }, 2},
    {"two resets, then a failure, a word of its own",
     [](Run& r) { failure_after_two_resets(r, own_word); }, 1},
    {"two resets, then a failure, any rule", [](Run& r) { failure_after_two_resets(r, any_row); },
     1},
    {"calls against a reset, last N", [](Run& r) { two_resets_against_calls(r, big_last_n); }, 1},
    {"calls against a reset, a policy of the user's",
     [](Run& r) { two_resets_against_calls(r, Strikes{}); }, 1},
    {"reset against a late failure, a policy of the user's", late_strike_against_a_reset, 1},
    {"reset against a late failure, stripes",
     [](Run& r) { reset_against_a_late_failure(r, big_in_stripes); }, 1},
    {"a sequential policy under the lock", sequential_policy_under_the_lock, 1},
};

}  // namespace

}  // namespace explore
