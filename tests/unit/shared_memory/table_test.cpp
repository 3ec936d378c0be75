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
      : head{made(capacity)}, slots{std::make_unique<Slot[]>(head->label.slots)} {}

  static std::unique_ptr<SharedHead> made(std::uint32_t capacity) {
    auto head = std::make_unique<SharedHead>();
    head->label.capacity = capacity;
    head->label.slots = shared_slots(capacity);
    head->label.hash_seed = 7;
    return head;
  }

  [[nodiscard]] SharedTable<Slot> table() const { return {*head, slots.get()}; }
  Slot* of(const std::string& key) const { return table().find_or_make(KeyWords{key}); }
  Slot* find(const std::string& key) const { return table().find(KeyWords{key}); }

  std::unique_ptr<SharedHead> head;
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

TEST_CASE("finding makes nothing") {
  const Table t{10};
  CHECK(t.find("payments") == nullptr);
  CHECK(t.head->made.load() == 0);
  Slot* const made = t.of("payments");
  CHECK(t.find("payments") == made);
  CHECK(t.find("payment") == nullptr);
}

TEST_CASE("a key that a dead process began is completed by who wants it, without a further place") {
  const Table t{2};
  const KeyWords words{"payments.example"};
  Slot* const place = t.of("payments.example");
  std::memset(reinterpret_cast<char*>(place) + 8, 0, 56);  // as if it had died after the first word

  CHECK(t.find("payments.example") == nullptr);
  CHECK(t.of("payments.example") == place);

  CHECK(place->key().text() == "payments.example");
  CHECK(t.head->made.load() == 1);
  CHECK(t.of("two") != nullptr);
  CHECK(t.of("three") == nullptr);
}

TEST_CASE("a process that died with a right to a place costs one place") {
  const Table t{2};
  t.head->made.fetch_add(1);

  CHECK(t.of("one") != nullptr);
  CHECK(t.of("two") == nullptr);
  CHECK(t.of("one") == t.find("one"));
}
