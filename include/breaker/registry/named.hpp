// Named: the circuit of a key, found, for the expression in which it was asked for.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/state.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/fallback.hpp"
#include "breaker/call/function.hpp"
#include "breaker/call/judged_core.hpp"
#include "breaker/call/permit.hpp"
#include "breaker/call/refusal.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/config.hpp"
#include "breaker/core/commands.hpp"
#include "breaker/core/milliseconds.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/core/tenancy.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/core/word.hpp"
#include "breaker/registry/key_table.hpp"
#include "breaker/registry/label.hpp"
#include "breaker/registry/placed.hpp"
#include "breaker/registry/places.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {

/// A circuit that was found by a key, as call() takes it. If the place went to another key meanwhile, it
/// is looked up again. `Source`: has `look_up()`, and `with_text(f)`, which calls `f` with the key.
template <class Source>
class FoundCircuit {
  using Kept = typename Source::Kept;

 public:
  using Core = std::remove_reference_t<decltype(CoreOf::of(std::declval<Kept&>()))>;

  FoundCircuit(const Source& source, FoundLabel found) noexcept : source_{source}, found_{found} {}

  [[nodiscard]] Kept& circuit() const noexcept {
    return CircuitPlace<Kept>::circuit_of(*found_.label);
  }
  [[nodiscard]] Core& core() const noexcept { return CoreOf::of(circuit()); }
  [[nodiscard]] auto& classifier() const noexcept { return core().classifier(); }
  [[nodiscard]] auto ride() const noexcept { return core().ride(); }
  [[nodiscard]] auto& inside() const noexcept { return std::as_const(core()).inside(); }
  /// **Returns** what makes the refusal: a copy, so that this stays in registers.
  [[nodiscard]] FoundCircuit refuser() const noexcept { return *this; }
  [[nodiscard]] CircuitOpen refusal(Ticket ticket) const {
    return source_.with_text(
        [&](std::string_view key) { return KeyName::refusal(core(), ticket, key); });
  }

  template <bool may_probe, bool by_call>
  [[gnu::always_inline]] bool acquire(Ticket& ticket) {
    if (!acquire_if<may_probe, by_call>(core(), ticket, is_ours())) [[unlikely]] {
      const Again again = refuser().template acquire_again<may_probe, by_call>();
      found_ = again.found;
      ticket = again.ticket;
    }
    return !ticket.is_refused();
  }

  /// **Returns** what `look` says of the circuit while it is the key's.
  template <class Look>
  auto look(const Look& look) {
    for (;;) {
      auto seen = look(std::as_const(circuit()));
      if (found_.label->has_owner(found_.owner)) return seen;
      found_ = source_.look_up();
    }
  }
  /// Carry out a command. **Returns** whether it took effect.
  bool command(const Event& event) {
    for (;;) {
      const Obeyed obeyed = detail::command_if(
          Peek::at(circuit()), event, [this] { return found_.label->has_owner(found_.owner); });
      if (obeyed != Obeyed::not_ours) return obeyed == Obeyed::yes;
      found_ = source_.look_up();
    }
  }

 private:
  /// **Returns** what says whether the circuit is still the key's.
  [[nodiscard]] auto is_ours() const noexcept {
    return [found = found_]() noexcept { return found.label->is_still(found.owner); };
  }

  struct Again {
    FoundLabel found;
    Ticket ticket;
  };
  template <bool may_probe, bool by_call>
  [[gnu::noinline, gnu::cold]] Again acquire_again() {
    Ticket ticket;
    do {
      found_ = source_.look_up();
    } while (!acquire_if<may_probe, by_call>(core(), ticket, is_ours()));
    return {found_, ticket};
  }

  const Source source_;
  FoundLabel found_;
};

}  // namespace detail

/// The circuit of a key, for one expression: `circuits.of(host).call(…)`. To be kept there is
/// Registry::handle(). Its members do what those of CircuitBreaker do, and are exact: if the key was
/// erased since it was looked up, it is looked up again, and made anew.
/// **Throws** what CircuitBreaker does; what making a circuit does, if it has to be made anew.
template <class Source>
class Named {
  using Found = detail::FoundCircuit<Source>;
  using Kept = typename Source::Kept;

 public:
  /// The right to make one call.
  using Permit = typename Kept::Permit;

  /// For a registry.
  Named(const Source& source, detail::FoundLabel found) noexcept : found_{source, found} {}
  Named(const Named&) = delete;
  Named& operator=(const Named&) = delete;

