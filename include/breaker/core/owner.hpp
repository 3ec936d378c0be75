// What a circuit asks of whoever owns it, if somebody does: a registry, which its listener knows.
#pragma once

#include <cstdint>

#include "breaker/base/stay_id.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/protocol.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** whether a verdict on a call of the stay `id` comes for a former owner of the circuit, in
/// which case it is noted elsewhere. Only circuits of a registry change hands: their listener knows.
template <class Listener>
[[gnu::always_inline]] inline bool is_late([[maybe_unused]] const void* core,
                                           [[maybe_unused]] StayId id) noexcept {
  if constexpr (requires { Listener::is_late(core, id); }) return Listener::is_late(core, id);
  return false;
}

/// What became of a policy's trip.
enum class Tripped : std::uint8_t {
  no,  // overtaken: another opened the circuit, or a call was counted meanwhile
  yes,
  held_back,  // too many others are out
};

/// Trip a circuit whose policy is at its limit in the stay `id`, by `trip`. In a registry others may have a say: its
/// listener knows.
template <class Listener, class Trip>
[[gnu::always_inline]] inline Tripped trip_if_let([[maybe_unused]] void* core,
                                                  [[maybe_unused]] StayId id,
                                                  [[maybe_unused]] const Found& found,
                                                  const Trip& trip) noexcept {
  if constexpr (requires { Listener::has_say(core); }) {
    if (Listener::has_say(core)) return Listener::trip(core, id, found);
  }
  return trip() ? Tripped::yes : Tripped::no;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
