// CountStripes: how many unmarked calls a stay has seen, counted by thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/stripes.hpp"
#include "breaker/base/version.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The unmarked calls of one stay, in `n` stripes. Each count says which stay it is of: a new one begins
/// at 0, and a call that is late counts in no other stay than its own.
///
/// **Thread safety** any thread may use any member. `record` is lock-free, and takes no locked
/// instruction for the owner of a stripe. **Limits** others count to 2^40 - 1 in a stripe. A stripe that
/// nobody has used for exactly k·2^21 stays is taken for one of this stay. A signal handler that counts
/// the first call of a new stay, in the middle of a call of the stay before, may count one too many.
template <int n>
class CountStripes {
 public:
  /// Count an unmarked call of `stay`. **Returns** false if the stay is over: nothing was counted. Inlined
  /// is what happens nearly always: the caller owns its stripe, and counted in the same stay before.
  [[gnu::always_inline]] bool record(const Stay& stay) noexcept {
    Stripe& stripe = of_[2 * (detail::known_thread_number() % n)];
    if (stripe.owner.is_me() && stripe.stay.load(relaxed) == stay.id().clean_word()) [[likely]] {
      detail::add_alone(stripe.own, 1);
      return true;
    }
    return record_slowly(stay);
  }

  /// **Returns** how many calls of `stay` were counted: as many as there were at some moment of this
  /// call, and never fewer than a sum which came before. **Complexity** O(stripes in use).
  [[nodiscard]] std::uint64_t sum(const Stay& stay) const noexcept {
    std::uint64_t total = 0;
    const std::uint64_t in_use = in_use_.load(relaxed);
    for (std::uint64_t i = 0; i < in_use; ++i) {
      const Stripe& stripe = of_[2 * i];
      // Acquire: pairs with the release in record_slowly. A thread that sees the stay sees its count begin at 0.
      if (stripe.stay.load(acquire) == stay.id().clean_word()) total += stripe.own.load(relaxed);
      const std::uint64_t others = stripe.others.load(relaxed);
      if (TagBits::get(others) == stay.generation()) total += CountBits::get(others);
    }
    return total;
  }

  /// Count a call that was refused; it is none of those above, and of no stay. @{
  void note_refused() const noexcept {
    const Stripe& stripe = of_[2 * (detail::thread_number() % n)];
    stripe.refused.add(stripe.owner);
  }
  [[nodiscard]] std::uint64_t refused() const noexcept {
    std::uint64_t total = 0;
    for (const Stripe& stripe : of_) total += stripe.refused.sum();
    return total;
  }
  void forget_refused() const noexcept {
    for (const Stripe& stripe : of_) stripe.refused.forget();
  }
  /// @}

  /// As Stripes::share().
  void share() noexcept {
    for (Stripe& stripe : of_) stripe.owner.share();
  }

 private:
  using CountBits = Bits<0, 39>;
  using TagBits = Bits<40, 63>;  // the stay's number
  using Count = Atomic<std::uint64_t>;

  // No stay's clean word.
  static constexpr std::uint64_t no_stay = ~std::uint64_t{0};
  static constexpr std::uint64_t begins = no_stay - 1;

  struct alignas(cache_line) Stripe {
    mutable StripeOwner owner;
    Count stay{no_stay};         // whose calls the owner has counted
    Count own{0};                // by add_alone
    Count others{0};             // {tag, count}, by locked instructions; guards itself
    mutable OwnedCount refused;  // as the owner by whoever is refused, too
  };

  [[gnu::noinline]] bool record_slowly(Stay stay) noexcept {
    const std::uint64_t number = detail::thread_number() % n;
    Stripe& stripe = of_[2 * number];
    note_in_use(number + 1);
    if (!stripe.owner.becomes_me()) return add(stripe.others, stay);
    std::uint64_t known = stripe.stay.load(relaxed);
    while (known != stay.id().clean_word()) {
      if (known == begins) return add(stripe.others, stay);  // a signal handler came in between
      if (stay.is_over()) return false;
      // An exchange: a signal handler of this thread may do the same.
      if (!stripe.stay.compare_exchange_strong(known, begins, relaxed, relaxed)) continue;
      stripe.own.store(0, relaxed);
      // Release: pairs with the acquire in sum.
      stripe.stay.store(stay.id().clean_word(), release);
      break;
    }
    detail::add_alone(stripe.own, 1);
    return true;
  }

  /// Count a call of `stay` by a locked instruction. **Returns** false if the stay is over.
  static bool add(Count& others, const Stay& stay) noexcept {
    // Acquire: pairs with the exchange, see Stay::is_over.
    std::uint64_t current = others.load(acquire);
    for (;;) {
      std::uint64_t next = current + 1;
      if (TagBits::get(current) != stay.generation()) {
        if (stay.is_over()) return false;
        next = TagBits::put(stay.generation()) | 1;
      }
      if (others.compare_exchange_weak(current, next, release, acquire)) return true;
    }
  }

  void note_in_use(std::uint64_t count) noexcept {
    std::uint64_t known = in_use_.load(relaxed);
    while (known < count && !in_use_.compare_exchange_weak(known, count, relaxed, relaxed)) {
    }
  }

  Stripe of_[2 * static_cast<std::size_t>(n) -
             1]{};   // every second: neighbouring lines are fetched along
  Count in_use_{0};  // how many stripes, from the first, somebody has counted in; guards nothing
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
