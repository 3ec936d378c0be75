// RegistrySettings: which circuit is made with what, and what new settings do to those that are there.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/registry.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using Settings = RegistrySettings<>;

/// **Returns** for how long the circuit of `key` opens when it trips.
std::chrono::milliseconds wait_of(auto& circuits, std::string_view key) {
  circuits.of(key).reset();
  circuits.of(key).trip();
  const auto wait = circuits.of(key).why().open_for;
  circuits.of(key).reset();
  return wait;
}

std::string field_refused(const auto& act) {
  try {
    act();
  } catch (const ConfigError& error) {
    return error.field();
  }
  return "none";
}

}  // namespace

TEST_CASE("an exact key's settings go before the longest prefix's, and those before the rest") {
  Registry circuits{{.capacity = 10,
                     .config = {.open_for = 1s},
                     .for_key = {{"batch.eu.slow", {.open_for = 4s}, ConsecutiveFailures{4}}},
                     .for_prefix = {{"batch.", {.open_for = 2s}, ConsecutiveFailures{2}},
                                    {"batch.eu.", {.open_for = 3s}},
                                    {"batch.eu", {.open_for = 9s}}}},
                    ConsecutiveFailures{1}};

  CHECK(wait_of(circuits, "web") == 1s);
  CHECK(wait_of(circuits, "batch") == 1s);
  CHECK(wait_of(circuits, "") == 1s);
  CHECK(wait_of(circuits, "batch.us") == 2s);
  CHECK(wait_of(circuits, "batch.eu.fast") == 3s);
  CHECK(wait_of(circuits, "batch.eu.slow") == 4s);
  CHECK(circuits.of("web").policy() == ConsecutiveFailures{1});
  CHECK(circuits.of("batch.us").policy() == ConsecutiveFailures{2});
  CHECK(circuits.of("batch.eu.fast").policy() == ConsecutiveFailures{1});
  CHECK(circuits.of("batch.eu.slow").policy() == ConsecutiveFailures{4});
}

TEST_CASE("a prefix may be empty, and the whole key") {
  Registry circuits{{.capacity = 10,
                     .config = {.open_for = 1s},
                     .for_prefix = {{"", {.open_for = 2s}}, {"whole", {.open_for = 3s}}}}};

  CHECK(wait_of(circuits, "whol") == 2s);
  CHECK(wait_of(circuits, "whole") == 3s);
}

TEST_CASE("of two settings for the same key, or for the same prefix, the first counts") {
  Registry circuits{{.capacity = 10,
                     .for_key = {{"a", {.open_for = 1s}}, {"a", {.open_for = 2s}}},
                     .for_prefix = {{"b", {.open_for = 3s}}, {"b", {.open_for = 4s}}}}};

  CHECK(wait_of(circuits, "a") == 1s);
  CHECK(wait_of(circuits, "bc") == 3s);
}

TEST_CASE("a place that goes to another key goes with that key's settings") {
  ManualClock clock;
  Registry circuits{
      {.capacity = 1,
       .config = {.open_for = 1s},
       .for_key = {{"b", {.open_for = 2s}, FailureRate{within(20s), {percent(10), 3}}}}},
      FailureRate{within(10s), {percent(50), 2}},
      clock};
  for (int i = 0; i < 2; ++i) circuits.of("a").try_acquire().failure();
  CHECK(circuits.of("a").state() == State::open);
  circuits.erase("a");
  for (int i = 0; i < 2; ++i) circuits.of("b").try_acquire().failure();
  CHECK(circuits.of("b").state() == State::closed);
  CHECK(circuits.of("b").numbers().at[1] == 2);
  clock.advance(15s);
  circuits.of("b").try_acquire().failure();
  CHECK(circuits.of("b").why().open_for == 2s);
  CHECK(circuits.of("b").why().numbers.at[1] == 3);
  circuits.erase("b");
  CHECK(wait_of(circuits, "a") == 1s);
  CHECK(circuits.of("a").policy() == FailureRate{within(10s), {percent(50), 2}});
}

