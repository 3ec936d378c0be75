// Handle: the circuit of a key, to be kept.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "breaker/base/atomic.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/fallback.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/registry/key_table.hpp"
#include "breaker/registry/label.hpp"
#include "breaker/registry/named.hpp"
#include "breaker/registry/parts.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {
template <class Circuit>
class Circuits;
}

/// A handle is as good as looking the key up each time, `circuits.of(key)`, and costs 6 to 10 instructions more
/// than the circuit alone. It notices erase, eviction and new settings.
/// ```
/// auto payments = circuits.handle("payments.example");
/// Receipt receipt = payments.call([&] { return charge(card); }, no_receipt);
/// ```
/// Copies are independent. It owns its key, and allocates only when it is made or copied, unless its
/// key was erased and has to be made again.
///
/// **Requires** that the registry outlives it. **Thread safety** any thread may use any member but the
/// assignment, several at a time. **Throws**, any member: what Named throws.
template <class Circuit = CircuitBreaker<>>
class Handle {
 public:
  /// The right to make one call.
  using Permit = typename detail::PartsOf<Circuit>::Kept::Permit;

  /// For a registry.
  Handle(detail::Circuits<Circuit>& circuits, std::string_view key)
      : circuits_{&circuits}, key_{key} {
    look_up();
  }
  /// A handle of its own for the same key. @{
  Handle(const Handle& other) : Handle{*other.circuits_, other.key_} {}
  // NOLINTNEXTLINE(bugprone-unhandled-self-assignment): it looks up what it has
  Handle& operator=(const Handle& other) {
    circuits_ = other.circuits_;
    key_ = other.key_;
    look_up();
    return *this;
  }
  /// @}

  /// **Returns** the key. Valid as long as this object, until it is assigned to.
  [[nodiscard]] std::string_view key() const noexcept { return key_; }

  /// As CircuitBreaker::call(). @{
  template <class Fn>
  [[gnu::always_inline]] auto call(Fn&& fn) const -> detail::ResultOf<Fn> {
    return asked().call(std::forward<Fn>(fn));
  }
  template <class Fn>
  auto call(const Permit& outer, Fn&& fn) const -> detail::ResultOf<Fn> {
    return asked().call(outer, std::forward<Fn>(fn));
  }
  template <class Fn>
  [[gnu::always_inline]] auto call(NeverProbe never, Fn&& fn) const -> detail::ResultOf<Fn> {
    return asked().call(never, std::forward<Fn>(fn));
  }
  template <class Fn, class Fallback = std::remove_cv_t<detail::ResultOf<Fn>>>
    requires(!std::is_same_v<std::remove_cvref_t<Fn>, Permit>)
  [[gnu::always_inline]] auto call(Fn&& fn, Fallback&& fallback) const -> detail::ResultOf<Fn> {
    return asked().call(std::forward<Fn>(fn), std::forward<Fallback>(fallback));
  }
  template <class Fn, class Fallback = std::remove_cv_t<detail::ResultOf<Fn>>>
  [[gnu::always_inline]] auto call(NeverProbe never, Fn&& fn, Fallback&& fallback) const
      -> detail::ResultOf<Fn> {
    return asked().call(never, std::forward<Fn>(fn), std::forward<Fallback>(fallback));
  }
  /// @}

  /// As CircuitBreaker. @{
  [[nodiscard]] Permit try_acquire() const { return asked().try_acquire(); }
  [[nodiscard]] Permit try_acquire(NeverProbe never) const { return asked().try_acquire(never); }
  [[nodiscard]] Permit try_acquire(const Permit& outer) const { return asked().try_acquire(outer); }
  [[nodiscard]] State state() const { return asked().state(); }
  [[nodiscard]] bool would_admit() const { return asked().would_admit(); }
  [[nodiscard]] bool would_admit(NeverProbe never) const { return asked().would_admit(never); }
  [[nodiscard]] Transition why() const { return asked().why(); }
  [[nodiscard]] Snapshot snapshot() const { return asked().snapshot(); }
  [[nodiscard]] Saved saved() const { return asked().saved(); }
  [[nodiscard]] auto policy() const { return asked().policy(); }
  [[nodiscard]] Numbers numbers(int part = 0) const { return asked().numbers(part); }
  bool trip() const { return asked().trip(); }
  bool trip(Duration wait) const { return asked().trip(wait); }
  bool retry_in(Duration left = std::chrono::seconds{0}) const { return asked().retry_in(left); }
  void force_open() const { asked().force_open(); }
  void disable() const { asked().disable(); }
  void reset() const { asked().reset(); }
  void restore(const Saved& saved) const { asked().restore(saved); }
  /// @}

 private:
  /// Where what is asked is looked up.
  struct Source {
    using Kept = typename detail::PartsOf<Circuit>::Kept;
    const Handle& handle;
    [[nodiscard]] detail::FoundLabel look_up() const { return handle.look_up(); }
    template <class F>
    auto with_text(const F& f) const {
      return f(handle.key());
    }
  };

  [[nodiscard]] Named<Source> asked() const noexcept {
    // Two threads that look up at once may leave the label of one with the stamp of the other. No place
    // ever has that stamp: the next call looks up again.

    // Acquire (unshown: plain memory): pairs with the release below.
    return {Source{*this}, {label_.load(detail::acquire), owner_.load(detail::relaxed)}};
  }

  detail::FoundLabel look_up() const {
    const detail::FoundLabel found = circuits_->ask(key_);
    // The overflow circuit is not kept: the key may find a place next time.
    const bool is_own = !circuits_->is_overflow(found);
    owner_.store(is_own ? found.owner : detail::no_owner, detail::relaxed);
    // Release (unshown: plain memory): the circuit may have been made by this thread.
    label_.store(found.label, detail::release);
    return found;
  }

  detail::Circuits<Circuit>* circuits_;
  std::string key_;
  mutable detail::Atomic<detail::PlaceLabel*> label_{nullptr};     // publishes the place
  mutable detail::Atomic<detail::Stamp> owner_{detail::no_owner};  // guards nothing
};

BREAKER_ABI_END
}  // namespace breaker
