// Rules: settings survive their packing, at both ends of every range.
#include "breaker/core/rules.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "unit/core/word_model.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using detail::Gate;
using detail::Milliseconds;
using detail::Rules;
using word_model::Model;

namespace {

constexpr std::chrono::milliseconds most{std::int64_t{1} << 34};

/// **Returns** every config in which one field lies at a boundary and the others as `base` has them.
std::vector<Config> with_each_boundary(const Config& base) {
  std::vector<Config> all = {base};
  const auto with = [&](auto change) {
    Config config = base;
    change(config);
    all.push_back(config);
  };
  for (const int count : {1, 2, 62, 63}) {
    with([&](Config& config) { config.probes = count; });
    with([&](Config& config) { config.close_after = count; });
    with([&](Config& config) { config.reopen_after = count; });
  }
  for (const Duration wait : {Duration{1ns}, Duration{1ms}, Duration{1ms + 1ns}, Duration{63ns},
                              Duration{64ns}, Duration{most - 1ns}, Duration{most}}) {
    with([&](Config& config) { config.probe_lease = wait; });
    with([&](Config& config) { config.retry_after_max = wait; });
    with([&](Config& config) { config.open_for = Backoff{.first = wait, .max = most}; });
    with([&](Config& config) { config.open_for = Backoff{.first = 1ns, .max = wait}; });
  }
  for (const Factor factor : {Factor{1}, Factor{1.01}, Factor{Ratio{1999, 1000}}, Factor{100}})
    with([&](Config& config) { config.open_for = Backoff{.first = 7ms, .factor = factor}; });
  for (const Ratio jitter : {Ratio{0, 1}, Ratio{1, 1000}, Ratio{1, 1001}, Ratio{1, 3}, Ratio{1, 1}})
    with([&](Config& config) { config.open_for = Backoff{.first = 9s, .jitter = jitter}; });
  for (const auto seed : {std::uint16_t{1}, std::uint16_t{65'535}})
    with([&](Config& config) { config.open_for = Backoff{.first = 1s, .seed = seed}; });
  with([&](Config& config) { config.slow_start = !base.slow_start; });
  with([&](Config& config) { config.mode = Mode::shadow; });
  return all;
}

std::vector<Config> all_configs() {
  std::vector<Config> all = with_each_boundary({});
  const Config largest{
      .open_for =
          Backoff{.first = most, .factor = 100, .max = most, .jitter = {1, 1}, .seed = 65'535},
      .probes = 63,
      .close_after = 63,
      .reopen_after = 63,
      .probe_lease = most,
      .slow_start = true,
      .retry_after_max = most,
      .mode = Mode::shadow};
  const std::vector<Config> more = with_each_boundary(largest);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Milliseconds count(std::chrono::milliseconds wait) {
  return static_cast<Milliseconds>(wait.count());
}

}  // namespace

TEST_CASE("what a call that arrives is judged by is read back as it was set") {
  for (const Config& config : all_configs()) {
    const Model model{config};
    const Gate gate{config};

    CHECK(gate.bits() == Rules{config}.gate().bits());
    CHECK(gate.longest_wait() == count(model.longest_wait()));
    CHECK(gate.is_shadow() == (config.mode == Mode::shadow));
    CHECK(gate.lease_units() == model.lease_units());
    const Ticks hint = std::min(model.first_lease(), Ticks{100'000'000});
    CHECK(gate.hint() <= hint);
    CHECK(gate.hint() > hint - hint / 32 - 1);
    for (const std::uint64_t good : {0u, 1u, 61u, 62u, 63u})
      CHECK(gate.slot_count(good) == model.slots({.state = State::half_open, .good = good}));
    for (const Ticks time : {Ticks{-1}, Ticks{0}, Ticks{1'700'000'000'123'456'789}}) {
      for (std::uint64_t renewals = 0; renewals <= 63; ++renewals) {
        const std::uint64_t stamp = gate.lease_stamp(time, renewals) % 2048;
        if (stamp != model.stamp(time, renewals)) FAIL_CHECK("renewals " << renewals);
      }
    }
  }
}

TEST_CASE("what a verdict is judged by is read back as it was set") {
  for (const Config& config : all_configs()) {
    const Model model{config};
    const Rules rules{config};

    CHECK(rules.retry_after_max() == count(model.longest_asked()));
    CHECK(rules.close_after() == model.close_after());
    CHECK(rules.reopen_after() == model.reopen_after());
    CHECK(rules.seed() == config.open_for.backoff().seed);
    for (std::uint64_t step = 0; step <= 31; ++step) {
      if (rules.wait(step) != count(model.wait(step))) FAIL_CHECK("step " << step);
    }
  }
}

TEST_CASE("a jitter is kept in thousandths, cut") {
  const auto cut_of = [](Ratio jitter) {
    return Rules{Config{.open_for = Backoff{.first = 1s, .jitter = jitter}}}.most_jitter(10'000);
  };

  CHECK(cut_of({0, 1}) == 0);
  CHECK(cut_of({1, 1001}) == 0);
  CHECK(cut_of({1, 1000}) == 10);
  CHECK(cut_of({1, 3}) == 3'330);
  CHECK(cut_of({999, 1000}) == 9'990);
  CHECK(cut_of({1, 1}) == 10'000);
  CHECK(cut_of({std::numeric_limits<int>::max(), std::numeric_limits<int>::max()}) == 10'000);
}

TEST_CASE("waits are kept in whole milliseconds, rounded up") {
  const Rules rules{
      Config{.open_for = Backoff{.first = 1ns, .max = 2ms + 1ns}, .retry_after_max = 1ms + 1ns}};

  CHECK(rules.wait(0) == 1);
  CHECK(rules.wait(1) == 2);
  CHECK(rules.wait(2) == 3);
  CHECK(rules.retry_after_max() == 2);
  CHECK(rules.gate().longest_wait() == 3);
}

TEST_CASE("the longest open wait and the longest asked one are told apart, equal ones too") {
  const auto both = [](Duration open, Duration asked) {
    const Rules rules{
        Config{.open_for = Backoff{.first = 1s, .max = open}, .retry_after_max = asked}};
    return std::vector<Milliseconds>{rules.wait(30), rules.retry_after_max(),
                                     rules.gate().longest_wait()};
  };

  CHECK(both(10min, 20min) == std::vector<Milliseconds>{600'000, 1'200'000, 1'200'000});
  CHECK(both(20min, 10min) == std::vector<Milliseconds>{1'200'000, 600'000, 1'200'000});
  CHECK(both(10min, 10min) == std::vector<Milliseconds>{600'000, 600'000, 600'000});
}
