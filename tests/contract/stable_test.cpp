// What the guide calls stable, and no other test holds: the order of the fields of aggregates, and the values of
// enumerators without a text. (Those with one: unit/types_test. Names: package/names.)
#include "breaker/breaker.hpp"
#include "breaker/registry.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using namespace breaker::literals;

// Each field is named once, in its order. One that has moved, or has gone, does not compile as an initializer; one that
// is new does not as a binding.

TEST_CASE("the fields of settings keep their order") {
  [[maybe_unused]] const auto& [open_for, probes, close_after, reopen_after, lease, slow_start,
                                retry_after_max, mode] = Config{.open_for = 1s,
                                                                .probes = 1,
                                                                .close_after = 1,
                                                                .reopen_after = 1,
                                                                .probe_lease = 1s,
                                                                .slow_start = true,
                                                                .retry_after_max = 1s,
                                                                .mode = Mode::shadow};
  [[maybe_unused]] const auto& [first, factor, max, jitter, seed] =
      Backoff{.first = 1s, .factor = 2, .max = 1s, .jitter = 10_percent, .seed = 1};
  [[maybe_unused]] const auto& [failures, of_calls] =
      FailureRateSettings{.threshold = 50_percent, .min_calls = 1};
  [[maybe_unused]] const auto& [slow, slow_share, of_slow] =
      SlowCallRateSettings{.slower_than = 1s, .threshold = 50_percent, .min_calls = 1};
  [[maybe_unused]] const auto& [bad, bad_share, of_bad] =
      BadCallRateSettings{.slower_than = 1s, .threshold = 50_percent, .min_calls = 1};
  [[maybe_unused]] const auto& [capacity, config, policy, for_key, for_prefix, when_full,
                                at_most_open, hash_seed, overflow_key] =
      RegistrySettings<>{.capacity = 1,
                         .config = {},
                         .policy = ConsecutiveFailures{1},
                         .for_key = {},
                         .for_prefix = {},
                         .when_full = WhenFull::evict,
                         .at_most_open = 50_percent,
                         .seed = 1,
                         .overflow_key = "all others"};
  [[maybe_unused]] const auto& [key, config_for, policy_for] =
      SettingsFor<>{.key = "payments", .config = {}, .policy = ConsecutiveFailures{1}};
  CHECK(probes == 1);
}

TEST_CASE("the fields of what a circuit tells keep their order") {
  [[maybe_unused]] const auto& [retry_after, stay, why_refused] =
      Rejection{.retry_after = 1s, .generation = 1, .reason = RejectionReason::open};
  [[maybe_unused]] const auto& [state, left, step] =
      Saved{.state = State::open, .left = 1s, .step = 1};
  [[maybe_unused]] const auto& [evidence, wait, times] =
      Reconfigured{.kept_evidence = true, .kept_wait = true, .times = 1};
  [[maybe_unused]] const auto& [from, to, reason, generation, at, open_for, seen, limits, words,
                                has_numbers] = Transition{.from = State::closed,
                                                          .to = State::open,
                                                          .reason = Reason::policy,
                                                          .generation = 1,
                                                          .at = 1s,
                                                          .open_for = 1s,
                                                          .numbers = {},
                                                          .limits = {},
                                                          .words = nullptr,
                                                          .has_numbers = true};
  [[maybe_unused]] const auto& [now, number, numbers, transitions, refused, stale,
                                listener_errors] = Snapshot{.state = State::open,
                                                            .generation = 1,
                                                            .numbers = {},
                                                            .transitions = 1,
                                                            .refused = 1,
                                                            .stale = 1,
                                                            .listener_errors = 1};
  [[maybe_unused]] const auto& [verdict, settled, took] =
      SettledCall{.verdict = Verdict::success, .settled = Settled::counted, .took = 1s};
  CHECK(step == 1);
}

TEST_CASE("the fields that a policy sees and answers keep their order") {
  [[maybe_unused]] const auto& [verdict, now, took] =
      Outcome{.verdict = Verdict::success, .now = 1, .took = 1};
  [[maybe_unused]] const auto& [kind, part, numbers] =
      Standing{.kind = Standing::Kind::below, .part = 1, .numbers = {}};
  [[maybe_unused]] const auto& [rule, names, sentence] =
      Words{.rule = "mine", .numbers = {}, .sentence = nullptr};
  [[maybe_unused]] const auto& [calls, marked] = Tally{.calls = 1, .marked = 1};
  CHECK(calls == 1);
}

TEST_CASE("the values of enumerators without a text stay") {
  STATIC_REQUIRE(Mode{0} == Mode::enforce);
  STATIC_REQUIRE(Mode{1} == Mode::shadow);
  STATIC_REQUIRE(ClockUse{0} == ClockUse::none);
  STATIC_REQUIRE(ClockUse{1} == ClockUse::on_failure);
  STATIC_REQUIRE(ClockUse{2} == ClockUse::on_settle);
  STATIC_REQUIRE(ClockUse{3} == ClockUse::both_ends);
  STATIC_REQUIRE(Standing::Kind{0} == Standing::Kind::below);
  STATIC_REQUIRE(Standing::Kind{1} == Standing::Kind::at_limit);
  STATIC_REQUIRE(Standing::Kind{2} == Standing::Kind::stale);
  STATIC_REQUIRE(Errc{1} == Errc::circuit_open);
}
