// How long a row or a score takes to reach its limit, from nothing, if calls are marked one by one
// by the same chance. Exact.
#pragma once

#include <cstddef>
#include <cstdint>

#include "breaker/base/logarithm.hpp"
#include "breaker/base/version.hpp"
#include "breaker/text/chance.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// When something happens: on average, and by when it has happened, except with the chance `tail`, that
/// was asked for.
struct Passage {
  double mean;
  double latest;
};

inline constexpr Passage never_passes{endless, endless};

/// **Returns** how much longer the rest takes, if it happens by the chance `hazard` at each call,
/// and has not yet by the chance `left`.
constexpr double until_left(double left, double tail, double hazard) noexcept {
  if (left <= tail) return 0;
  const double a_call = hazard < 1e-8 ? hazard : -detail::ln(1 - hazard);
  return a_call > 1 / largest ? detail::ln(left / tail) / a_call : endless;
}

/// **Returns** `x`, or the next whole number above it.
constexpr double whole_up(double x) noexcept {
  if (x >= 9e15) return x;
  const double whole = detail::whole_of(x);
  return whole < x ? whole + 1 : whole;
}

/// **Returns** after how many calls `n` in a row are marked, on average: 1/p + 1/p² + … + 1/pⁿ.
constexpr double row_mean(std::uint32_t n, double p) noexcept {
  if (p <= 0) return endless;
  if (p >= 1) return n;
  double sum = 0;
  double term = 1;
  for (std::uint32_t i = 0; i != n; ++i) {
    term /= p;
    sum += term;
    if (sum > largest) return endless;
  }
  return sum;
}

/// **Returns** when `n` in a row are marked. The chance that it happens at call j > n is pⁿ·q times
/// that of not having happened by call j-n-1. **Complexity** O(n), for each `n` that gives a
/// number.
constexpr Passage row_passage(std::uint32_t n, double p, double tail) {
  const double mean = detail::row_mean(n, p);
  if (mean > largest) return never_passes;
  if (p >= 1) return {mean, mean};
  const double whole_row = detail::power(p, n);
  Doubles left{std::size_t{n} + 1};  // by call j, at j modulo n + 1
  left[0] = 1;
  double now = 1;
  double hazard = 0;
  std::uint32_t alike = 0;
  for (std::uint32_t j = 1;; ++j) {
    const std::size_t place = j % (n + 1);
    const double happens = j < n ? 0 : j == n ? whole_row : whole_row * (1 - p) * left[place];
    const double was = hazard;
    hazard = happens / now;
    now -= happens;
    left[place] = now;
    if (now <= tail) return {mean, static_cast<double>(j)};
    const double change = hazard > was ? hazard - was : was - hazard;
    alike = j > n && change <= 1e-13 * hazard ? alike + 1 : 0;
    if (alike > n) return {mean, detail::whole_up(j + detail::until_left(now, tail, hazard))};
  }
}

/// A score: up by `up` for a marked call, down by `down` for another, not below 0, until `limit`.
struct Score {
  std::uint32_t up;
  std::uint32_t down;
  std::uint32_t limit;
};

/// The distribution of a score over its values, moved on call by call. **Complexity** O(limit) a
/// call.
class ScoreSteps {
 public:
  constexpr ScoreSteps(const Score& score, double p)
      : score_{score}, p_{p}, here_{score.limit}, next_{score.limit} {
    here_[0] = 1;
  }

  /// One call more. **Returns** the chance that it is the one that reaches the limit.
  constexpr double step() noexcept {
    const std::size_t limit = score_.limit;
    const std::size_t up = score_.up;
    const std::size_t down = score_.down;
    const double* const here = here_.data();
    double* const next = next_.data();
    double reaches = 0;
    for (std::size_t s = limit > up ? limit - up : 0; s <= top_; ++s) reaches += here[s];
    top_ = top_ + up < limit ? top_ + up : limit - 1;

    double low = 0;
    for (std::size_t s = 0; s <= down && s != limit; ++s) low += here[s];
    next[0] = (1 - p_) * low;
    for (std::size_t s = 1; s <= top_; ++s) {
      double comes = s + down < limit ? (1 - p_) * here[s + down] : 0;
      if (s >= up) comes += p_ * here[s - up];
      next[s] = comes > 1e-290 ? comes : 0;  // what is smaller still is slow
    }
    here_.swap(next_);
    return p_ * reaches;
  }

 private:
  Score score_;
  double p_;
  Doubles here_;
  Doubles next_;
  std::size_t top_ = 0;  // nothing lies above
};

/// **Returns** when a score reaches its limit: it is moved on until the chance that it happens at a
/// call, if it has not, stays as it is. To 1e-4.
constexpr Passage score_passage(const Score& score, double p, double tail) {
  if (p <= 0 || score.up == 0) return never_passes;
  ScoreSteps steps{score, p};
  Passage passage{0, 0};
  double left = 1;
  double hazard = 0;
  int alike = 0;
  for (std::uint32_t call = 1;; ++call) {
    passage.mean += left;
    const double was = hazard;
    const double happens = steps.step();
    hazard = happens / left;
    left -= happens;
    if (passage.latest <= 0 && left <= tail) passage.latest = call;
    if (left < 1e-9) return passage;
    const double change = hazard > was ? hazard - was : was - hazard;
    alike = hazard > 0 && change <= 1e-12 * hazard ? alike + 1 : 0;
    const bool is_late = left < 1e-3 && change <= 1e-3 * hazard;
    const bool is_over = call > 4 * score.limit && call > 1'000'000;  // chances of nothing
    if (alike < 8 && !is_late && !is_over) continue;
    if (passage.latest <= 0)
      passage.latest = detail::whole_up(call + detail::until_left(left, tail, hazard));
    passage.mean += left * detail::one_in(hazard);
    return passage;
  }
}

/// **Returns** after how many calls a score reaches its limit, on average. Where it mostly falls,
/// by what flows over each of its values: one more up than down, as it starts at 0 and ends at the
/// limit. With x(k) calls at the value k, q·x(k+1) = p·(x(k-up+1) + … + x(k)) - 1; x is x(0)·u - v,
/// and is 0 at the limit. **Complexity** O(limit) there.
constexpr double score_mean(const Score& score, double p) {
  const double q = 1 - p;
  if (p <= 0 || score.up == 0) return endless;
  if (score.up >= score.limit) return 1 / p;
  if (score.down != 1 || p * score.up >= q) return detail::score_passage(score, p, 0.05).mean;
  Doubles u{std::size_t{score.limit} + 1};
  Doubles v{std::size_t{score.limit} + 1};
  u[0] = 1;
  double near_u = 0;  // of the last `up` values
  double near_v = 0;
  double all_u = 0;
  double all_v = 0;
  for (std::size_t k = 0; k != score.limit; ++k) {
    if (k % score.up == 0) {  // afresh, before differences add up
      near_u = near_v = 0;
      for (std::size_t j = k < score.up ? 0 : k - score.up + 1; j <= k; ++j) {
        near_u += u[j];
        near_v += v[j];
      }
    } else {
      near_u += u[k] - (k >= score.up ? u[k - score.up] : 0);
      near_v += v[k] - (k >= score.up ? v[k - score.up] : 0);
    }
    all_u += u[k];
    all_v += v[k];
    u[k + 1] = p * near_u / q;
    v[k + 1] = (p * near_v + 1) / q;
  }
  const double last = u[score.limit];
  return last > 1 / largest ? v[score.limit] / last * all_u - all_v : endless;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
