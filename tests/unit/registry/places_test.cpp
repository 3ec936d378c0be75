// Where circuits stand, and the hand that goes round them.
#include "breaker/registry/places.hpp"

#include <new>

#include "breaker/registry/house.hpp"
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
