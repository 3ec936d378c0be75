// Chances of counts: how many of n independent calls are marked, how many calls arrive in a while.
// All of it can be computed by the compiler, and is relative to the result, however small that is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "breaker/base/logarithm.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

inline constexpr double endless = std::numeric_limits<double>::infinity();
/// What is larger counts as endless, what is smaller than its inverse as nothing.
inline constexpr double largest = 1e300;

/// **Returns** one in `chance`; endless for a chance of nothing.
constexpr double one_in(double chance) noexcept {
  return chance > 1 / largest ? 1 / chance : endless;
}

/// **Returns** the square root, to 1e-13.
constexpr double root(double x) noexcept { return x > 0 ? detail::exp(detail::ln(x) / 2) : 0; }

/// **Returns** `x` to the power of `n`; 0 where that is below 1e-300. **Requires** `x` from 0 to 1.
constexpr double power(double x, double n) noexcept {
  if (n <= 0) return 1;
  return x > 0 ? detail::exp(n * detail::ln(x)) : 0;
}

/// **Returns** ln n!, to 1e-12, or 1e-15 of itself. By Stirling's series.
constexpr double ln_factorial(double n) noexcept {
  if (n < 20) {
    double product = 1;
    for (double i = 2; i <= n; ++i) product *= i;
    return detail::ln(product);
  }
  constexpr double half_ln_2_pi = 0.918938533204672741780;
  const double one = 1 / n;
  return (n + 0.5) * detail::ln(n) - n + half_ln_2_pi +
         one * (1.0 / 12 - one * one * (1.0 / 360 - one * one / 1260));
}

/// How many of `n` calls are marked, if each is by the chance `p`.
class Binomial {
 public:
  constexpr Binomial(double n, double p) noexcept
      : n_{n},
        p_{p},
        q_{1 - p},
        ln_p_{p > 0 ? detail::ln(p) : 0},
        ln_q_{p < 1 ? detail::ln(1 - p) : 0},
        ln_n_factorial_{detail::ln_factorial(n)} {}

  [[nodiscard]] constexpr double mean() const noexcept { return n_ * p_; }
  [[nodiscard]] constexpr double variance() const noexcept { return n_ * p_ * q_; }
  [[nodiscard]] constexpr double most() const noexcept { return n_; }

  /// **Returns** the chance that there are `k`.
  [[nodiscard]] constexpr double at(double k) const noexcept {
    if (k < 0 || k > n_) return 0;
    if (p_ <= 0) return k < 1 ? 1 : 0;
    if (q_ <= 0) return k > n_ - 1 ? 1 : 0;
    return detail::exp(ln_n_factorial_ - detail::ln_factorial(k) - detail::ln_factorial(n_ - k) +
                       k * ln_p_ + (n_ - k) * ln_q_);
  }
  /// **Returns** at(k + 1) / at(k).
  [[nodiscard]] constexpr double up(double k) const noexcept {
    return k < n_ && q_ > 0 ? (n_ - k) * p_ / ((k + 1) * q_) : 0;
  }
  /// **Returns** at(k - 1) / at(k).
  [[nodiscard]] constexpr double down(double k) const noexcept {
    return k > 0 && p_ > 0 ? k * q_ / ((n_ - k + 1) * p_) : 0;
  }

 private:
  double n_, p_, q_, ln_p_, ln_q_, ln_n_factorial_;
};

/// How many calls arrive while `mean` do on average, each for itself.
class Poisson {
 public:
  constexpr explicit Poisson(double mean) noexcept
      : mean_{mean}, ln_mean_{mean > 1 / largest ? detail::ln(mean) : 0} {}

  [[nodiscard]] constexpr double mean() const noexcept { return mean_; }
  [[nodiscard]] constexpr double variance() const noexcept { return mean_; }
  [[nodiscard]] constexpr double most() const noexcept { return largest; }

  /// **Returns** the chance that there are `k`.
  [[nodiscard]] constexpr double at(double k) const noexcept {
    if (k < 0) return 0;
    if (mean_ <= 1 / largest) return k < 1 ? 1 : 0;
    return detail::exp(k * ln_mean_ - mean_ - detail::ln_factorial(k));
  }
  /// **Returns** at(k + 1) / at(k).
  [[nodiscard]] constexpr double up(double k) const noexcept { return mean_ / (k + 1); }
  /// **Returns** at(k - 1) / at(k).
  [[nodiscard]] constexpr double down(double k) const noexcept {
    return k > 0 && mean_ > 1 / largest ? k / mean_ : 0;
  }

