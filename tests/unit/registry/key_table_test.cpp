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
using breaker::detail::KeyTable;

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

TEST_CASE("keys that differ in a single byte are told apart, however long, whatever their hash") {
  KeyTable<std::string> table{100};
  std::vector<std::string> keys{""};
  for (const std::size_t length : {1U, 16U, 4'096U, 5'000U, 100'000U}) {
    const std::string same(length - 1, 'x');
    for (const char other : {'a', 'b', 'c'}) keys.push_back(same + other);
    if (length > 1) keys.push_back('a' + same);
  }

  for (std::string& key : keys) table.insert(key, 7, key);

  for (const std::string& key : keys) {
    CAPTURE(key.size());
    const auto* const entry = table.find(key, 7);
    CHECK((entry != nullptr && &entry->value() == &key));
  }
  CHECK(table.find(std::string(5'000, 'x'), 7) == nullptr);
}

TEST_CASE("an entry takes its own size and the key's bytes") {
  CHECK(Entry<int>::bytes_for("") == sizeof(Entry<int>));
  CHECK(Entry<int>::bytes_for("host") == sizeof(Entry<int>) + 4);
}
