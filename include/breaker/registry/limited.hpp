// Limited: the circuits of a registry as the limit of those that are out sees them.
#pragma once

#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/state.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/owner.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/core/tenancy.hpp"
#include "breaker/core/word.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/registry/house.hpp"
#include "breaker/registry/label.hpp"
#include "breaker/registry/open_limit.hpp"
#include "breaker/registry/places.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Trips circuits that stand in places, one at a time, as far as the limit of the house lets it.
template <class Kept>
class Limited {
 public:
  Limited(House& house, const Places<Kept>& places) noexcept : house_{house}, places_{places} {
    house.set_tripper(this, [](const void* self, PlaceLabel& label, StayId id, const Found* found) {
      return static_cast<const Limited*>(self)->trip(label, id, found);
    });
  }
  Limited(const Limited&) = delete;
  Limited& operator=(const Limited&) = delete;
  ~Limited() = default;

  /// Open the circuit in the place of `label`, while it is in the closed stay `id`. `found`: how its policy stands; null:
  /// another rule wants it. The overflow circuit, which is in none of the places, asks nobody.
  Tripped trip(PlaceLabel& label, StayId id, const Found* found) const noexcept {
    Kept& circuit = circuit_of(label);
    std::uint64_t number = 0;
    if (!places_.has(label, number)) {
      Group::open(circuit, id.generation(), found);
      return Tripped::yes;
    }
    const Grant grant{number, id.generation(), found != nullptr};
    return house_.limit().open(grant, Peek::at(circuit).now(), Group{places_, found});
  }

 private:
  using Place = CircuitPlace<Kept>;

  static Kept& circuit_of(PlaceLabel& label) noexcept { return Place::circuit_of(label); }

  struct Group {
    const Places<Kept>& places;
    const Found* found;  // of the grant that is asked for

    [[nodiscard]] Out look() const noexcept {
      Out seen;
      places.for_each([&](PlaceLabel& label) {
        if (label.stamp() != nobody) ++seen.circuits;
        // Of a place that is nobody's, too: its circuit is closed, or its owner may get it back. Relaxed: who was
        // granted before is seen to be open, see OpenLimit.
        const State state = state_of(Peek::at(circuit_of(label)).machine.word.load(relaxed));
        if (state != State::closed && state != State::disabled) ++seen.out;
      });
      return seen;
    }
    [[nodiscard]] bool is_due(const Grant& grant) const noexcept {
      return Peek::is_closed_in(circuit(grant), grant.stay);
    }
    void open(const Grant& grant) const noexcept { open(circuit(grant), grant.stay, found); }
    void help(const Grant& grant) const noexcept {
      Kept& other = circuit(grant);
      if (!grant.is_by_policy) return open(other, grant.stay, nullptr);
      const Found as_it_stands = Peek::found_in(other);
      open(other, grant.stay, &as_it_stands);
    }

    static void open(Kept& circuit, Generation stay, const Found* found) noexcept {
      if (found != nullptr) return Peek::trip(circuit, stay, *found);
      detail::command_if(Peek::at(circuit), {EventKind::trip},
                         [&] { return Peek::is_closed_in(circuit, stay); });
    }
    [[nodiscard]] Kept& circuit(const Grant& grant) const noexcept {
      return circuit_of(places.at(grant.place));
    }
  };

  House& house_;
  const Places<Kept>& places_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