  /// As CircuitBreaker::call(). @{
  template <class Fn>
  [[gnu::always_inline]] auto call(Fn&& fn) && -> detail::ResultOf<Fn> {
    return detail::call<true>(found_, std::forward<Fn>(fn));
  }
  template <class Fn>
  auto call(const Permit& outer, Fn&& fn) && -> detail::ResultOf<Fn> {
    return detail::call_within(ticket_of(outer), found_, std::forward<Fn>(fn));
  }
  template <class Fn>
  [[gnu::always_inline]] auto call(NeverProbe, Fn&& fn) && -> detail::ResultOf<Fn> {
    return detail::call<false>(found_, std::forward<Fn>(fn));
  }
  template <class Fn, class Fallback = std::remove_cv_t<detail::ResultOf<Fn>>>
    requires(!std::is_same_v<std::remove_cvref_t<Fn>, Permit>)
  [[gnu::always_inline]] auto call(Fn&& fn, Fallback&& fallback) && -> detail::ResultOf<Fn> {
    return detail::call<true>(found_, std::forward<Fn>(fn), std::forward<Fallback>(fallback));
  }
  template <class Fn, class Fallback = std::remove_cv_t<detail::ResultOf<Fn>>>
  [[gnu::always_inline]] auto call(NeverProbe, Fn&& fn,
                                   Fallback&& fallback) && -> detail::ResultOf<Fn> {
    return detail::call<false>(found_, std::forward<Fn>(fn), std::forward<Fallback>(fallback));
  }
  /// @}

  /// Does not compile.
  template <class... Args>
  auto call(Args&&...) & {
    static_assert(sizeof...(Args) > 9999,
                  "breaker: what of() gives is for one expression; to keep it, take a handle(key)");
  }

  /// As CircuitBreaker::try_acquire(). @{
  [[nodiscard]] Permit try_acquire() && { return acquire<true>(); }
  [[nodiscard]] Permit try_acquire(NeverProbe) && { return acquire<false>(); }
  [[nodiscard]] Permit try_acquire(const Permit& outer) && {
    if (!found_.inside().may_ride(ticket_of(outer))) return acquire<true>();
    return detail::PermitMaker::make(found_.core(), found_.ride());
  }
  /// @}

  /// As CircuitBreaker. @{
  [[nodiscard]] State state() && {
    return found_.look([](const Kept& circuit) { return circuit.state(); });
  }
  [[nodiscard]] bool would_admit() && {
    return found_.look([](const Kept& circuit) { return circuit.would_admit(); });
  }
  [[nodiscard]] bool would_admit(NeverProbe never) && {
    return found_.look([&](const Kept& circuit) { return circuit.would_admit(never); });
  }
  [[nodiscard]] Transition why() && {
    return found_.look([](const Kept& circuit) { return circuit.why(); });
  }
  [[nodiscard]] Snapshot snapshot() && {
    return found_.look([](const Kept& circuit) { return circuit.snapshot(); });
  }
  [[nodiscard]] Saved saved() && {
    return found_.look([](const Kept& circuit) { return circuit.saved(); });
  }
  [[nodiscard]] auto policy() && {
    return found_.look([](const Kept& circuit) { return circuit.policy(); });
  }
  [[nodiscard]] Numbers numbers(int part = 0) && {
    return found_.look([&](const Kept& circuit) { return circuit.numbers(part); });
  }
  /// @}

  /// As CircuitBreaker. @{
  bool trip() && { return found_.command({detail::EventKind::trip}); }
  bool trip(Duration wait) && {
    detail::require_wait(wait, "trip.wait");
    return found_.command({detail::EventKind::trip_for, {}, detail::in_milliseconds(wait)});
  }
  bool retry_in(Duration left = std::chrono::seconds{0}) && {
    detail::require_setting(left.ticks() >= 0, "retry_in.left", left.ticks(), "0 or more (in ns)");
    return found_.command({detail::EventKind::retry_in, {}, detail::in_milliseconds(left)});
  }
  void force_open() && { found_.command({detail::EventKind::force_open}); }
  void disable() && { found_.command({detail::EventKind::disable}); }
  void reset() && { found_.command({detail::EventKind::reset}); }
  void restore(const Saved& saved) && {
    found_.command(detail::event_of(saved, found_.core().gate()));
  }
  /// @}

 private:
  template <bool may_probe>
  Permit acquire() {
    detail::Ticket ticket;
    found_.template acquire<may_probe, false>(ticket);
    return detail::PermitMaker::make(found_.core(), ticket);
  }
  [[nodiscard]] detail::Ticket ticket_of(const Permit& outer) const noexcept {
    return detail::PermitMaker::ticket_of(outer, found_.core());
  }

  Found found_;
};

BREAKER_ABI_END
}  // namespace breaker
