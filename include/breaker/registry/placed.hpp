// Placed: what a circuit in a registry has for its listener and its name. Both find the key on the label
// before the circuit, so that they cost it nothing.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "breaker/base/stay_id.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/refusal.hpp"
#include "breaker/core/owner.hpp"
#include "breaker/core/refusals.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/registry/house.hpp"
#include "breaker/registry/label.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The key of a circuit, for whoever is told of its stay `generation`: a copy, in place.
class ToldKey {
 public:
  ToldKey(const PlaceLabel& label, Generation generation) noexcept {
    const Stamp owner = label.stamp();
    const std::size_t size = label.size();
    size_ = label.copy_key(text_, sizeof text_);
    if (size > size_) std::memcpy(text_ + size_ - cut.size(), cut.data(), cut.size());
    is_known_ = owner != nobody && !label.is_of_former(generation) && label.has_owner(owner);
  }

  /// **Returns** whether the stay is the present owner's: else nobody is told, the key is gone.
  [[nodiscard]] bool is_known() const noexcept { return is_known_; }
  /// **Returns** the key; the beginning of a longer one ends in "…".
  [[nodiscard]] std::string_view text() const noexcept { return {text_, size_}; }

 private:
  static constexpr std::string_view cut = "\xe2\x80\xa6";

  char text_[256];
  std::size_t size_;
  bool is_known_;
};

/// One listener, as its circuit tells it.
template <class One>
class Told {
 public:
  Told(One& one, const PlaceLabel* label) noexcept : one_{one}, label_{label} {}

  void operator()(const Transition& transition)
    requires HearsTransitions<One> || HearsTransitionsOfKey<One>
  {
    if constexpr (HearsTransitionsOfKey<One>) {
      if (const ToldKey key{*label_, transition.generation}; key.is_known())
        one_(key.text(), transition);
    } else {
      one_(transition);
    }
  }
  void on_refused(const Rejection& rejection)
    requires HearsRefused<One> || HearsRefusedOfKey<One>
  {
    if constexpr (HearsRefusedOfKey<One>) {
      if (const ToldKey key{*label_, rejection.generation}; key.is_known())
        one_.on_refused(key.text(), rejection);
    } else {
      one_.on_refused(rejection);
    }
  }
  void on_admitted()
    requires HearsAdmitted<One>
  {
    one_.on_admitted();
  }
  void on_settled(const SettledCall& call)
    requires HearsSettled<One>
  {
    one_.on_settled(call);
  }
  void on_reconfigured(const Reconfigured& kept)
    requires HearsReconfigured<One>
  {
    one_.on_reconfigured(kept);
  }

 private:
  One& one_;
  const PlaceLabel* label_;
};

template <class One>
inline constexpr bool leaves_errno<Told<One>> = leaves_errno<One>;

/// Where the key is found, if a listener wants it.
template <bool is_wanted>
struct LabelOf {
  explicit LabelOf(const PlaceLabel& /*label*/) noexcept {}
  [[nodiscard]] static const PlaceLabel* get() noexcept { return nullptr; }
};
template <>
struct LabelOf<true> {
  explicit LabelOf(const PlaceLabel& where) noexcept : label{&where} {}
  [[nodiscard]] const PlaceLabel* get() const noexcept { return label; }
  const PlaceLabel* label;
};

/// **Returns** a listener of its own for one circuit: a copy, or, of one that can't be copied, such as
/// Counters, a new one. @{
template <class Listener>
Listener listener_like(const Listener& one) {
  if constexpr (std::is_copy_constructible_v<Listener>) {
    return one;
  } else {
    static_assert(
        std::is_default_constructible_v<Listener>,
        "breaker: each circuit of a registry has a listener of its own; one that can't be "
        "copied needs a default constructor");
    return Listener();
  }
}
template <class... Each>
Listeners<Each...> listener_like(const Listeners<Each...>& these) {
  return Listeners<Each...>{detail::listener_like(these.template get<Each>())...};
}
/// @}

