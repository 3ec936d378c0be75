// WatchedCalls: when calls began that have not ended yet. The evidence of Overdue.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/mix.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Some places, a word each: one holds when a call began, and in which stay. A call takes the place that
/// a hash of its begin names, or the next free one, and gives it back when it ends. What is of another
/// stay is void: its place is free. There is no list, no lock, and nobody waits.
///
/// Begins are kept to 1.024 µs; two calls that began within that in one stay are equal, and each may give
/// back the other's place.
///
/// **Thread safety** every member may be called by any thread at any time.
template <int places>
class WatchedCalls {
 public:
  /// What was found.
  struct Found {
    std::uint32_t overdue = 0;  // calls that have taken longer than the limit
    std::uint32_t watched = 0;  // calls that have a place
    Ticks oldest = 0;           // how long the oldest of the others has taken, in units
  };

  /// **Returns** a limit in units. Rounded up, by one more as begins are cut: nobody is overdue early.
  static constexpr Ticks units_of(Ticks limit) noexcept { return ((limit - 1) >> unit_shift) + 1; }

  /// Watch a call of `stay` that begins at `now`, unless all places are taken. **Returns** false if the
  /// stay is over. **Complexity** O(1) while few places are taken, else O(places); one exchange, or none.
  bool add(Ticks now, const Stay& stay) noexcept {
    const std::uint64_t call = call_of(now, stay.generation());
    for (std::size_t i = 0; i != size; ++i) {
      Atomic<std::uint64_t>& place = place_of(call, i);
      // Acquire: pairs with the exchange, see Stay::is_over.
      std::uint64_t held = place.load(acquire);
      while (!is_of(held, stay)) {
        if (held != 0 && stay.is_over()) return false;
        if (place.compare_exchange_weak(held, call, release, acquire)) return true;
      }
    }
    return true;
  }

  /// A call of `stay` that began at `began` has ended. **Complexity** as add().
  void depart(Ticks began, StayId stay) noexcept {
    const std::uint64_t call = call_of(began, stay.generation());
    for (std::size_t i = 0; i != size; ++i) {
      Atomic<std::uint64_t>& place = place_of(call, i);
      // Acquire: pairs with the release of an equal call that gave this place back, and whose own is one
      // of the next: a call that finds this one gone finds that.
      std::uint64_t held = place.load(acquire);
      while (held == call) {
        if (place.compare_exchange_weak(held, 0, release, acquire)) return;
      }
    }
  }

  /// **Returns** what there is of `stay` at `now`; `limit`: in units. All that is overdue was so at one
  /// time: when the clock was read. **Complexity** O(places).
  [[nodiscard]] Found count(Ticks now, Ticks limit, const Stay& stay) const noexcept {
    Found found;
    for (const Atomic<std::uint64_t>& place : places_) {
      const std::uint64_t held = place.load(relaxed);
      if (!is_of(held, stay)) continue;
      ++found.watched;
      const Ticks age = age_of(held, now);
      if (age > limit) {
        ++found.overdue;
      } else if (age > found.oldest) {
        found.oldest = age;
      }
    }
    return found;
  }

  /// Note what count() found at `now`, so that nobody counts again before more can be overdue.
  void note(const Found& found, Ticks now) noexcept {
    const std::uint64_t since =
        BeginBits::put(units_at(now) - static_cast<std::uint64_t>(found.oldest));
    noted_.store(since | CountBits::put(found.overdue + 1), relaxed);
  }

  /// **Returns** whether fewer than `calls` can be overdue at `now`, so that counting would be idle.
  [[nodiscard]] bool is_early(Ticks now, Ticks limit, std::uint32_t calls) const noexcept {
    const std::uint64_t noted = noted_.load(relaxed);
    const std::uint64_t fewer_than = CountBits::get(noted);
    const Ticks age = age_of(noted, now);
    return fewer_than != 0 && fewer_than <= calls && age >= 0 && age <= limit;
  }

  // That a call has ended well needs no booking: it has departed.
  static bool is_clean(StayId /*stay*/) noexcept { return true; }
  static bool is_good(const Outcome& /*call*/) noexcept { return true; }
  static bool record_good(const Outcome& /*call*/, const Stay& /*stay*/) noexcept { return true; }

 private:
  static constexpr std::size_t size = places;
  static constexpr int unit_shift = 10;  // a unit is 1.024 µs
  using BeginBits = Bits<0, 42>;         // when, in units; never 0
  using StayBits = Bits<43, 63>;         // the stay's number
  using CountBits = StayBits;

  static constexpr std::uint64_t units_at(Ticks time) noexcept {
    return static_cast<std::uint64_t>(time >> unit_shift);
  }
  static constexpr std::uint64_t call_of(Ticks began, Generation generation) noexcept {
    const std::uint64_t begin = BeginBits::put(units_at(began));
    return StayBits::put(generation) | (begin != 0 ? begin : 1);
  }
  static bool is_of(std::uint64_t held, const Stay& stay) noexcept {
    return held != 0 && StayBits::get(held) == stay.generation();
  }
  /// **Returns** how long before `now` it was, in units; below 0 if the clock was set back. Right for 26
  /// days to either side.
  static constexpr Ticks age_of(std::uint64_t held, Ticks now) noexcept {
    constexpr int spare = 64 - BeginBits::width;
    const std::uint64_t age = units_at(now) - held;
    return static_cast<Ticks>(age << spare) >> spare;
  }
  Atomic<std::uint64_t>& place_of(std::uint64_t call, std::size_t i) noexcept {
    // Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4): the upper bits are spread well.
    constexpr int size_bits = std::bit_width(size) - 1;
    return places_[(static_cast<std::uint32_t>(call * mix_step >> (64 - size_bits)) + i) % size];
  }

  // A number and a time: fewer calls than that began before then. It stays true, as later calls are younger. Guards
  // nothing.
  Atomic<std::uint64_t> noted_{0};
  Atomic<std::uint64_t> places_[size]{};  // each guards itself; 0: free
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
