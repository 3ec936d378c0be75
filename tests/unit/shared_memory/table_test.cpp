// Where keys find their places.
#include "breaker/shared_memory/table.hpp"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace breaker::detail;

namespace {

class Slot {
 public:
  SharedKey& key() noexcept { return key_; }

 private:
  SharedKey key_;
};

/// A table in this process's own memory.
struct Table {
  explicit Table(std::uint32_t capacity)
      : head{made(capacity)},
        tags{std::make_unique<SharedTable<Slot>::Tag[]>(head->label.slots)},
        slots{std::make_unique<Slot[]>(head->label.slots)} {}

  static std::unique_ptr<SharedHead> made(std::uint32_t capacity) {
    auto head = std::make_unique<SharedHead>();
    head->label.capacity = capacity;
    head->label.slots = shared_slots(capacity);
    head->label.hash_seed = 7;
    return head;
  }

  [[nodiscard]] SharedTable<Slot> table() const { return {*head, tags.get(), slots.get()}; }
  Slot* of(const std::string& key) const { return table().make(key); }
  Slot* find(const std::string& key) const { return table().find(key); }

  std::unique_ptr<SharedHead> head;
  std::unique_ptr<SharedTable<Slot>::Tag[]> tags;
  std::unique_ptr<Slot[]> slots;
};

}  // namespace

TEST_CASE("a table has a prime number of slots, a quarter more than keys") {
  CHECK(shared_slots(1) == 3);
  CHECK(shared_slots(2) == 5);
  CHECK(shared_slots(1000) == 1259);
  CHECK(shared_slots(10'000'000) == 12'500'003);
}

TEST_CASE("as many keys as the capacity get a place of their own, and no more, whatever they are") {
  for (const std::uint32_t capacity : {1U, 2U, 3U, 5U, 50U, 1000U}) {
    const Table t{capacity};
    std::vector<Slot*> places;
    for (std::uint32_t i = 0; i < capacity; ++i) {
      places.push_back(t.of("host" + std::to_string(i) + ".example"));
      REQUIRE(places.back() != nullptr);
    }
    CHECK(t.of("one more") == nullptr);
    CHECK(t.find("one more") == nullptr);
    for (std::uint32_t i = 0; i < capacity; ++i) {
      const std::string key = "host" + std::to_string(i) + ".example";
      CHECK(t.of(key) == places[i]);
      CHECK(t.find(key) == places[i]);
      CHECK(places[i]->key().text() == key);
    }
    CHECK(t.head->made.load() == capacity);
  }
}

TEST_CASE("a table of which every slot is damaged has no room, and no key") {
  const Table t{10};
  for (std::uint32_t i = 0; i < t.head->label.slots; ++i) t.tags[i].store(99);

  CHECK(t.find("payments") == nullptr);
  CHECK(t.of("payments") == nullptr);
}

TEST_CASE("finding makes nothing") {
  const Table t{10};
  CHECK(t.find("payments") == nullptr);
  CHECK(t.head->made.load() == 0);
  Slot* const made = t.of("payments");
  CHECK(t.find("payments") == made);
  CHECK(t.find("payment") == nullptr);
}

TEST_CASE("a key that a dead process began is completed by who wants it, without a further place") {
  for (const std::size_t words : {0U, 1U, 2U}) {
    const Table t{2};
    Slot* const place = t.of("payments.example");
    // As if it had died after so many words.
    std::memset(reinterpret_cast<char*>(place) + 8 * words, 0, 64 - 8 * words);

    CHECK(t.find("payments.example") == nullptr);
    CHECK(t.of("payments.example") == place);

    CHECK(place->key().text() == "payments.example");
    CHECK(t.head->made.load() == 1);
    CHECK(t.of("two") != nullptr);
    CHECK(t.of("three") == nullptr);
  }
}

TEST_CASE("keys of one hash have places of their own") {
  const Table t{5};
  Slot* const one = t.of("one");
  // As if the key that stands there had the hash of the one that is asked for.
  for (std::uint32_t i = 0; i < t.head->label.slots; ++i) {
    if (&t.slots[i] != one) continue;
    const auto hash = t.tags[i].load();
    std::memset(static_cast<void*>(one), 0, 64);
    REQUIRE(one->key().complete("another"));
    CHECK(t.tags[i].load() == hash);
  }

  CHECK(t.find("one") == nullptr);
  Slot* const second = t.of("one");

  REQUIRE(second != nullptr);
  CHECK(second != one);
  CHECK(second->key().text() == "one");
  CHECK(t.find("one") == second);
  CHECK(one->key().text() == "another");
}

TEST_CASE("a process that died before it counted its key leaves room for one key more") {
  const Table t{2};
  CHECK(t.of("one") != nullptr);
  t.head->made.store(0);

  CHECK(t.of("two") != nullptr);
  CHECK(t.of("three") != nullptr);
  CHECK(t.of("four") == nullptr);
  CHECK(t.of("one") == t.find("one"));
}