TEST_CASE("a setting out of its range is refused by name") {
  const auto refused = [](Settings settings) {
    return field_refused([&] { const Registry registry{std::move(settings)}; });
  };

  CHECK(refused({.capacity = 0}) == "RegistrySettings.capacity");
  CHECK(refused({.capacity = 1'000'000'001}) == "RegistrySettings.capacity");
  CHECK(refused({.config = {.probes = 0}}) == "Config.probes");
  CHECK(refused({.capacity = 1'000'000'000, .config = {.probes = 0}}) == "Config.probes");
  CHECK(refused({.for_key = {{"a", {.probes = 64}}}}) == "Config.probes");
  CHECK(refused({.for_prefix = {{"a", {.open_for = 0s}}}}) == "Config.open_for");
}

// ---- reconfigure

TEST_CASE("new settings reach the circuits that are there, and forget no outage") {
  ManualClock clock;
  Registry circuits{{.capacity = 10, .config = {.open_for = 30s}, .for_key = {{"own", {}}}},
                    clock,
                    ConsecutiveFailures{5}};
  const auto db = circuits.handle("db");
  circuits.of("web");
  for (int i = 0; i < 5; ++i) db.try_acquire().failure();
  const Snapshot before = db.snapshot();

  const RegistryReconfigured took = circuits.reconfigure(
      {.capacity = 10, .config = {.open_for = 5s}, .policy = ConsecutiveFailures{3}});

  CHECK(took == RegistryReconfigured{.unchanged = 0,
                                     .changed = 3,  // the overflow circuit, too
                                     .evidence_kept = 3,
                                     .evidence_cleared = 0});
  CHECK(db.state() == State::open);
  CHECK(db.snapshot().generation == before.generation);
  CHECK(db.policy() == ConsecutiveFailures{3});
  clock.advance(5s);
  CHECK(db.state() == State::half_open);  // the wait was cut
  CHECK(circuits.made() == 2);
  for (int i = 0; i < 3; ++i) circuits.of("new").try_acquire().failure();
  CHECK(circuits.of("new").why().open_for == 5s);
}

TEST_CASE("a circuit that has what it gets is not touched; one whose key vanished falls back") {
  ManualClock clock;
  const Settings old{.capacity = 10,
                     .config = {.open_for = 1s},
                     .for_key = {{"a", {.open_for = 7s}}},
                     .for_prefix = {{"b", {.open_for = 8s}}}};
  Registry circuits{old, clock, ConsecutiveFailures{5}};
  for (const char* key : {"a", "b", "c"}) circuits.of(key).try_acquire().failure();
  CHECK(circuits.reconfigure(old).unchanged == 4);

  const RegistryReconfigured took = circuits.reconfigure(
      {.capacity = 10, .config = {.open_for = 1s}, .for_prefix = {{"b", {.open_for = 9s}}}});

  CHECK(took.changed == 2);
  CHECK(took.unchanged == 2);
  CHECK(circuits.of("a").numbers().at[0] == 1);
  CHECK(wait_of(circuits, "a") == 1s);
  CHECK(wait_of(circuits, "b") == 9s);
}

TEST_CASE(
    "evidence that does not hold under the new settings is cleared, and its circuit says so") {
  ManualClock clock;
  std::vector<std::string> heard;
  struct Listener {
    std::vector<std::string>* heard;
    void operator()(std::string_view key, const Transition& transition) const {
      heard->push_back(std::string{key} + " " + to_string(transition.reason));
    }
    void on_reconfigured(const Reconfigured& kept) const {
      heard->push_back(kept.kept_evidence ? "kept" : "cleared");
    }
  };
  using Rate = decltype(FailureRate{within(10s), {percent(50)}});
  RegistryOf<ManualClock, Rate, Listener> circuits{
      {.capacity = 10}, clock, Rate{within(10s), {percent(50)}}, Listener{&heard}};
  circuits.of("a").try_acquire().failure();

  const auto took =
      circuits.reconfigure({.capacity = 10, .policy = Rate{within(20s), {percent(50)}}});

  CHECK(took.evidence_cleared == 2);
  CHECK(circuits.of("a").numbers().at[1] == 0);
  CHECK(std::count(heard.begin(), heard.end(), "a reconfigured") == 1);
  CHECK(std::count(heard.begin(), heard.end(), "cleared") == 2);
}

TEST_CASE("refused settings change nothing, and don't end later ones") {
  ManualClock clock;
  Registry circuits{{.capacity = 10, .config = {.open_for = 1s}}, clock};
  circuits.of("a");
  const auto refused = [&](Settings settings) {
    return field_refused([&] { circuits.reconfigure(std::move(settings)); });
  };

  CHECK(refused({.capacity = 11, .config = {.open_for = 2s}}) == "RegistrySettings.capacity");
  CHECK(refused({.capacity = 10, .seed = 7}) == "RegistrySettings.seed");
  CHECK(refused({.capacity = 10, .overflow_key = "x"}) == "RegistrySettings.overflow_key");
  CHECK(refused({.capacity = 10, .config = {.open_for = 2s}, .for_key = {{"a", {.probes = 0}}}}) ==
        "Config.probes");
  CHECK(wait_of(circuits, "a") == 1s);
  CHECK(wait_of(circuits, "b") == 1s);

  circuits.reconfigure({.capacity = 10, .config = {.open_for = 3s}});
  CHECK(wait_of(circuits, "a") == 3s);
}

TEST_CASE("a thousand reconfigurations take no place") {
  ManualClock clock;
  Registry circuits{{.capacity = 2}, clock};
  circuits.of("a").force_open();
  for (int i = 1; i <= 1000; ++i)
    circuits.reconfigure({.capacity = 2, .config = {.open_for = std::chrono::seconds{i}}});

  CHECK(circuits.of("a").state() == State::forced_open);
  CHECK(circuits.made() == 1);
  CHECK(wait_of(circuits, "b") == 1000s);
}