 private:
  double mean_, ln_mean_;
};

/// Walks over the chances of one count, up or down: each is made from the one before, or anew where
/// that was nothing.
template <class Count>
class Walk {
 public:
  constexpr Walk(const Count& count, double k) noexcept
      : count_{&count}, k_{k}, chance_{count.at(k)} {}
  [[nodiscard]] constexpr double k() const noexcept { return k_; }
  [[nodiscard]] constexpr double chance() const noexcept { return chance_; }
  constexpr void up() noexcept {
    const double next = chance_ * count_->up(k_++);
    chance_ = chance_ > 1e-290 ? next : count_->at(k_);
  }
  constexpr void down() noexcept {
    const double next = chance_ * count_->down(k_--);
    chance_ = chance_ > 1e-290 ? next : count_->at(k_);
  }

 private:
  const Count* count_;
  double k_;
  double chance_;
};

template <class Count>
Walk(const Count&, double) -> Walk<Count>;

/// **Returns** `x` without its fraction. **Requires** 0 to 2^53.
constexpr double whole_of(double x) noexcept {
  return static_cast<double>(static_cast<std::int64_t>(x));
}

/// **Returns** the least and the greatest count that matters: beyond them lies less than 1e-20.
template <class Count>
constexpr double least_of(const Count& count) noexcept {
  const double least = count.mean() - 10 * detail::root(count.variance()) - 30;
  return least > 0 ? detail::whole_of(least) : 0;
}
template <class Count>
constexpr double greatest_of(const Count& count) noexcept {
  const double greatest = detail::whole_of(count.mean() + 10 * detail::root(count.variance()) + 30);
  return greatest < count.most() ? greatest : count.most();
}

/// **Returns** the chance that there are `n` or more.
template <class Count>
constexpr double at_least(const Count& count, double n) noexcept {
  if (n <= 0) return 1;
  if (n > count.most()) return 0;
  double sum = 0;
  if (n > count.mean()) {
    Walk walk{count, n};
    for (; walk.chance() > sum * 1e-17; walk.up()) sum += walk.chance();
    return sum;
  }
  Walk walk{count, n - 1};
  for (; walk.k() >= 0 && walk.chance() > sum * 1e-17; walk.down()) sum += walk.chance();
  return 1 - sum;
}

/// **Returns** the chance that there are `n` or fewer.
template <class Count>
constexpr double at_most(const Count& count, double n) noexcept {
  if (n < 0) return 0;
  if (n >= count.most()) return 1;
  if (n >= count.mean()) return 1 - detail::at_least(count, n + 1);
  double sum = 0;
  Walk walk{count, n};
  for (; walk.k() >= 0 && walk.chance() > sum * 1e-17; walk.down()) sum += walk.chance();
  return sum;
}

/// **Returns** the chance that two counts together are below `limit`, to 1e-15.
template <class One, class Other>
constexpr double together_below(const One& one, const Other& other, double limit) noexcept {
  const double top = detail::greatest_of(other);
  const double bottom = detail::least_of(other);
  Walk many{other, top < limit - 1 ? top : limit - 1};
  if (many.k() < bottom) return 0;
  Walk few{one, limit - 1 - many.k()};
  double few_or_less = detail::at_most(one, few.k());
  double sum = 0;
  while (many.k() >= bottom) {
    sum += many.chance() * few_or_less;
    many.down();
    few.up();
    few_or_less += few.chance();
  }
  return sum < 1 ? sum : 1;
}

/// Numbers in a row, all 0.
class Doubles {
 public:
  constexpr explicit Doubles(std::size_t size) : at_{new double[size]{}} {}
  Doubles(const Doubles&) = delete;
  Doubles& operator=(const Doubles&) = delete;
  constexpr ~Doubles() { delete[] at_; }

  constexpr double& operator[](std::size_t i) noexcept { return at_[i]; }
  [[nodiscard]] constexpr double* data() noexcept { return at_; }
  constexpr void swap(Doubles& other) noexcept {
    double* const mine = at_;
    at_ = other.at_;
    other.at_ = mine;
  }

 private:
  double* at_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
