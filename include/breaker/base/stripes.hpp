// Stripes: counts spread over cache lines, so that a thread counts where no other writes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

using StripedCount = Atomic<std::uint64_t>;  // each guards itself

/// Who counts in a stripe without a locked instruction: the thread that came first, for as long as it
/// lives. Nobody takes a stripe away, so that a word which its owner alone writes to stays so: after a
/// fork the child has a copy of its own; a thread that ended leaves its stripe to the next one that has
/// its key. All others use words of their own, by locked instructions.
class StripeOwner {
 public:
  /// **Returns** whether the calling thread is it.
  [[nodiscard, gnu::always_inline]] bool is_me() const noexcept {
    return key_.load(relaxed) == thread_key();
  }

  /// **Returns** whether nobody is it yet.
  [[nodiscard]] bool is_nobody() const noexcept { return key_.load(relaxed) == nobody; }

  /// As is_me(); a stripe that is nobody's becomes the caller's.
  [[nodiscard]] bool becomes_me() noexcept {
    std::uintptr_t owner = nobody;
    return key_.compare_exchange_strong(owner, thread_key(), relaxed, relaxed) ||
           owner == thread_key();
  }

  /// Nobody becomes it from now on: processes that share the stripe have threads of the same key.
  /// **Requires** that nobody is.
  void share() noexcept { key_.store(everybody, relaxed); }

 private:
  // No thread's keys.
  static constexpr std::uintptr_t nobody = 0;
  static constexpr std::uintptr_t everybody = 1;

  Atomic<std::uintptr_t> key_{nobody};
};

/// `n` stripes of `Counts`, a struct of StripedCount. A total is the sum over what owners and others have
/// counted: no count is lost, whoever comes and goes.
///
/// **Thread safety** any thread may use any member. Counting is wait-free.
template <class Counts, int n>
class Stripes {
 public:
  /// Add to one of the counts.
  [[gnu::always_inline]] void add(StripedCount Counts::* count, std::uint64_t by = 1) noexcept {
    Stripe& stripe = of_[known_thread_number() % n];
    if (stripe.owner.is_me()) [[likely]] {
      detail::add_alone(stripe.own.*count, by);
    } else {
      add_slowly(count, by);
    }
  }

  /// **Returns** a total. **Complexity** O(n).
  [[nodiscard]] std::uint64_t sum(StripedCount Counts::* count) const noexcept {
    std::uint64_t total = 0;
    for (const Stripe& stripe : of_) {
      total += (stripe.own.*count).load(relaxed);
      total += (stripe.others.*count).load(relaxed);
    }
    return total;
  }

  /// Let a total begin again at 0. An owner's words are its own: the others' take back what it counted,
  /// so that no count is lost that is made meanwhile. **Requires** that nobody else does so.
  void forget(StripedCount Counts::* count) noexcept {
    (of_[0].others.*count).fetch_add(0 - sum(count), relaxed);
  }

  /// Count by locked instructions alone, as processes that share the counts must. **Requires** that
  /// nobody has counted.
  void share() noexcept {
    for (Stripe& stripe : of_) stripe.owner.share();
  }

 private:
  struct alignas(2 * cache_line) Stripe {  // two: the neighbouring line is fetched along
    StripeOwner owner;
    Counts own{};     // by add_alone
    Counts others{};  // by locked instructions
  };

  [[gnu::noinline]] void add_slowly(StripedCount Counts::* count, std::uint64_t by) noexcept {
    Stripe& stripe = of_[thread_number() % n];
    if (stripe.owner.becomes_me()) {
      detail::add_alone(stripe.own.*count, by);
    } else {
      (stripe.others.*count).fetch_add(by, relaxed);
    }
  }

  Stripe of_[static_cast<std::size_t>(n)]{};
};

/// A count in a stripe of `owner`, who counts in it without a locked instruction.
class OwnedCount {
 public:
  /// The first to count becomes the owner.
  void add(StripeOwner& owner) noexcept {
    if (owner.is_me() || (owner.is_nobody() && owner.becomes_me())) {
      detail::add_alone(own_, 1);
    } else {
      others_.fetch_add(1, relaxed);
    }
  }
  [[nodiscard]] std::uint64_t sum() const noexcept {
    return own_.load(relaxed) + others_.load(relaxed);
  }
  /// As Stripes::forget().
  void forget() noexcept { others_.fetch_add(0 - sum(), relaxed); }

 private:
  StripedCount own_{0};     // by add_alone
  StripedCount others_{0};  // by locked instructions
};

/// Count by locked instructions alone in whatever stripes a part of a circuit has, see Stripes::share().
template <class T>
void share_stripes(T& part) noexcept {
  if constexpr (requires { part.share(); }) part.share();
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
