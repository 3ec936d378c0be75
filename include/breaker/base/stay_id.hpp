// StayId: which stay in which state. It and core/word.hpp alone know the bits of the state word.
#pragma once

#include <cstdint>

#include "breaker/base/bits.hpp"
#include "breaker/base/state.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// The identity of a circuit's stay in a state: the part of the state word that does not change while
/// the stay lasts: state, generation, and a step of the backoff. As wide as that word, with which it is
/// compared on every call.
class StayId {
 public:
  /// The first stay of a circuit: closed, generation 0.
  constexpr StayId() noexcept = default;

  /// **Returns** the stay of a circuit whose state word is `word`.
  [[nodiscard]] static constexpr StayId of(std::uint64_t word) noexcept {
    return StayId{IdBits::get(word)};
  }

  /// **Returns** the stay whose clean_word() is `word`.
  [[nodiscard, gnu::always_inline]] static constexpr StayId begun_by(std::uint64_t word) noexcept {
    return StayId{word};
  }

  /// **Returns** what no circuit ever has: the stay of a call that passes without being accounted for.
  [[nodiscard]] static constexpr StayId unaccounted() noexcept { return StayId{StateBits::max}; }

  /// **Returns** the state that the circuit is in.
  [[nodiscard, gnu::always_inline]] constexpr State state() const noexcept {
    return static_cast<State>(StateBits::get(bits_));
  }
  /// **Returns** the number of the stay, modulo 2^21.
  [[nodiscard]] constexpr Generation generation() const noexcept {
    return static_cast<Generation>(GenerationBits::get(bits_));
  }

  /// **Returns** the step of the backoff: in an open stay its own, everywhere else that of the next
  /// opening, if it comes soon.
  [[nodiscard]] constexpr std::uint64_t step() const noexcept { return StepBits::get(bits_); }

  /// **Returns** the state word in which this stay begins: nothing has been counted in it. A closed
  /// circuit whose word is another one has counted something, or has left the stay.
  [[nodiscard, gnu::always_inline]] constexpr std::uint64_t clean_word() const noexcept {
    return bits_;
  }

  /// **Returns** the stay that follows this one, in `state`, with `step`.
  [[nodiscard]] constexpr StayId next(State state, std::uint64_t step) const noexcept {
    return StayId{StateBits::put(static_cast<std::uint64_t>(state)) |
                  GenerationBits::put(GenerationBits::get(bits_) + 1) | StepBits::put(step)};
  }

  /// **Returns** how many stays after `earlier` this one came, modulo 2^21.
  [[nodiscard]] constexpr std::uint64_t stays_since(StayId earlier) const noexcept {
    return (GenerationBits::get(bits_) - GenerationBits::get(earlier.bits_)) & GenerationBits::max;
  }

  friend constexpr bool operator==(const StayId&, const StayId&) noexcept = default;

 private:
  using StateBits = detail::Bits<0, 2>;
  using GenerationBits = detail::Bits<3, 23>;
  using StepBits = detail::Bits<24, 28>;
  using IdBits = detail::Bits<0, 28>;

  [[gnu::always_inline]] constexpr explicit StayId(std::uint64_t bits) noexcept : bits_{bits} {}

  std::uint64_t bits_ = 0;
};

namespace detail {

/// **Returns** whether stay number `one` came before number `other`: the numbers begin again at 2^21.
constexpr bool is_before(Generation one, Generation other) noexcept {
  constexpr Generation numbers = 1U << 21;
  const Generation ahead = (other - one) % numbers;
  return ahead != 0 && ahead <= numbers / 2;
}

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
