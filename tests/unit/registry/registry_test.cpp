#include "breaker/registry.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

/// Stands in for a circuit: says what it was made with, and counts how many are alive. It can't be
/// moved.
class Thing {
 public:
  Thing(std::string_view key, const Config& config, int& alive)
      : key_{key}, probes_{config.probes}, alive_{alive} {
    ++alive_;
  }
  Thing(const Thing&) = delete;
  ~Thing() { --alive_; }

  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] int probes() const { return probes_; }

 private:
  std::string key_;
  int probes_;
  int& alive_;
};

/// Stands in for a circuit whose parts have destructors of their own: the first that is destroyed
/// runs what a test wants.
class Ending {
 public:
  explicit Ending(std::function<void()>& at_end) : at_end_{at_end} {}
  Ending(const Ending&) = delete;
  ~Ending() {
    if (at_end_) std::exchange(at_end_, nullptr)();
  }

 private:
  std::function<void()>& at_end_;
};

auto make_thing(int& alive) {
  return [&alive](std::string_view key, const Config& config) { return Thing{key, config, alive}; };
}

std::vector<std::string> keys_of(const auto& registry) {
  std::vector<std::string> keys;
  registry.for_each([&](std::string_view key, const auto&) { keys.emplace_back(key); });
  return keys;
}

}  // namespace

TEST_CASE("a key has one circuit, made when it is first asked for") {
  Registry circuits{{.capacity = 10}};

  auto& a = circuits.of("a.example");
  auto& b = circuits.of("b.example");

  CHECK(&a != &b);
  CHECK(&circuits.of(std::string{"a.example"}) == &a);
  CHECK(circuits.size() == 2);
}

TEST_CASE("one bad endpoint opens its own circuit and no other") {
  Registry circuits{{.capacity = 10}, [](std::string_view, const Config& config) {
                      return CircuitBreaker{config, ConsecutiveFailures{1}};
                    }};

  circuits.of("bad.example").try_acquire().failure();
  circuits.of("good.example").try_acquire().success();

  CHECK(circuits.of("bad.example").state() == State::open);
  CHECK(circuits.of("good.example").state() == State::closed);
}

TEST_CASE("find makes nothing") {
  Registry circuits{{.capacity = 10}};
  auto& a = circuits.of("a");

  CHECK(circuits.find("a") == &a);
  CHECK(std::as_const(circuits).find("a") == &a);
  CHECK(circuits.find("b") == nullptr);
  CHECK(circuits.made() == 1);
}

