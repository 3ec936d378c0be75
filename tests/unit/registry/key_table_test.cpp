// KeyTable: where the search for a key begins. The rest is tested through the registry.
#include "breaker/registry/key_table.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "breaker/registry/key_hash.hpp"
#include "support/catch.hpp"

using breaker::detail::Entry;
using breaker::detail::first_slot;
using breaker::detail::KeyHash;

TEST_CASE("a search begins anywhere in the table, from its first slot to its last") {
  for (const std::size_t slots : {2U, 6U, 1'000'000'000U}) {
    CAPTURE(slots);
    CHECK(first_slot(0, slots) == 0);
    CHECK(first_slot(std::uint64_t{1} << 63, slots) == slots / 2);
    CHECK(first_slot(~std::uint64_t{0}, slots) == slots - 1);
  }
}

TEST_CASE("half as many keys as slots meet in no slot more often than chance would have it") {
  constexpr std::size_t slots = 20'000;
  const KeyHash hash{1};
  std::vector<int> keys(slots);
  for (std::size_t i = 0; i < slots / 2; ++i)
    ++keys[first_slot(hash("host-" + std::to_string(i)), slots)];

  CHECK(*std::max_element(keys.begin(), keys.end()) <= 8);
  // Of slots / 2 keys that are thrown at random, 1 - e^(-1/2) of the slots are hit: 39.3 %.
  CHECK(std::count_if(keys.begin(), keys.end(), [](int n) { return n > 0; }) > 7'700);
}

TEST_CASE("an entry takes its own size and the key's bytes") {
  CHECK(Entry<int>::bytes_for("") == sizeof(Entry<int>));
  CHECK(Entry<int>::bytes_for("host") == sizeof(Entry<int>) + 4);
}
