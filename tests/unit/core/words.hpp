// All words of each state whose payload lies at a boundary of the rules, and the configs to judge them by.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <vector>

#include "breaker/config.hpp"
#include "unit/core/word_model.hpp"

namespace word_model {

inline constexpr std::uint64_t last_generation = power(21) - 1;

/// Times at which the clock, in whole milliseconds, is at home, negative, and about to wrap.
inline const std::vector<Ticks> times = {0, -5'000'000'001, 1'700'000'000'123'456'789,
                                         static_cast<Ticks>(power(35)) * 1'000'000 - 1};

struct NamedConfig {
  const char* name;
  breaker::Config config;
};

inline std::vector<NamedConfig> configs() {
  using namespace std::chrono_literals;
  using breaker::Backoff;
  constexpr milliseconds most{std::int64_t{1} << 34};
  return {
      {"defaults", {}},
      {"three probes", {.open_for = 10s, .probes = 3, .close_after = 2, .reopen_after = 3}},
      {"63 of each, slow start",
       {.open_for = 1s,
        .probes = 63,
        .close_after = 63,
        .reopen_after = 63,
        .probe_lease = 7min,
        .slow_start = true}},
      {"backoff, slow start",
       {.open_for = Backoff{.first = 1s, .factor = 3, .max = 100s},
        .probes = 4,
        .slow_start = true}},
      {"backoff with jitter, asked waits short",
       {.open_for = Backoff{.first = 1500us, .factor = 1.5, .max = 1h, .jitter = {1, 3}, .seed = 9},
        .probes = 2,
        .retry_after_max = 100ms}},
      {"longest and shortest",
       {.open_for = Backoff{.first = 1ns, .factor = 100, .max = most},
        .probe_lease = 1ns,
        .retry_after_max = most}}};
}

inline std::vector<Facts> open_words(const Model& model, Ticks now) {
  const auto longest = static_cast<std::uint64_t>(model.longest_wait().count());
  std::vector<Facts> all;
  for (const std::uint64_t step : {0u, 1u, 29u, 30u, 31u}) {
    for (const std::uint64_t left :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, longest - 1, longest, longest + 1,
          longest + 2, longest + 3, power(34), power(34) + 1, power(34) + 2, power(34) + 3,
          power(35) - 2, power(35) - 1}) {
      all.push_back({.state = State::open,
                     .step = step,
                     .deadline = (number_of(down(now)) + left) % power(35)});
    }
  }
  return all;
}

inline std::set<std::uint64_t> around(std::uint64_t limit) { return {0, 1, limit - 1, limit, 63}; }

/// The half-open words of one step and one number of renewals: what decides on a call that arrives, and what
/// decides on a verdict.
inline std::vector<Facts> half_open_words(const Model& model, Ticks now, std::uint64_t step,
                                          std::uint64_t renewals) {
  const std::uint64_t here = model.stamp(now, renewals);
  const std::uint64_t lease = model.lease_units();
  Facts facts{
      .state = State::half_open, .step = step, .granted = here, .renewals = renewals, .bad = 1};
  std::vector<Facts> all;
  for (const std::uint64_t held : around(model.probes())) {
    for (const std::uint64_t good : around(model.close_after())) {
      facts.held = held;
      facts.good = good;
      for (const std::uint64_t ago :
           {std::uint64_t{1}, lease - 1, lease, lease + 1, power(11) - 1}) {
        all.push_back(facts);
        all.back().granted = (here + power(11) - ago) % power(11);
      }
      for (const std::uint64_t bad : around(model.reopen_after())) {
        all.push_back(facts);
        all.back().bad = bad;
      }
    }
  }
  return all;
}

inline std::vector<Facts> plain_words() {
  std::vector<Facts> all = {{.state = State::forced_open}, {.state = State::disabled}};
  for (const std::uint64_t step : {0u, 1u, 2u, 30u})
    for (const std::uint64_t policy : {std::uint64_t{0}, std::uint64_t{1}, power(24) - 1})
      all.push_back({.state = State::closed, .step = step, .policy = policy});
  return all;
}

inline std::vector<Facts> all_words(const Model& model, Ticks now) {
  std::vector<Facts> all = plain_words();
  const auto add = [&](const std::vector<Facts>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  add(open_words(model, now));
  for (const std::uint64_t step : {0u, 1u, 30u}) add(half_open_words(model, now, step, 0));
  // The unit of a lease doubles so often; 63 renewals are the most that are counted.
  const std::uint64_t doublings = model.doublings();
  for (const std::uint64_t renewals : std::set<std::uint64_t>{1, doublings, doublings + 1, 62, 63})
    add(half_open_words(model, now, 7, renewals));
  return all;
}

}  // namespace word_model
