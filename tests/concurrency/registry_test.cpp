// Threads that look up, make, erase and walk the same registry: one circuit for a key, none lost,
// none seen half made.
#include "breaker/registry.hpp"

#include <atomic>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "breaker/breaker.hpp"
#include "concurrency/barrier.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;

namespace {

/// What a thread that sees a circuit half made would notice.
struct Named {
  explicit Named(std::string_view key, std::atomic<int>& count) : name{key}, alive{count} {
    ++alive;
  }
  Named(const Named&) = delete;
  ~Named() { --alive; }

  std::string name;
  std::atomic<int>& alive;
};

auto make_named(std::atomic<int>& alive) {
  return [&alive](std::string_view key, const Config&) { return Named{key, alive}; };
}

}  // namespace

TEST_CASE("threads that race for a new key get the same circuit, and one is left") {
  constexpr int threads = 4;
  constexpr int keys = 3000;
  std::atomic<int> alive = 0;
  Registry things{{.capacity = keys}, make_named(alive)};
  std::vector<std::vector<Named*>> seen(threads, std::vector<Named*>(keys));

  race(threads, [&](int number) {
    for (std::size_t i = 0; i < keys; ++i)
      seen[static_cast<std::size_t>(number)][i] = &things.of("key" + std::to_string(i));
  });

  for (int number = 1; number < threads; ++number)
    CHECK(seen[static_cast<std::size_t>(number)] == seen[0]);
  CHECK(std::set<Named*>(seen[0].begin(), seen[0].end()).size() == keys);
  CHECK(things.overflowed() ==
        0);  // who lost a race for the last place still got the key's circuit
  CHECK(alive == keys + 1);
}

TEST_CASE("threads that race for the last places make exactly as many as there are") {
  constexpr int threads = 4;
  constexpr int rounds = 500;
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> alive = 0;
    Registry things{{.capacity = 2}, make_named(alive)};
    std::atomic<int> overflowed = 0;

    race(threads, [&](int number) {
      const std::string key(1, static_cast<char>('a' + number));
      if (&things.of(key) == &things.overflow()) ++overflowed;
    });

    REQUIRE(things.made() == 2);
    REQUIRE(overflowed == threads - 2);
    REQUIRE(things.overflowed() == threads - 2);
    REQUIRE(alive == 3);
  }
}

TEST_CASE("makers, erasers and walkers meet") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  const int rounds = 80'000 / crew.threads;
  std::atomic<int> alive = 0;
  Registry things{{.capacity = 20'000}, make_named(alive)};
  std::atomic<int> wrong = 0;

  race(crew, [&](int number) {
    Random random{number};
    for (int round = 0; round < rounds; ++round) {
      const std::string key = std::to_string(random.below(50));
      switch (random.below(8)) {
        case 0: things.erase(key); break;
        case 1:
          if (round % 16 == 0)
            things.for_each([&](std::string_view name, const Named& thing) {
              if (thing.name != name) ++wrong;
            });
          break;
        case 2: {
          const Named* const thing = things.find(key);
          if (thing != nullptr && thing->name != key) ++wrong;
          break;
        }
        default: {
          const Named& thing = things.of(key);
          if (thing.name != key && &thing != &things.overflow()) ++wrong;
        }
      }
    }
  });

  std::set<std::string_view> keys;
  things.for_each([&](std::string_view key, const Named&) { keys.insert(key); });
  CHECK(wrong == 0);
  CHECK(keys.size() == things.size());  // no key twice
  CHECK(static_cast<std::size_t>(alive) == things.made() + 1);
}

TEST_CASE("a factory that sometimes throws loses no key and no place in a race") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  constexpr int keys = 500;
  std::atomic<int> alive = 0;
  std::atomic<int> calls = 0;
  Registry things{{.capacity = keys}, [&](std::string_view key, const Config&) {
                    if (calls++ % 3 == 1) throw std::runtime_error{"not now"};
                    return Named{key, alive};
                  }};

  race(crew, [&](int) {
    for (int i = 0; i < keys; ++i) {
      for (bool done = false; !done;) {
        try {
          things.of(std::to_string(i));
          done = true;
        } catch (const std::runtime_error&) {
        }
      }
    }
  });

  CHECK(things.size() == keys);
  CHECK(things.overflowed() == 0);
  CHECK(alive == keys + 1);
}

TEST_CASE("nobody waits for a factory that takes its time") {
  Barrier in_factory{2};
  Barrier out_of_factory{2};
  std::atomic<int> alive = 0;
  Registry things{{.capacity = 10}, [&](std::string_view key, const Config&) {
                    if (key == "slow") {
                      in_factory.arrive_and_wait();
                      out_of_factory.arrive_and_wait();
                    }
                    return Named{key, alive};
                  }};
  things.of("there");

  race(2, [&](int number) {
    if (number == 0) {
      things.of("slow");
      return;
    }
    in_factory.arrive_and_wait();  // the factory is running, and stays until we are through
    things.of("there");
    things.of("new");
    things.erase("there");
    out_of_factory.arrive_and_wait();
  });

  CHECK(things.size() == 2);
}

TEST_CASE("permits of a circuit that is erased under their feet settle where they came from") {
  constexpr int threads = 4;
  constexpr int rounds = 4000;
  using Circuit = CircuitBreaker<SteadyClock, ConsecutiveFailures, DefaultClassifier, Counters<1>>;
  Registry circuits{{.capacity = 2000}, [](std::string_view, const Config& config) {
                      return Circuit{config, ConsecutiveFailures{1'000'000}};
                    }};
  std::atomic<std::uint64_t> settled = 0;
  std::vector<std::vector<Circuit*>> used(threads);

  race(threads, [&](int number) {
    for (int round = 0; round < rounds; ++round) {
      Circuit& circuit = circuits.of("key");
      auto permit = circuit.try_acquire();
      if (number == 0 && round % 8 == 0) circuits.erase("key");
      if (permit.success() == Settled::counted) ++settled;
      used[static_cast<std::size_t>(number)].push_back(&circuit);
    }
  });

  std::set<Circuit*> all;
  for (const auto& of_one : used) all.insert(of_one.begin(), of_one.end());
  std::uint64_t succeeded = 0;
  for (const Circuit* circuit : all) succeeded += circuit->listener().totals().succeeded;
  CHECK(settled == threads * rounds);
  CHECK(succeeded == settled);
}
