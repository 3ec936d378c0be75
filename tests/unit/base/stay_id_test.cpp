// StayId: which stay of which state, and how far two of them are apart.
#include "breaker/base/stay_id.hpp"

#include <cstdint>

#include "support/catch.hpp"

using namespace breaker;

namespace {

constexpr std::uint64_t power(int exponent) { return std::uint64_t{1} << exponent; }

/// The stay of this state, generation and step, by the layout of the design.
constexpr StayId stay(State state, std::uint64_t generation, std::uint64_t step) {
  return StayId::of(static_cast<std::uint64_t>(state) + generation * power(3) + step * power(24));
}

}  // namespace

TEST_CASE("a circuit begins closed, with the first stay and no step") {
  STATIC_REQUIRE(StayId{}.state() == State::closed);
  STATIC_REQUIRE(StayId{}.generation() == 0);
  STATIC_REQUIRE(StayId{}.step() == 0);
  STATIC_REQUIRE(StayId{}.clean_word() == 0);
}

TEST_CASE("a stay is state, generation and step, whatever else the word holds") {
  constexpr StayId id = stay(State::half_open, power(21) - 1, 31);

  STATIC_REQUIRE(id.state() == State::half_open);
  STATIC_REQUIRE(id.generation() == power(21) - 1);
  STATIC_REQUIRE(id.step() == 31);
  STATIC_REQUIRE(StayId::of(id.clean_word() + power(29)) == id);
  STATIC_REQUIRE(StayId::of(id.clean_word() + power(63)) == id);
  STATIC_REQUIRE(StayId::begun_by(id.clean_word()) == id);
}

TEST_CASE("stays that differ in state, generation or step are different ones") {
  constexpr StayId id = stay(State::open, 5, 2);

  STATIC_REQUIRE(id == stay(State::open, 5, 2));
  STATIC_REQUIRE(id != stay(State::half_open, 5, 2));
  STATIC_REQUIRE(id != stay(State::open, 6, 2));
  STATIC_REQUIRE(id != stay(State::open, 5, 3));
}

TEST_CASE("the next stay has the next number, modulo 2^21, and the step that it is given") {
  STATIC_REQUIRE(stay(State::closed, 4, 7).next(State::open, 3) == stay(State::open, 5, 3));
  STATIC_REQUIRE(stay(State::open, power(21) - 1, 0).next(State::disabled, 0) ==
                 stay(State::disabled, 0, 0));
}

TEST_CASE("how many stays lie between two is counted modulo 2^21, whatever their states") {
  constexpr StayId id = stay(State::half_open, 3, 1);

  STATIC_REQUIRE(id.stays_since(id) == 0);
  STATIC_REQUIRE(id.stays_since(stay(State::open, 1, 0)) == 2);
  STATIC_REQUIRE(id.stays_since(stay(State::half_open, power(21) - 1, 1)) == 4);
  STATIC_REQUIRE(id.stays_since(stay(State::half_open, 4, 1)) == power(21) - 1);
}

TEST_CASE("what is not accounted for is of no circuit's stay") {
  STATIC_REQUIRE(StayId::unaccounted().state() > State::disabled);
  STATIC_REQUIRE(StayId::unaccounted().generation() == 0);
}