/// The listener of a circuit in a registry, and what the core asks of such a circuit.
template <class Listener>
class Placed {
 public:
  static constexpr ClockUse clock_use = clock_use_of<Listener>;

  Placed(const Listener& listener, const PlaceLabel& label)
      : label_{label}, listener_{detail::listener_like(listener)} {}

  [[nodiscard]] const Listener& listener() const noexcept { return listener_; }

  /// Call `tell` with each listener.
  template <class Tell>
  void for_each(const Tell& tell) noexcept {
    if constexpr (is_listeners<Listener>) {
      listener_.for_each([&]<class One>(One& one) { told(one, tell); });
    } else {
      told(listener_, tell);
    }
  }

  /// What is heard from here on is of another key.
  void forget() noexcept {
    const auto forgets = []<class One>(One& one) {
      if constexpr (requires { one.forget(); }) one.forget();
    };
    if constexpr (is_listeners<Listener>) {
      listener_.for_each(forgets);
    } else {
      forgets(listener_);
    }
  }

  static bool is_late(const void* circuit, StayId id) noexcept {
    const PlaceLabel& label = PlaceLabel::of(circuit);
    if (!label.is_of_former(id.generation())) return false;
    label.house().note_late();
    return true;
  }
  /// Whether others have a say in the circuit's trips, and such a trip. @{
  static bool has_say(const void* circuit) noexcept {
    return PlaceLabel::of(circuit).house().limit().is_on();
  }
  static Tripped trip(const void* circuit, StayId id, const Found& found) noexcept {
    PlaceLabel& label = PlaceLabel::of(circuit);
    return label.house().trip(label, id, &found);
  }
  /// @}

 private:
  template <class One, class Tell>
  void told(One& one, const Tell& tell) noexcept {
    Told<One> it{one, label_.get()};
    tell(it);
  }

  BREAKER_NO_UNIQUE_ADDRESS LabelOf<hears_keys<Listener>> label_;
  BREAKER_NO_UNIQUE_ADDRESS Listener listener_;
};

template <class Listener>
inline constexpr bool is_listeners<Placed<Listener>> = true;
template <class Listener>
inline constexpr bool leaves_errno<Placed<Listener>> = leaves_errno<Listener>;
template <class Listener>
inline constexpr bool hears_admitted<Placed<Listener>> = hears_admitted<Listener>;
template <class Listener>
inline constexpr bool hears_settled<Placed<Listener>> = hears_settled<Listener>;
template <class Listener>
inline constexpr bool hears_refused<Placed<Listener>> =
    hears_refused<Listener> || hears_keys<Listener>;
template <class Listener>
inline constexpr bool counts_refusals<Placed<Listener>> = counts_refusals<Listener>;
template <class Listener>
inline constexpr bool hears_transitions<Placed<Listener>> =
    hears_transitions<Listener> || hears_keys<Listener>;

template <class Listener>
struct RequireListener<Placed<Listener>> {
  static consteval bool holds() { return RequireListener<Listener>::holds(); }
};

/// The name of a circuit in a registry: its key.
struct KeyName {
  [[nodiscard]] static constexpr std::string_view circuit_name() noexcept { return {}; }

  /// **Returns** the refusal of the call of `ticket`, under its key, if that is still there.
  template <class Core>
  static CircuitOpen refusal(const Core& core, Ticket ticket) noexcept {
    const ToldKey key{PlaceLabel::of(&core), ticket.generation()};
    return refusal(core, ticket, key.is_known() ? key.text() : std::string_view{});
  }
  /// The same, under `name`.
  template <class Core>
  static CircuitOpen refusal(const Core& core, Ticket ticket, std::string_view name) noexcept {
    char cause[160];
    core.inside().write_cause(cause, sizeof cause, ticket.generation());
    return CircuitOpen{ticket.rejection(), &core, name, cause};
  }
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
