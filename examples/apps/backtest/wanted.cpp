// Settings for a wanted rate of false openings, see wanted.hpp.
#include "wanted.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>

#include "candidates.hpp"

namespace backtest {

namespace {

/// The chances of a call, by how the one before ended.
struct Chances {
  double after_success;
  double after_failure;
};

Chances chances_of(const Assumed& assumed) {
  return {assumed.share * (1 - assumed.after_failure) / (1 - assumed.share), assumed.after_failure};
}

/// **Returns** how many calls it takes until `row` in a row fail, on average, from a success on.
double calls_to(int row, const Chances& fail) {
  double goes_on = 1;  // the chance that a row that began has `i` …
  double in_rows = 0;  // … and how many calls such rows take, after their first
  for (int i = 1; i < row; ++i) {
    in_rows += goes_on;
    goes_on *= fail.after_failure;
  }
  return (1 / fail.after_success + in_rows) / goes_on;
}

/// **Returns** the chances of 0, 1, 2, … failures among the `calls` before a failed one. (Seen backwards in time the calls
/// depend on each other in the same way.)
std::vector<double> failures_before(std::size_t calls, const Chances& fail) {
  constexpr double nothing = 1e-40;
  std::vector<double> failed(calls + 1);  // by the number: the last call failed …
  std::vector<double> good(calls + 1);    // … or it did not
  failed[0] = 1;
  std::size_t top = 0;
  for (std::size_t call = 0; call < calls; ++call) {
    ++top;
    for (std::size_t k = top + 1; k-- > 0;) {
      const double one_more =
          k == 0 ? 0 : fail.after_failure * failed[k - 1] + fail.after_success * good[k - 1];
      good[k] = (1 - fail.after_failure) * failed[k] + (1 - fail.after_success) * good[k];
      failed[k] = one_more;
    }
    for (; top > 0 && failed[top] + good[top] < nothing; --top) failed[top] = good[top] = 0;
  }
  std::transform(failed.begin(), failed.end(), good.begin(), failed.begin(), std::plus<>{});
  return failed;
}

/// A limit of a window, and the seconds that it promises.
struct Limit {
  std::size_t failures;
  double every;
};

/// **Returns** the least limit of a window of `calls` calls that promises `every` seconds. A circuit that forgets at each
/// opening holds no more failures than one that does not, and that one is at its limit as often as a call fails
/// after one failure less than the limit among the calls before it.
std::optional<Limit> least_limit(std::size_t calls, double every, const Assumed& assumed) {
  const std::vector<double> before = failures_before(calls - 1, chances_of(assumed));
  const double failures_a_second = assumed.share * assumed.calls_per_second;
  double reached = 0;
  std::size_t limit = calls + 1;
  while (limit > 1) {
    const double with_one_less = reached + before[limit - 2];
    if (failures_a_second * with_one_less * every > 1) break;
    reached = with_one_less;
    --limit;
  }
  if (limit > calls) return std::nullopt;
  return Limit{limit, 1 / (failures_a_second * reached)};
}

/// The least row that promises `every` seconds.
std::optional<Limit> least_row(double every, const Assumed& assumed) {
  constexpr int most = 1000;
  for (int row = 1; row <= most; ++row) {
    const double seconds = calls_to(row, chances_of(assumed)) / assumed.calls_per_second;
    if (seconds >= every) return Limit{static_cast<std::size_t>(row), seconds};
  }
  return std::nullopt;
}

/// **Returns** how many calls come in `seconds`, except with a chance of 1e-9.
std::size_t most_calls_in(double seconds, double calls_per_second) {
  const double mean = seconds * calls_per_second;
  return static_cast<std::size_t>(std::ceil(mean + 6 * std::sqrt(mean) + 10));
}

/// **Returns** a Cusum that is stated for `every`, or nothing where none is fine enough.
std::optional<Candidate> cusum(Ticks every, const Assumed& assumed) {
  const double bad = std::min(10 * assumed.share, std::max(0.5, (1 + assumed.share) / 2));
  const std::string clumps =
      assumed.after_failure > assumed.share
          ? fmt::format(", {:.4f} % after a failure,", 100 * assumed.after_failure)
          : "";
  try {
    return checked_candidate(
        fmt::format("worse than {:.4f} % to {:.4f} %{} once per {} ns at {:.6f} calls/s",
                    100 * assumed.share, 100 * bad, clumps, every, assumed.calls_per_second));
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

/// **Returns** `x`, or the next number above that has `digits` digits: what is assumed is said in the sentence.
double rounded_up(double x, int digits) {
  if (x <= 0) return x;
  const double unit = std::pow(10, std::floor(std::log10(x)) + 1 - digits);
  return std::ceil(x / unit - 1e-9) * unit;
}

}  // namespace

Assumed assumed_of(const Normal& normal, std::size_t callers) {
  constexpr std::uint64_t enough = 20;  // failures: of fewer it is not known what follows
  const double share = std::min(rounded_up(normal.share_at_most, 2), 0.99);
  const double after = normal.failures < enough ? 0 : rounded_up(normal.after_failure, 2);
  return {.calls_per_second =
              std::max(rounded_up(normal.busiest / static_cast<double>(callers), 3), 1e-6),
          .share = std::max(share, 1e-6),
          .after_failure = std::clamp(after, std::max(share, 1e-6), 0.99)};
}

std::vector<Wanted> wanted_candidates(Ticks every, const Assumed& assumed,
                                      const breaker::Config& config) {
  constexpr std::size_t most_calls = 50'000;  // more take too long
  const double seconds = static_cast<double>(every) / static_cast<double>(second);
  std::vector<Wanted> found;
  const auto add = [&](const std::optional<Limit>& limit, const char* what) {
    if (limit)
      found.push_back(
          {checked_candidate(fmt::format("{} {}", limit->failures, what)), limit->every});
  };
  add(least_row(seconds, assumed), "failures in a row");
  add(least_limit(100, seconds, assumed), "failures of the last 100 calls");
  add(least_limit(1000, seconds, assumed), "failures of the last 1000 calls");
  if (const std::size_t calls = most_calls_in(10, assumed.calls_per_second); calls <= most_calls)
    add(least_limit(calls, seconds, assumed), "failures in 10 s");
  if (const auto candidate = cusum(every, assumed)) found.push_back({*candidate, seconds});
  for (Wanted& wanted : found) wanted.candidate.settings.config = config;
  return found;
}

bool WantedRate::has_broken() const {
  return std::any_of(candidates.begin(), candidates.end(),
                     [](const Wanted& wanted) { return wanted.news == Promise::News::broken; });
}

void hold_against(WantedRate& rate, const Normal& normal, const std::vector<Assessment>& did,
                  std::size_t callers, const std::vector<std::size_t>& ranking) {
  const double seconds =
      static_cast<double>(normal.time) / static_cast<double>(second) * static_cast<double>(callers);
  for (std::size_t i = 0; i < rate.candidates.size(); ++i) {
    Wanted& wanted = rate.candidates[i];
    wanted.news = news_of(seconds / wanted.every, did[i].false_openings);
  }
  const auto keeps = [&](std::size_t i) {
    return i < rate.candidates.size() && rate.candidates[i].news != Promise::News::broken;
  };
  const auto best = std::find_if(ranking.begin(), ranking.end(), keeps);
  if (best != ranking.end()) rate.choice = *best;
}

std::string in_words(const Assumed& assumed) {
  return fmt::format("{:.3g} calls/s, {:.3g} % failed, {:.3g} % after a failure",
                     assumed.calls_per_second, 100 * assumed.share, 100 * assumed.after_failure);
}

}  // namespace backtest
