// Threads that look up, make, erase, evict, sweep, reconfigure and walk the same registry: one circuit for a
// key, none lost, and nobody acts for another key.
#include "breaker/registry.hpp"

#include <atomic>
#include <chrono>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

/// Every fifth key is too long for a label.
std::string key_of(unsigned number) {
  std::string key = (number % 2 == 0 ? "well-" : "sick-") + std::to_string(number);
  if (number % 5 == 0) key += std::string(40 + number, 'x');
  return key;
}

bool is_whole(std::string_view key, unsigned keys) {
  const auto number = static_cast<unsigned>(std::atoi(std::string{key.substr(5, 2)}.c_str()));
  return number < keys && key == key_of(number);
}

/// What threads do with keys of which every other one always fails.
class Tenants {
 public:
  static constexpr unsigned keys = 40;

  Tenants(int capacity, int rounds)
      : circuits_{{.capacity = capacity, .config = {.open_for = 1h}}, ConsecutiveFailures{1}},
        rounds_{rounds} {}

  void drive(Random random) {
    std::vector<Handle<>> handles;
    for (unsigned i = 0; i < 4; ++i) handles.push_back(circuits_.handle(key_of(draw(random))));
    std::vector<std::pair<unsigned, Registry<>::Permit>> held;
    for (int round = 0; round < rounds_; ++round) {
      const unsigned number = draw(random);
      switch (random.below(16)) {
        case 0: circuits_.erase(key_of(number)); break;
        case 1:
          if (round % 64 == 0) circuits_.sweep();
          break;
        case 2:
          if (round % 16 == 0) walk();
          break;
        case 3:
          if (round % 128 == 0)
            circuits_.reconfigure(
                {.capacity = static_cast<int>(circuits_.capacity()),
                 .config = {.open_for = std::chrono::hours{1 + random.below(3)}}});
          break;
        case 4:
          if (round % 256 == 0) handles[number % 4] = circuits_.handle(key_of(number));
          break;
        case 5:
        case 6: held.emplace_back(number, circuits_.of(key_of(number)).try_acquire()); break;
        case 7:
          if (!held.empty()) {
            held.front().second.settle(verdict_on(held.front().first));
            held.erase(held.begin());
          }
          break;
        case 8:
        case 9:
        case 10: {
          const auto& handle = handles[number % 4];
          use(handle.key(), handle.try_acquire());
          break;
        }
        default: {
          const std::string key = key_of(number);
          use(key, circuits_.of(key).try_acquire());
        }
      }
      if (held.size() > 8) held.erase(held.begin());
    }
  }

  void check_at_rest() {
    std::set<std::string> seen;
    circuits_.for_each([&](std::string_view key, const auto&) { seen.emplace(key); });
    CHECK(refused_well == 0);
    CHECK(torn == 0);
    CHECK(seen.size() == circuits_.size());  // no key twice
    CHECK(circuits_.size() <= circuits_.capacity());
    CHECK(circuits_.late() > 0);
  }

  [[nodiscard]] auto& circuits() { return circuits_; }

  std::atomic<int> refused_well = 0;  // the circuit of a key that always answers well refused
  std::atomic<int> torn = 0;

 private:
  static unsigned draw(Random& random) { return static_cast<unsigned>(random.below(keys)); }
  static Verdict verdict_on(unsigned number) {
    return number % 2 == 0 ? Verdict::success : Verdict::failure;
  }
  void use(std::string_view key, Registry<>::Permit permit) {
    const bool is_well = key.starts_with("well");
    if (is_well && !permit) ++refused_well;
    permit.settle(is_well ? Verdict::success : Verdict::failure);
  }
  void walk() {
    circuits_.for_each([&](std::string_view key, const auto& circuit) {
      if (!is_whole(key, keys)) ++torn;
      if (key.starts_with("well") && circuit.state() != State::closed) ++refused_well;
    });
  }

  Registry<> circuits_;
  const int rounds_;
};

#if defined(BREAKER_LONG_RUN)
constexpr int rounds = 20'000'000;
#else
constexpr int rounds = 120'000;
#endif

}  // namespace

