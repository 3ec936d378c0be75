// TimeStripes: where a time window counts unmarked calls, by thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/stripes.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/window/slices.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// A ring of slices for each stripe: for the thread that owns it, and for all others.
template <int Slices, int Stripes>
class TimeStripes {
  using Words = SliceWords<Slices, false>;
  using Slice = typename Words::Slice;

 public:
  /// Record an unmarked call. Inlined is what happens nearly always: the caller owns its stripe, and its
  /// last call was in the same slice of the same stay.
  [[gnu::always_inline]] bool record(Ticks now, Ticks length, const Stay& stay) noexcept {
    Stripe& stripe = of_[detail::known_thread_number() % Stripes];
    const auto into =
        static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(stripe.begin.load(relaxed));
    if (stripe.owner.is_me() && into < static_cast<std::uint64_t>(length) &&
        stripe.stay.load(relaxed) == stay.id().clean_word()) [[likely]] {
      detail::add_alone(stripe.own[stripe.place.load(relaxed)], 1);
      return true;
    }
    return find_slice(now, length, stay);
  }

  /// **Returns** those in the window whose newest slice is that of `tag`, in slices of `length`.
  [[nodiscard]] typename Words::Sum sum(std::uint64_t tag, Ticks length) const noexcept {
    typename Words::Sum total;
    const auto add = [&total, tag](const auto& slices) {
      const typename Words::Sum sum = Words::sum_of(slices, tag);
      total.unmarked += sum.unmarked;
      total.lasting += sum.lasting;
    };
    const std::uint64_t in_use = in_use_.load(relaxed);
    for (std::uint64_t i = 0; i < in_use; ++i) {
      const Stripe& stripe = of_[i];
      add(stripe.others);
      // Acquire: pairs with the release in owns_slices_of.
      if (stripe.length.load(acquire) == length) add(stripe.own);
    }
    return total;
  }

  /// Forget what was counted in slices of another length. Owners wipe their own.
  void wipe() noexcept {
    for (Stripe& stripe : of_)
      for (Slice& one : stripe.others) one.store(0, relaxed);
  }

  /// Count a call that was refused; it is none of those above, and of no stay. @{
  void note_refused() const noexcept {
    const Stripe& stripe = of_[detail::thread_number() % Stripes];
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
  /// The unmarked calls of some threads. Its owner counts without a locked instruction, in the slice that
  /// it has found last; what it keeps of that is its alone, and so are the slices of its own.
  struct alignas(2 * cache_line) Stripe {  // two: the neighbouring line is fetched along
    mutable StripeOwner owner;
    Atomic<Ticks> begin{0};      // of that slice
    Slice stay{no_stay};         // that it is of
    Slice place{0};              // where it lies
    Atomic<Ticks> length{0};     // of its own slices: a reader of them compares it
    mutable OwnedCount refused;  // as the owner by whoever is refused, too
    Slice own[static_cast<std::size_t>(Slices)]{};
    Slice others[static_cast<std::size_t>(Slices)]{};
  };
  static constexpr std::uint64_t no_stay = ~std::uint64_t{0};
  static constexpr Ticks being_wiped = -1;

  [[gnu::noinline]] bool find_slice(Ticks now, Ticks length, Stay stay) noexcept {
    const std::size_t number = detail::thread_number() % Stripes;
    Stripe& stripe = of_[number];
    const Ticks tick = floor_divide(now, length);
    const std::uint64_t place = Words::place_of(tick);
    const std::uint64_t tag = Words::tag_of(tick, stay);
    note_in_use(number + 1);
    if (!stripe.owner.becomes_me() || !owns_slices_of(stripe, length))
      return Words::add(stripe.others[place], tag, 1, stay);
    // A locked instruction, once a slice: a signal handler of this thread may do the same meanwhile.
    if (!Words::add(stripe.own[place], tag, 1, stay)) return false;
    if (Words::TagBits::get(stripe.own[place].load(relaxed)) != tag)
      return true;                        // too late for it
    stripe.stay.store(no_stay, relaxed);  // while the two do not go together
    stripe.begin.store(tick * length, relaxed);
    stripe.place.store(place, relaxed);
    stripe.stay.store(stay.id().clean_word(), relaxed);
    return true;
  }

  /// **Returns** whether its owner may count in its own slices, of this length. Those of another are
  /// wiped; a signal handler that comes in between counts elsewhere.
  static bool owns_slices_of(Stripe& stripe, Ticks length) noexcept {
    const Ticks before = stripe.length.load(relaxed);
    if (before == length) [[likely]]
      return true;
    if (before == being_wiped) return false;
    stripe.length.store(being_wiped, relaxed);
    for (Slice& one : stripe.own) one.store(0, relaxed);
    // Release: a thread that sees this length sees the slices wiped, in sum.
    stripe.length.store(length, release);
    return true;
  }

  void note_in_use(std::uint64_t count) noexcept {
    std::uint64_t known = in_use_.load(relaxed);
    while (known < count && !in_use_.compare_exchange_weak(known, count, relaxed, relaxed)) {
    }
  }

  Slice in_use_{0};  // how many stripes, from the first, somebody has counted in
  Stripe of_[static_cast<std::size_t>(Stripes)]{};
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
