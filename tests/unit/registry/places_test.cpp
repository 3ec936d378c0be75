// Where circuits stand, and the hand that goes round them.
#include "breaker/registry/places.hpp"

#include <cstdint>
#include <new>

#include "breaker/registry/house.hpp"
#include "breaker/registry/placed.hpp"
#include "support/catch.hpp"

using namespace breaker::detail;

TEST_CASE(
    "a hand goes round the places that are there, and finds none in a room that is taken only") {
  House house{2, 7};
  Places<int> places{2};
  Places<int>::Hand hand;
  CHECK(hand.next(places) == nullptr);
  const auto room = places.take_room();
  CHECK(hand.next(places) == nullptr);

  auto* const place = ::new (room.memory()) CircuitPlace<int>{house, [](PlaceLabel&) { return 5; }};
  places.publish(room);

  CHECK(hand.next(places) == &place->label());
  CHECK(hand.next(places) == &place->label());
  CHECK(CircuitPlace<int>::circuit_of(place->label()) == 5);
}

TEST_CASE("room that is given back is the next that is taken, in whichever row") {
  Places<int> places{2};
  const auto first = places.take_room();
  const auto second = places.take_room();
  const auto third = places.take_room();  // in a row of its own
  CHECK(third.row != first.row);
  places.give_back(second);

  CHECK(places.take_room().memory() == second.memory());
  CHECK(places.take_room().row == third.row);
  places.give_back(third);
  CHECK(places.take_room().memory() == third.memory());
}

TEST_CASE("places have numbers, row by row, and what stands elsewhere has none") {
  House house{4, 7};
  Places<int> places{2};
  Places<int> others{2};
  const auto made_in = [&](Places<int>& where) -> PlaceLabel& {
    const auto room = where.take_room();
    auto* const place =
        ::new (room.memory()) CircuitPlace<int>{house, [](PlaceLabel&) { return 5; }};
    where.publish(room);
    return place->label();
  };

  for (std::uint64_t number = 0; number < 4; ++number) {
    PlaceLabel& label = made_in(places);
    std::uint64_t found = 99;
    CHECK(places.has(label, found));
    CHECK(found == number);
    CHECK(&places.at(number) == &label);
  }
  std::uint64_t found = 0;
  CHECK_FALSE(places.has(made_in(others), found));
}

TEST_CASE("a circuit in a registry has no name beside its key") {
  CHECK(KeyName::circuit_name().empty());
}