TEST_CASE("threads that race for a new key get the same circuit") {
  constexpr int threads = 4;
  constexpr int keys = 3000;
  Registry circuits{{.capacity = keys}};

  race(threads, [&](int) {
    for (int i = 0; i < keys; ++i) circuits.of("key" + std::to_string(i)).force_open();
  });

  CHECK(circuits.size() == keys);
  CHECK(circuits.made() == keys);
  CHECK(circuits.summary().forced_open == keys);
  CHECK(circuits.summary().transitions == keys);
  CHECK(circuits.overflowed() + circuits.evicted() == 0);
}

TEST_CASE("threads that race for the last places make exactly as many as there are") {
  constexpr int threads = 4;
  for (int round = 0; round < 500; ++round) {
    Registry circuits{{.capacity = 2, .when_full = WhenFull::overflow}};

    race(threads, [&](int number) {
      circuits.of(std::string(1, static_cast<char>('a' + number))).force_open();
    });

    REQUIRE(circuits.made() == 2);
    REQUIRE(circuits.overflowed() >= threads - 2);
    REQUIRE(circuits.summary().forced_open == 2);
  }
}

TEST_CASE("nobody acts for another key while keys come and go") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  Tenants tenants{50, rounds / crew.threads};

  race(crew, [&](int number) { tenants.drive(Random{number}); });

  tenants.check_at_rest();
  CHECK(tenants.circuits().evicted() == 0);
}

TEST_CASE("nobody acts for another key while circuits are evicted") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  // Outages never go: half of the places are for them.
  Tenants tenants{24, rounds / crew.threads};

  race(crew, [&](int number) { tenants.drive(Random{number}); });

  tenants.check_at_rest();
  CHECK(tenants.circuits().evicted() > 0);
}

TEST_CASE("a handle that threads share is the key's circuit for all of them") {
  Registry circuits{{.capacity = 2, .config = {.open_for = 1h}}, ConsecutiveFailures{1}};
  const auto well = circuits.handle("well");
  const auto sick = circuits.handle("sick");
  std::atomic<int> refused = 0;

  race(4, [&](int number) {
    for (int round = 0; round < rounds / 8; ++round) {
      if (number == 0) circuits.erase(round % 2 == 0 ? "well" : "sick");
      refused += well.call([] { return 0; }, 1);
      static_cast<void>(sick.try_acquire().failure());
    }
  });

  CHECK(refused == 0);
  CHECK(circuits.size() <= 2);
}

TEST_CASE("of circuits that trip at once as many open as may be out") {
  constexpr int threads = 4;
  ManualClock clock;
  Registry circuits{
      {.capacity = threads, .config = {.open_for = 2000h}, .at_most_open = percent(25)},
      clock,
      ConsecutiveFailures{1}};
  for (int i = 0; i < threads; ++i) circuits.of(std::to_string(i));
  Barrier all{threads};
  int wrong = 0;

  race(threads, [&](int number) {
    const auto own = circuits.handle(std::to_string(number));
    for (int round = 0; round < rounds / 40; ++round) {
      all.arrive_and_wait();
      static_cast<void>(own.try_acquire().failure());
      all.arrive_and_wait();
      if (number == 0) {
        if (circuits.summary().open != 1) ++wrong;
        clock.advance(1s);  // or all pause because one was held back
      }
      all.arrive_and_wait();
      own.reset();
    }
  });

  CHECK(wrong == 0);
  CHECK(circuits.held_back() > 0);
}

TEST_CASE("summed totals never fall, whoever is erased meanwhile") {
  Registry circuits{{.capacity = 20}, ConsecutiveFailures{1}};
  std::atomic<int> fell = 0;

  race(3, [&](int number) {
    std::uint64_t last = 0;
    for (int round = 0; round < rounds / 40; ++round) {
      const std::string key = std::to_string(round % 16);
      if (number == 0) {
        circuits.of(key).try_acquire().failure();
      } else if (number == 1) {
        circuits.erase(key);
      } else {
        const std::uint64_t now = circuits.summary().transitions;
        if (now < last) ++fell;
        last = now;
      }
    }
  });

  CHECK(fell == 0);
}
