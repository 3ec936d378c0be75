// Scenarios: two processes make keys in one table.
#include "breaker/shared_memory/table.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::detail::SharedHead;
using breaker::detail::SharedKey;
using breaker::detail::SharedTable;

class Slot {
 public:
  SharedKey& key() noexcept { return key_; }

 private:
  SharedKey key_;
};

/// A table with room for two keys, which share their first word.
class Table {
 public:
  Table() {
    head_.label.capacity = 2;
    head_.label.slots = slots;
    head_.label.hash_seed = 7;
  }
  Slot* make(std::string_view key) { return table().make(key); }
  Slot* find(std::string_view key) { return table().find(key); }
  [[nodiscard]] unsigned made() const { return head_.made.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t slots = breaker::detail::shared_slots(2);

  SharedTable<Slot> table() { return {head_, tags_, slots_}; }

  SharedHead head_;
  SharedTable<Slot>::Tag tags_[slots]{};
  Slot slots_[slots];
};

void one_key_is_made_once(Run& run) {
  auto& table = run.make<Table>();
  auto& found = run.make<std::array<Slot*, 2>>();
  for (Slot*& slot : found) run.thread([&table, &slot] { slot = table.make("payments.a"); });
  run.finally([&run, &table, &found] {
    run.check(found[0] != nullptr && found[0] == found[1], "both have the same place");
    run.check(table.made() == 1, "one place is taken");
    run.check(table.find("payments.a") == found[0], "who comes later finds it");
  });
}

void two_keys_are_made(Run& run) {
  auto& table = run.make<Table>();
  for (const char* const key : {"payments.a", "payments.b"})
    run.thread([&table, key] { static_cast<void>(table.make(key)); });
  run.finally([&run, &table] {
    Slot* const a = table.find("payments.a");
    Slot* const b = table.find("payments.b");
    run.check(a != nullptr && b != nullptr && a != b, "each has a place of its own");
    run.check(table.made() == 2, "two places are taken");
  });
}

// Each finds the table full once the other's key is made, and its own.
void the_last_place_is_made_twice(Run& run) {
  auto& table = run.make<Table>();
  auto& found = run.make<std::array<Slot*, 2>>();
  table.make("payments.a");
  for (Slot*& slot : found) run.thread([&table, &slot] { slot = table.make("payments.b"); });
  run.finally([&run, &table, &found] {
    run.check(found[0] != nullptr && found[0] == found[1], "nobody is told that there is no room");
    run.check(table.made() == 2, "two places are taken");
  });
}

const Scenarios shared_table{
    {"two processes make one key", one_key_is_made_once},
    {"two processes make two keys", two_keys_are_made},
    {"two processes make the last key", the_last_place_is_made_twice},
};

}  // namespace

}  // namespace explore
