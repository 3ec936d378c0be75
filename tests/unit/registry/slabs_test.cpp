// Slabs: where the places lie, and which are used again.
#include "breaker/registry/slabs.hpp"

#include <cstddef>
#include <cstdint>

#include "support/catch.hpp"

using breaker::detail::Arena;
using breaker::detail::Places;

namespace {

struct Thing {
  alignas(64) char bytes[100];
};

bool is_aligned(const void* memory, std::size_t to) {
  return reinterpret_cast<std::uintptr_t>(memory) % to == 0;
}

std::ptrdiff_t distance(const void* from, const void* to) {
  return static_cast<const char*>(to) - static_cast<const char*>(from);
}

}  // namespace

TEST_CASE("places of one block lie side by side, aligned for what will stand there") {
  Places<Thing> places{3};
  void* const first = places.take();

  CHECK(is_aligned(first, alignof(Thing)));
  CHECK(distance(first, places.take()) == sizeof(Thing));
  CHECK(distance(first, places.take()) == 2 * sizeof(Thing));
}

TEST_CASE("a place that was given back is the next one to be taken") {
  Places<Thing> places{3};
  void* const first = places.take();
  void* const second = places.take();
  places.give_back(first);
  places.give_back(second);

  CHECK(places.take() == second);
  CHECK(places.take() == first);
  CHECK(distance(first, places.take()) == 2 * sizeof(Thing));
}

TEST_CASE("an arena rounds up to pointers, and wastes no more") {
  Arena arena;
  void* const first = arena.take(1);
  void* const second = arena.take(sizeof(void*));
  void* const third = arena.take(sizeof(void*) + 1);

  CHECK(is_aligned(first, alignof(void*)));
  CHECK(distance(first, second) == sizeof(void*));
  CHECK(distance(second, third) == sizeof(void*));
  CHECK(distance(third, arena.take(1)) == 2 * sizeof(void*));
}

TEST_CASE("an arena fills its block to the last byte before it begins another") {
  Arena arena;
  char* const first = static_cast<char*>(arena.take(sizeof(void*)));
  char* const rest = static_cast<char*>(arena.take(4096 - sizeof(void*)));

  CHECK(distance(first, rest) == sizeof(void*));
  rest[4096 - sizeof(void*) - 1] = 'x';
}

TEST_CASE("what is larger than a block gets one of its size") {
  Arena arena;
  char* const large = static_cast<char*>(arena.take(100'000));
  large[99'999] = 'x';  // a sanitizer looks

  CHECK(is_aligned(arena.take(1), alignof(void*)));
}
