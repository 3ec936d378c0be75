// OpenLimit: how many circuits of a registry may be out at a time, see RegistrySettings::at_most_open.
//
// A thread that would open a circuit puts a grant into one word: which circuit, in which stay. The next thread first carries out
// the grant that stands there, then looks how many circuits are out, then puts its own. So nobody opens between a look
// and the grant that follows; nothing is counted that could drift, and a thread that is stopped halfway holds up no other.
// Stays and grants are numbered by 21 bits: a thread that is stopped while exactly 2^21 of them pass takes an old one for the
// present one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/owner.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The right of a circuit to open, while it is in that closed stay.
struct Grant {
  std::uint64_t place;  // its number, below OpenLimit::most_places
  Generation stay;
  bool is_by_policy;
};

/// Circuits, and how many of them are out.
struct Out {
  std::size_t circuits = 0;
  std::size_t out = 0;
};

/// Lets no more circuits be out than its share. Lock-free: a thread that is overtaken looks again, and another has its grant.
class OpenLimit {
 public:
  static constexpr std::uint64_t most_places = (std::uint64_t{1} << 20) - 1;

  /// Nothing: all may be out.
  void set_share(const std::optional<Ratio>& most) noexcept {
    share_.store(most ? Whole::put(static_cast<std::uint64_t>(most->whole())) |
                            Part::put(static_cast<std::uint64_t>(most->part()))
                      : 0,
                 relaxed);
  }
  [[nodiscard]] bool is_on() const noexcept { return share_.load(relaxed) != 0; }
  [[nodiscard]] std::uint64_t held_back() const noexcept { return held_back_.load(relaxed); }

  /// Open a circuit, if no more are out then than may be. `group`: has `look()`, which returns an Out; `is_due(grant)`,
  /// whether the circuit is in that stay; `open(grant)`, which opens it if so; `help(grant)`, the same for another.
  template <class Group>
  Tripped open(const Grant& grant, Ticks now, const Group& group) noexcept {
    if (is_pausing(now)) return Tripped::held_back;
    // Acquire: pairs with the release of the exchange below. A thread that reads a grant sees those before it
    // carried out.
    std::uint64_t last = last_.load(acquire);
    for (;;) {
      if (Place::get(last) != 0) group.help(grant_of(last));
      if (!group.is_due(grant)) return Tripped::no;
      const Out seen = group.look();
      const std::size_t limit = limit_of(seen.circuits);
      const bool is_full = seen.out > (IsFull::get(last) != 0 ? limit * 3 / 4 : limit - 1);
      const std::uint64_t next =
          is_full ? last | IsFull::put(1) : word_of(grant, last, seen.out + 1 >= limit);
      if (next != last && !last_.compare_exchange_weak(last, next, release, acquire)) continue;
      if (is_full) {
        pause_until_.store(saturating_add(now, pause), relaxed);
        held_back_.fetch_add(1, relaxed);
        return Tripped::held_back;
      }
      group.open(grant);
      return Tripped::yes;
    }
  }

 private:
  // The last grant.
  using Place = Bits<0, 19>;  // its number and 1; 0: there was none
  using Stay = Bits<20, 40>;
  using IsByPolicy = Bits<41, 41>;
  using IsFull = Bits<42, 42>;  // the limit was reached: none until a quarter of it is free
  using Turn = Bits<43, 63>;    // tells grants apart

  using Part = Bits<0, 31>;
  using Whole = Bits<32, 63>;

  static constexpr Ticks pause = 100'000'000;  // ns

  static Grant grant_of(std::uint64_t word) noexcept {
    return {Place::get(word) - 1, static_cast<Generation>(Stay::get(word)),
            IsByPolicy::get(word) != 0};
  }
  static std::uint64_t word_of(const Grant& grant, std::uint64_t last, bool is_full) noexcept {
    return Place::put(grant.place + 1) | Stay::put(grant.stay) |
           IsByPolicy::put(grant.is_by_policy ? 1 : 0) | IsFull::put(is_full ? 1 : 0) |
           Turn::put(Turn::get(last) + 1);
  }

  [[nodiscard]] std::size_t limit_of(std::size_t circuits) const noexcept {
    const std::uint64_t share = share_.load(relaxed);
    if (share == 0) return circuits + 1;  // it was taken away just now
    const std::uint64_t limit = circuits * Part::get(share) / Whole::get(share);
    return limit > 1 ? static_cast<std::size_t>(limit) : 1;
  }

  /// **Returns** whether one was held back just now. A clock that was set back ends the pause.
  [[nodiscard]] bool is_pausing(Ticks now) const noexcept {
    const Ticks until = pause_until_.load(relaxed);
    return now < until && saturating_subtract(until, now) <= pause;
  }

  Atomic<std::uint64_t> last_{0};       // guards the circuits it was about: they are open
  Atomic<std::uint64_t> share_{0};      // guards itself
  Atomic<Ticks> pause_until_{0};        // guards itself
  Atomic<std::uint64_t> held_back_{0};  // guards itself
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