TEST_CASE("keys are bytes: empty, long, with a zero inside, one the beginning of another") {
  const std::string text = std::string("a\0b", 3) + std::string(10'000, 'x');
  Registry circuits{{.capacity = 20'000}};
  std::vector<NamedCircuit*> made;
  for (std::size_t length = 0; length <= text.size(); length += 1 + length / 4)
    made.push_back(&circuits.of(text.substr(0, length)));

  std::size_t i = 0;
  for (std::size_t length = 0; length <= text.size(); length += 1 + length / 4, ++i)
    CHECK(&circuits.of(text.substr(0, length)) == made[i]);
  CHECK(circuits.size() == made.size());
}

TEST_CASE("a circuit is named by its key, unless its type has no name") {
  Registry circuits{{.capacity = 1}};
  Registry<CircuitBreaker<>> unnamed{{.capacity = 1}};

  CHECK(circuits.of("payments").name() == "payments");
  CHECK(circuits.overflow().name() == "(overflow)");
  CHECK(unnamed.of("payments").name().empty());
}

TEST_CASE("a key that is no text is the empty one") {
  Registry circuits{{.capacity = 4}};  // the sanitizer of undefined behaviour looks on

  CHECK(&circuits.of(std::string_view{}) == &circuits.of(""));
  CHECK(circuits.find(std::string_view{}) == circuits.find(""));
}

TEST_CASE("long keys beside short ones are found again, told apart and kept whole") {
  int alive = 0;
  Registry things{{.capacity = 20}, make_thing(alive)};
  std::vector<std::string> keys;
  for (const std::size_t length : {4'000U, 5'000U, 10'000U, 100'000U}) {
    const std::string middle(length, 'x');
    for (const char* end : {"a", "b"}) keys.push_back(middle + end);
    for (const char* begin : {"a", "b"}) keys.push_back(begin + middle);
    keys.push_back(std::to_string(length));
  }

  for (const std::string& key : keys) things.of(key);

  int right = 0;
  for (const std::string& key : keys) right += things.of(key).key() == key ? 1 : 0;
  CHECK(right == 20);
  CHECK(things.made() == 20);
  CHECK((keys_of(things) == keys));  // in brackets: not to be printed
}

TEST_CASE("the caller's key may go away") {
  Registry circuits{{.capacity = 10}};
  auto key = std::make_unique<std::string>("a key that is too long to be kept inside a string");
  auto& circuit = circuits.of(*key);
  key->assign(key->size(), '#');
  key.reset();

  CHECK(&circuits.of("a key that is too long to be kept inside a string") == &circuit);
}

TEST_CASE("every key is found again in a registry that is filled to the brim") {
  constexpr int capacity = 5000;
  int alive = 0;
  Registry things{{.capacity = capacity}, make_thing(alive)};
  for (int i = 0; i < capacity; ++i) things.of(std::to_string(i));

  int right = 0;
  for (int i = 0; i < capacity; ++i) {
    right += things.of(std::to_string(i)).key() == std::to_string(i) ? 1 : 0;
  }

  CHECK(right == capacity);
  CHECK(things.overflowed() == 0);
}

TEST_CASE("two keys whose hashes agree in all that is compared are told apart") {
  const detail::KeyHash hash{1};
  std::map<std::uint64_t, std::string> seen;
  std::pair<std::string, std::string> twins;
  for (int i = 0; twins.first.empty(); ++i) {
    std::string key = "host-" + std::to_string(i);
    constexpr std::uint64_t first_of_four = std::uint64_t{3} << 62;  // what chooses the slot here
    const auto [other, is_new] = seen.emplace(hash(key) & (first_of_four | 0xffff'ffff), key);
    if (!is_new && key.size() == other->second.size()) twins = {other->second, std::move(key)};
  }
  Registry circuits{{.capacity = 2, .seed = 1}};

  CHECK(&circuits.of(twins.first) != &circuits.of(twins.second));
}

TEST_CASE("memory for circuits is taken as they are made, not for the whole capacity") {
  struct Large {
    char bytes[1 << 20];
  };
  Registry<Large> larges{{.capacity = 1'000'000},
                         [](std::string_view, const Config&) { return Large{}; }};

  larges.of("a").bytes[0] = 'a';  // a terabyte is not there

  CHECK(larges.size() == 1);
}

TEST_CASE("a registry is made for ten thousand circuits, unless told otherwise") {
  CHECK(Registry<>{}.capacity() == 10'000);
}

// ---- full

TEST_CASE(
    "when the capacity is used up, new keys share the overflow circuit, and that is counted") {
  Registry circuits{{.capacity = 2}};
  auto& a = circuits.of("a");
  circuits.of("b");

  auto& c = circuits.of("c");
  auto& d = circuits.of("d");

  CHECK(&c == &circuits.overflow());
  CHECK(&d == &circuits.overflow());
  CHECK(circuits.overflowed() == 2);
  CHECK(&circuits.of("a") == &a);  // those that are there stay
  CHECK(circuits.size() == 2);
  CHECK(circuits.find("c") == nullptr);
}

TEST_CASE("the overflow circuit has a key and a config of its own") {
  int alive = 0;
  Registry things{{.capacity = 1, .for_key = {{"others", {.probes = 5}}}, .overflow_key = "others"},
                  make_thing(alive)};

  CHECK(things.overflow().key() == "others");
  CHECK(things.overflow().probes() == 5);
  CHECK(&things.of("others") == &things.overflow());
  CHECK(things.find("others") == &things.overflow());
  CHECK(things.overflowed() == 0);  // that was no overflow
  CHECK(things.size() == 0);
}

// ---- the factory

TEST_CASE("a factory that throws leaves nothing behind") {
  int alive = 0;
  bool fails = false;
  Registry things{{.capacity = 1}, [&](std::string_view key, const Config& config) {
                    if (fails) throw std::runtime_error{"no"};
                    return Thing{key, config, alive};
                  }};
  fails = true;
  for (int i = 0; i < 100; ++i) CHECK_THROWS_AS(things.of("a"), std::runtime_error);
  CHECK(things.find("a") == nullptr);
  CHECK(things.size() == 0);
  CHECK(alive == 1);  // the overflow circuit
  fails = false;

  CHECK(things.of("a").key() == "a");
  CHECK(things.overflowed() == 0);
}

TEST_CASE("a factory may ask the registry for other keys") {
  int alive = 0;
  Registry<Thing>* self = nullptr;
  Registry things{{.capacity = 10}, [&](std::string_view key, const Config& config) {
                    if (key == "child") self->of("parent");
                    return Thing{key, config, alive};
                  }};
  self = &things;

  CHECK(things.of("child").key() == "child");
  CHECK(keys_of(things) == std::vector<std::string>{"parent", "child"});
}

TEST_CASE("a factory that makes its own key meanwhile gives way to the one that is there") {
  int alive = 0;
  int calls = 0;
  Registry<Thing>* self = nullptr;
  Thing* inner = nullptr;
  Registry things{{.capacity = 10}, [&](std::string_view key, const Config& config) {
                    if (key == "a" && ++calls == 1) inner = &self->of("a");
                    return Thing{key, config, alive};
                  }};
  self = &things;

  Thing& outer = things.of("a");

  CHECK(&outer == inner);
  CHECK(calls == 2);
  CHECK(alive == 2);  // it and the overflow circuit: the one that came second is gone
  CHECK(things.size() == 1);
}

TEST_CASE("the place of a circuit that gave way is used for the next one") {
  static std::vector<const void*> places;  // in the order in which circuits were made
  struct Placed {
    Placed() { places.push_back(this); }
    Placed(const Placed&) = delete;
  };
  places.clear();
  int calls = 0;
  Registry<Placed>* self = nullptr;
  Registry registry{{.capacity = 10}, [&](std::string_view key, const Config&) {
                      if (key == "a" && ++calls == 1) self->of("a");
                      return Placed{};
                    }};
  self = &registry;

  registry.of("a");  // makes the overflow circuit, "a", and another "a" that gives way
  registry.of("b");

  REQUIRE(places.size() == 4);
  CHECK(places[3] == places[2]);
}

TEST_CASE("a circuit that gave way is destroyed without a lock: it may use the registry") {
  std::function<void()> at_end;
  std::future<bool> erased;
  bool was_in_time = false;
  int calls = 0;
  Registry<Ending>* self = nullptr;
  Registry registry{{.capacity = 10}, [&](std::string_view key, const Config&) {
                      if (key == "a" && ++calls == 1) self->of("a");
                      return Ending{at_end};
                    }};
  self = &registry;
  registry.of("old");
  at_end = [&] {  // by another thread: if a lock is held, this fails instead of waiting for ever
    erased = std::async(std::launch::async, [&] { return registry.erase("old"); });
    was_in_time = erased.wait_for(5s) == std::future_status::ready;
  };

  registry.of("a");  // makes one, and another that gives way

  CHECK(was_in_time);
  CHECK(erased.get());
}

TEST_CASE("everything that was made is destroyed with the registry, once") {
  int alive = 0;
  {
    Registry things{{.capacity = 100}, make_thing(alive)};
    for (int i = 0; i < 200; ++i) things.of(std::to_string(i));
    things.erase("7");
    CHECK(alive == 101);
  }

  CHECK(alive == 0);
}

// ---- configs

TEST_CASE("an exact key's config goes before the longest prefix's, and that before the rest") {
  int alive = 0;
  Registry things{{.capacity = 10,
                   .config = {.probes = 1},
                   .for_key = {{"batch.eu.slow", {.probes = 4}}},
                   .for_prefix = {{"batch.", {.probes = 2}},
                                  {"batch.eu.", {.probes = 3}},
                                  {"batch.eu", {.probes = 9}}}},
                  make_thing(alive)};

  CHECK(things.of("web").probes() == 1);
  CHECK(things.of("batch").probes() == 1);
  CHECK(things.of("batch.us").probes() == 2);
  CHECK(things.of("batch.eu.fast").probes() == 3);
  CHECK(things.of("batch.eu.slow").probes() == 4);
}

TEST_CASE("of two configs for the same key, or for the same prefix, the first counts") {
  int alive = 0;
  Registry things{{.capacity = 10,
                   .for_key = {{"a", {.probes = 1}}, {"a", {.probes = 2}}},
                   .for_prefix = {{"b", {.probes = 3}}, {"b", {.probes = 4}}}},
                  make_thing(alive)};

  CHECK(things.of("a").probes() == 1);
  CHECK(things.of("bc").probes() == 3);
}

TEST_CASE("a setting out of its range is refused by name, before anything is made") {
  int calls = 0;
  const auto field_refused = [&](RegistrySettings settings) -> std::string {
    try {
      const Registry registry{std::move(settings), [&](std::string_view, const Config& config) {
                                ++calls;
                                return CircuitBreaker{config};
                              }};
    } catch (const ConfigError& error) {
      return error.field();
    }
    return "none";
  };

  CHECK(field_refused({.capacity = 0}) == "RegistrySettings.capacity");
  CHECK(field_refused({.capacity = 1'000'000'001}) == "RegistrySettings.capacity");
  CHECK(field_refused({.config = {.probes = 0}}) == "Config.probes");
  CHECK(field_refused({.capacity = 1'000'000'000, .config = {.probes = 0}}) == "Config.probes");
  CHECK(field_refused({.for_key = {{"a", {.probes = 64}}}}) == "Config.probes");
  CHECK(field_refused({.for_prefix = {{"a", {.open_for = 0s}}}}) == "Config.open_for");
  CHECK(calls == 0);
}

// ---- erase, for_each

TEST_CASE("an erased key gets a new circuit; the old one stays good for those who hold it") {
  ManualClock clock;
  Registry circuits{{.capacity = 10}, [&](std::string_view, const Config& config) {
                      return CircuitBreaker{config, ConsecutiveFailures{1}, clock};
                    }};
  auto& old = circuits.of("a");
  auto permit = old.try_acquire();

  CHECK(circuits.erase("a"));
  CHECK_FALSE(circuits.erase("a"));
  CHECK(circuits.find("a") == nullptr);
  auto& fresh = circuits.of("a");

  CHECK(&fresh != &old);
  CHECK(permit.failure() == Settled::counted);
  CHECK(old.state() == State::open);
  CHECK(fresh.state() == State::closed);
  CHECK(&circuits.of("a") == &fresh);
}

TEST_CASE("an erased circuit keeps its place in the capacity") {
  Registry circuits{{.capacity = 3}};
  circuits.of("a");
  circuits.erase("a");
  circuits.of("a");
  circuits.erase("a");
  circuits.of("a");

  CHECK(circuits.size() == 1);
  CHECK(circuits.made() == 3);
  CHECK(&circuits.of("b") == &circuits.overflow());
  CHECK(&circuits.of("a") != &circuits.overflow());
}

TEST_CASE("keys that come and go don't hide each other") {
  int alive = 0;
  Registry things{{.capacity = 3000}, make_thing(alive)};
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 200; ++i) things.of(std::to_string(i));
    for (int i = round % 2; i < 200; i += 2) things.erase(std::to_string(i));
    for (int i = 0; i < 200; ++i) {
      const bool is_erased = i % 2 == round % 2;
      const Thing* const thing = things.find(std::to_string(i));
      REQUIRE((thing == nullptr) == is_erased);
      if (thing != nullptr) REQUIRE(thing->key() == std::to_string(i));
    }
  }
  CHECK(things.size() == 100);
}

TEST_CASE("for_each visits the circuits in the order in which they were made") {
  Registry circuits{{.capacity = 3}};
  for (const char* key : {"c", "a", "b", "too many"}) circuits.of(key);
  circuits.erase("a");

  CHECK(keys_of(circuits) == std::vector<std::string>{"c", "b"});
  circuits.for_each([](std::string_view, NamedCircuit& circuit) { circuit.force_open(); });
  CHECK(circuits.of("c").state() == State::forced_open);
}

TEST_CASE("a visitor may make and erase") {
  Registry circuits{{.capacity = 10}};
  circuits.of("a");
  circuits.of("b");
  std::vector<std::string> seen;

  circuits.for_each([&](std::string_view key, const auto&) {
    seen.emplace_back(key);
    circuits.erase("b");
    if (seen.size() < 5) circuits.of("more" + std::to_string(seen.size()));
  });

  CHECK(seen == std::vector<std::string>{"a", "more1", "more2", "more3", "more4"});
}

// ---- the seed

TEST_CASE("a seed that is given is the one, and unless one is, each registry draws its own") {
  CHECK(detail::seed_of({.seed = 1}) == 1);
  CHECK(detail::seed_of({.seed = 7}) == 7);
  CHECK(RegistrySettings{}.seed == 0);

  std::uint64_t ones = 0;  // bits that were 1 in any of a hundred
  std::uint64_t zeros = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t drawn = detail::seed_of({});
    ones |= drawn;
    zeros |= ~drawn;
  }
  CHECK(ones == ~std::uint64_t{0});
  CHECK(zeros == ~std::uint64_t{0});
}
