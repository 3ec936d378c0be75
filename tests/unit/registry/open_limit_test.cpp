#include "breaker/registry/open_limit.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/registry.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

/// A registry of the keys "0", "1" and so on, whose circuits one failure opens for an hour.
class Keys {
 public:
  Keys(int keys, std::optional<Ratio> at_most_open)
      : keys_{keys},
        circuits_{{.capacity = keys, .config = {.open_for = 1h}, .at_most_open = at_most_open},
                  clock_,
                  ConsecutiveFailures{1}} {
    for (int key = 0; key < keys; ++key) circuits_.of(std::to_string(key));
  }

  void fail(int key) { circuits_.of(std::to_string(key)).try_acquire().failure(); }
  /// One call of each key fails.
  void fail_all() {
    for (int key = 0; key < keys_; ++key) fail(key);
  }
  void reset_open(std::size_t count) {
    for (int key = 0; key < keys_ && count > 0; ++key) {
      if (circuits_.of(std::to_string(key)).state() == State::closed) continue;
      circuits_.of(std::to_string(key)).reset();
      --count;
    }
  }
  [[nodiscard]] std::size_t out() const {
    const RegistrySummary sum = circuits_.summary();
    return sum.open + sum.half_open + sum.forced_open;
  }
  void pass(Duration time) { clock_.advance(time); }
  [[nodiscard]] auto& circuits() { return circuits_; }

 private:
  const int keys_;
  ManualClock clock_;
  Registry<CircuitBreaker<ManualClock>> circuits_;
};

std::string field_refused(RegistrySettings<> settings) {
  try {
    Registry{std::move(settings)};
  } catch (const ConfigError& error) {
    return std::string{error.field()};
  }
  return "none";
}

}  // namespace

TEST_CASE("no larger share of the circuits opens than may be out") {
  Keys keys{10, 35_percent};

  keys.fail_all();

  CHECK(keys.out() == 3);
  CHECK(keys.circuits().held_back() == 1);  // the others were not looked at: one was just held back
}

TEST_CASE("one may always be out, however small the share is") {
  Keys keys{10, 1_percent};
  keys.fail_all();
  CHECK(keys.out() == 1);

  Keys others{10, 5_percent};
  others.circuits().of("0").force_open();
  others.fail(1);
  CHECK(others.out() == 1);
}

TEST_CASE("without a share all may be out") {
  Keys keys{10, {}};
  keys.fail_all();
  CHECK(keys.out() == 10);
  CHECK(keys.circuits().held_back() == 0);
}

TEST_CASE("a circuit that was held back counts on, and trips when there is room") {
  Keys keys{4, 25_percent};
  keys.fail(0);
  keys.fail(1);
  REQUIRE(keys.circuits().of("1").state() == State::closed);
  CHECK(keys.circuits().of("1").numbers().at[0] == 1);

  keys.circuits().of("0").reset();
  keys.pass(1s);
  keys.fail(1);

  CHECK(keys.circuits().of("1").state() == State::open);
  CHECK(keys.circuits().of("1").why().numbers.at[0] == 2);
}

TEST_CASE("once full, there is room again when a quarter of it is free") {
  Keys keys{16, 50_percent};
  for (int key = 0; key < 8; ++key) keys.fail(key);
  REQUIRE(keys.out() == 8);

  keys.reset_open(1);
  keys.pass(1s);
  keys.fail_all();
  CHECK(keys.out() == 7);

  keys.reset_open(1);
  keys.pass(1s);
  keys.fail_all();
  CHECK(keys.out() == 8);
}

TEST_CASE("after one was held back, nobody is looked at for 100 ms") {
  Keys keys{4, 25_percent};
  keys.fail_all();
  keys.reset_open(1);

  keys.pass(99ms);
  keys.fail_all();
  CHECK(keys.out() == 0);

  keys.pass(1ms);
  keys.fail_all();
  CHECK(keys.out() == 1);
  CHECK(keys.circuits().held_back() == 2);

  keys.pass(-10h);  // a clock that is set back ends the pause
  keys.fail_all();
  CHECK(keys.circuits().held_back() == 3);
}

TEST_CASE("a hand opens as many as it likes, and they count") {
  Keys keys{10, 20_percent};
  for (const char* key : {"0", "1"}) keys.circuits().of(key).force_open();
  keys.circuits().of("4").disable();  // not out: calls pass
  keys.fail_all();
  CHECK(keys.out() == 2);

  keys.circuits().of("2").force_open();
  keys.circuits().of("3").trip();
  keys.pass(1s);
  keys.fail_all();
  CHECK(keys.out() == 4);

  for (const char* key : {"0", "1", "2", "3"}) keys.circuits().of(key).reset();
  keys.pass(1s);
  keys.fail_all();
  CHECK(keys.out() == 2);
}

TEST_CASE("an answer that says so opens, however many are out") {
  Keys keys{4, 25_percent};
  keys.fail(0);

  CHECK(keys.circuits().of("1").try_acquire().settle(Judgement::trip()) == Settled::counted);

  CHECK(keys.out() == 2);
  keys.fail(2);
  CHECK(keys.out() == 2);
  CHECK(keys.circuits().held_back() == 1);
}

