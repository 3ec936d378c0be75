// The cases whose traffic is looked at: a circuit of each policy, at growing shares of failures, and refusals.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/circuits.hpp"
#include "support/operation.hpp"

namespace traffic {

using namespace std::chrono_literals;

/// A circuit, and what is done to it again and again.
struct Case {
  std::string name;
  std::shared_ptr<void> subject;
  std::uintptr_t begin;  // where the circuit stands
  std::size_t size;
  std::function<void(bench::Dice&)> once;

  [[nodiscard]] bool holds(std::uintptr_t address) const { return address - begin < size; }
};

/// **Returns** a case of a circuit that `make` makes, on lines of its own.
template <class Circuit, class Once>
Case make_case(std::string name, std::shared_ptr<Circuit> circuit, Once once) {
  const auto begin = reinterpret_cast<std::uintptr_t>(circuit.get());
  Circuit& subject = *circuit;
  return {std::move(name), std::move(circuit), begin, sizeof(Circuit),
          [&subject, once](bench::Dice& dice) { once(subject, dice); }};
}

template <class Policy, int per_mille>
void add_failing(std::vector<Case>& cases, const std::string& name) {
  auto circuit = std::make_shared<bench::Judging<Policy, bench::Cached>>();
  // The window is full, and what is predicted is settled.
  for (int i = 0; i < 101; ++i) circuit->call([] { return bench::operation(1); });
  cases.push_back(make_case(name, circuit, [](auto& subject, bench::Dice& dice) {
    const int answer = dice.answer<per_mille>();
    bench::keep(subject.call([answer] { return bench::operation(answer); }));
  }));
}

template <class Policy>
void add_policy(std::vector<Case>& cases, const std::string& name) {
  add_failing<Policy, 0>(cases, name);
  add_failing<Policy, 1>(cases, name + "/fail_0.1");
  add_failing<Policy, 10>(cases, name + "/fail_1");
  add_failing<Policy, 50>(cases, name + "/fail_5");
  add_failing<Policy, 200>(cases, name + "/fail_20");
}

template <class Policy, class Listener = breaker::NoListener>
void add_refused(std::vector<Case>& cases, const std::string& name) {
  auto circuit = std::make_shared<bench::Plain<Policy, bench::Cached, Listener>>();
  circuit->force_open();
  cases.push_back(make_case(name, circuit, [](auto& subject, bench::Dice&) {
    bench::keep(subject.call([] { return bench::operation(1); },
                             [](const breaker::Rejection&) { return 2; }));
  }));
}

/// A circuit whose places older calls have, which hang.
struct FullOfOlder {
  using Circuit = breaker::CircuitBreaker<breaker::CachedClock, breaker::Overdue<16>>;

  FullOfOlder() {
    for (auto& call : hanging) call = circuit.try_acquire();
    time.set(1ms);
  }

  breaker::CachedClock::Time time;
  Circuit circuit{bench::stays_open, bench::Hanging::make(), breaker::CachedClock{time}};
  std::array<Circuit::Permit, 16> hanging;
};

/// **Returns** all of them.
inline std::vector<Case> all_cases() {
  std::vector<Case> cases;
  add_policy<bench::Consecutive>(cases, "consecutive");
  add_policy<bench::LastN<100>>(cases, "last_100");
  add_policy<bench::LastN<100, 8>>(cases, "last_100_striped");
  add_policy<bench::Timed<10, 1>>(cases, "time_1_stripe");
  add_policy<bench::Timed<10, 8>>(cases, "time_8_stripes");
  add_policy<bench::Timed<10, 16>>(cases, "time_16_stripes");
  add_policy<bench::SlowCalls>(cases, "slow_call");
  add_policy<bench::SlowCallsTimed>(cases, "slow_call_time");
  add_failing<bench::Sums, 0>(cases, "cusum");  // that failures would trip
  add_policy<bench::AnyOfTwo>(cases, "any_of_two");
  add_policy<bench::AnyOfTwoCounts>(cases, "any_of_two_counts");
  add_policy<bench::Hanging>(cases, "overdue");
  cases.push_back(make_case(
      "counters",
      std::make_shared<bench::Plain<bench::Consecutive, bench::Cached, breaker::Counters<8>>>(),
      [](auto& subject, bench::Dice&) {
        bench::keep(subject.call([] { return bench::operation(1); }));
      }));
  cases.push_back(make_case("overdue, full of older calls", std::make_shared<FullOfOlder>(),
                            [](FullOfOlder& subject, bench::Dice&) {
                              bench::keep(subject.circuit.call([] { return bench::operation(1); }));
                            }));
  add_refused<bench::Consecutive>(cases, "refused");
  add_refused<bench::Timed<10, 8>>(cases, "refused, 8 stripes");
  add_refused<bench::Consecutive, bench::Uncounted>(cases, "refused, uncounted");
  return cases;
}

}  // namespace traffic