TEST_CASE("a recovery that fails opens again, and a half-open circuit is out") {
  Keys keys{4, 25_percent};
  keys.fail(0);
  keys.circuits().of("0").retry_in(0s);
  {
    auto probe = keys.circuits().of("0").try_acquire();
    REQUIRE(keys.circuits().of("0").state() == State::half_open);
    keys.fail(1);
    CHECK(keys.circuits().of("1").state() == State::closed);
    probe.failure();
  }
  CHECK(keys.circuits().of("0").state() == State::open);
}

TEST_CASE("policies that count elsewhere than in the state word are held back, too") {
  ManualClock clock;
  Registry circuits{{.capacity = 4, .at_most_open = 25_percent},
                    clock,
                    any_of(FailureCount{2, within(10s)}, ConsecutiveFailures{9})};
  for (const char* key : {"a", "b"})
    for (int i = 0; i < 2; ++i) circuits.of(key).try_acquire().failure();

  CHECK(circuits.of("a").why().reason == Reason::policy);
  CHECK(circuits.of("a").why().numbers.at[0] == 2);
  CHECK(circuits.of("b").state() == State::closed);
  CHECK(circuits.of("b").snapshot().numbers.at[0] == 2);
}

TEST_CASE("of a circuit that is held back the part that stands at its limit is found") {
  ManualClock clock;
  Registry circuits{{.capacity = 10, .config = {.open_for = 1h}, .at_most_open = 10_percent},
                    clock,
                    any_of(ConsecutiveFailures{9}, FailureCount{1, within(10s)})};
  circuits.of("a").try_acquire().failure();
  circuits.of("b").try_acquire().failure();
  CHECK(circuits.of("a").state() == State::open);
  CHECK(circuits.of("b").state() == State::closed);

  circuits.for_each_in_place([](std::string_view key, const auto& circuit) {
    if (key == "b") CHECK(detail::Peek::found_in(circuit).standing.part == 1);
  });
}

TEST_CASE("a share that is reconfigured is in force at once") {
  Keys keys{10, 10_percent};
  keys.fail_all();
  REQUIRE(keys.out() == 1);
  const auto settings = [](std::optional<Ratio> share) {
    return RegistrySettings<>{.capacity = 10, .config = {.open_for = 1h}, .at_most_open = share};
  };

  keys.circuits().reconfigure(settings(50_percent));
  keys.pass(1s);
  keys.fail_all();
  CHECK(keys.out() == 5);

  keys.circuits().reconfigure(settings({}));
  keys.fail_all();
  CHECK(keys.out() == 10);
}

TEST_CASE("the overflow circuit is not among those that may be out") {
  ManualClock clock;
  Registry circuits{{.capacity = 1, .when_full = WhenFull::overflow, .at_most_open = 100_percent},
                    clock,
                    ConsecutiveFailures{1}};
  circuits.of("a").try_acquire().failure();

  CHECK(circuits.of("b").try_acquire().failure() == Settled::counted);

  CHECK(circuits.overflow().state() == State::open);
  CHECK(circuits.overflow().why().reason == Reason::policy);
}

TEST_CASE("places beyond the first row have numbers, too") {
  Keys keys{200, 1_percent};
  keys.fail(150);
  keys.fail(199);
  keys.fail(0);
  CHECK(keys.out() == 2);
  CHECK(keys.circuits().of("150").state() == State::open);
  CHECK(keys.circuits().of("199").state() == State::open);
}

TEST_CASE("a share out of its range is refused by name") {
  CHECK(field_refused({.at_most_open = Ratio{0, 2}}) == "RegistrySettings.at_most_open");
  CHECK(field_refused({.at_most_open = Ratio{3, 2}}) == "RegistrySettings.at_most_open");
  CHECK(field_refused({.capacity = 1'000'001, .at_most_open = 50_percent}) ==
        "RegistrySettings.capacity");
  CHECK(field_refused({.capacity = 1'000'000, .at_most_open = 100_percent}) == "none");
}

namespace {

/// Circuits of which the first are open.
struct Group {
  std::size_t circuits;
  mutable std::size_t out = 0;
  mutable int helped = 0;
  bool opens = true;

  [[nodiscard]] detail::Out look() const { return {circuits, out}; }
  [[nodiscard]] static bool is_due(const detail::Grant& /*grant*/) { return true; }
  void open(const detail::Grant& /*grant*/) const {
    if (opens) ++out;
  }
  void help(const detail::Grant& grant) const {
    CHECK(grant.place == 7);
    CHECK(grant.stay == (1U << 21) - 1);
    CHECK(grant.is_by_policy);
    ++helped;
  }
};

}  // namespace

TEST_CASE("who comes next carries out the grant that stands there") {
  detail::OpenLimit limit;
  limit.set_share(Ratio{1, 2});
  const Group stopped{.circuits = 10, .opens = false};
  const Group next{.circuits = 10};

  CHECK(limit.open({7, (1U << 21) - 1, true}, 0, stopped) == detail::Tripped::yes);
  CHECK(stopped.helped == 0);
  CHECK(limit.open({3, 4, false}, 0, next) == detail::Tripped::yes);
  CHECK(next.helped == 1);
}
