// Promise 8: no allocation after construction, no thread, no timer. Counts every way to allocate,
// in this program alone.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/policy/any_rule.hpp"
#include "breaker/registry.hpp"
#include "breaker/text/circuit.hpp"
#include "breaker/text/pairs.hpp"
#include "breaker/text/sentence.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"

namespace {

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

// A clock that allocates nothing, unlike ManualClock when it is made.
struct SharedTime {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SharedTime>;
  static constexpr bool is_steady = true;

  const detail::Atomic<std::int64_t>* time;

  time_point now() const noexcept { return time_point{duration{time->load()}}; }
};

// Everything that a circuit can be asked to do, through all of its states.
template <class Circuit>
void live(Circuit& circuit, detail::Atomic<std::int64_t>& time) {
  const auto advance = [&](std::chrono::nanoseconds by) { time.fetch_add(by.count()); };
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 300; ++i) {  // laps a window of a hundred
      circuit.call([] {});
      circuit.call([] { return 1; }, 2);
      if (i % 50 == 0) circuit.try_acquire().failure();
      circuit.try_acquire().ignore();
      advance(1ms);
    }
    for (int i = 0; i < 300 && circuit.state() == State::closed; ++i) {
      circuit.try_acquire().settle(Verdict::failure, 1s);
    }
    circuit.trip();
    circuit.call([] { return 1; },
                 [](const Rejection& rejection) { return int(rejection.reason); });
    circuit.call([] { return 1; }, [](const NoResult&) { return 2; });
    circuit.call([] {}, [] {});
    advance(10min);
    {
      const auto lost = circuit.try_acquire();
      advance(10min);
      circuit.try_acquire().failure();
    }
    advance(10min);
    for (int i = 0; i < 3; ++i) circuit.try_acquire().success();
    static_cast<void>(circuit.would_admit());
    static_cast<void>(circuit.snapshot());
    static_cast<void>(circuit.why());
    circuit.force_open();
    circuit.disable();
    circuit.call([] {});
    circuit.reset();
    circuit.trip(5s);
    circuit.reset();
  }
}

template <class Policy, class... Parts>
void check_that_nothing_allocates(Config config, const Policy& policy, Parts&&... parts) {
  detail::Atomic<std::int64_t> time{0};
  CircuitBreaker circuit{config, policy, SharedTime{&time}, std::forward<Parts>(parts)...};

  const int here = allocations_in([&] { live(circuit, time); });
  int in_a_new_thread = -1;
  std::thread{[&] { in_a_new_thread = allocations_in([&] { live(circuit, time); }); }}.join();

  CHECK(here == 0);
  CHECK(in_a_new_thread == 0);
  CHECK(circuit.snapshot().transitions > 20);  // it did live
}

// A policy of a user's: sequential, so that the library puts a lock around it.
struct ThreeInARow {
  struct Evidence {
    int failures = 0;
  };
  Standing record(Evidence& seen, const Outcome& outcome) const noexcept {
    seen.failures = outcome.verdict == Verdict::failure ? seen.failures + 1 : 0;
    return {.kind = seen.failures >= 3 ? Standing::Kind::at_limit : Standing::Kind::below};
  }
  bool operator==(const ThreeInARow&) const = default;
};

/// The threads of this program, by their numbers.
std::set<std::string> running_threads() {
  std::set<std::string> numbers;
  for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"})
    numbers.insert(task.path().filename().string());
  return numbers;
}

// Keeps a compiler from leaving an allocation out.
[[gnu::noinline]] void* keep(void* memory) {
  asm volatile("" : "+r"(memory));
  return memory;
}

}  // namespace

TEST_CASE("the count sees every way to allocate") {
  CHECK(allocations_in([] {}) == 0);
  CHECK(allocations_in([] { std::free(keep(std::malloc(8))); }) == 1);
  CHECK(allocations_in([] { std::free(keep(std::calloc(2, 8))); }) == 1);
  CHECK(allocations_in([] { std::free(keep(std::realloc(keep(std::malloc(8)), 800))); }) >= 2);
  CHECK(allocations_in([] { std::free(keep(std::aligned_alloc(64, 64))); }) == 1);
  CHECK(allocations_in([] { ::operator delete(keep(::operator new(8))); }) == 1);
  CHECK(allocations_in([] {
          ::operator delete(keep(::operator new(8, std::align_val_t{64})), std::align_val_t{64});
        }) == 1);
}

TEST_CASE("no policy that ships allocates, on no thread's first call either") {
  SECTION("cusum") {
    check_that_nothing_allocates({}, Cusum{{.normal = 20_percent,
                                            .bad = 80_percent,
                                            .calls_per_second = 1,
                                            .false_opening_every = 100s}});
  }
  SECTION("consecutive failures") { check_that_nothing_allocates({}, ConsecutiveFailures{3}); }
  SECTION("failure rate, last calls") {
    check_that_nothing_allocates({}, FailureRate{{.threshold = 50_percent}});
  }
  SECTION("failure rate, many last calls") {
    check_that_nothing_allocates({}, FailureRate{last_calls<10000>(), {.threshold = 50_percent}});
  }
  SECTION("failure rate, time window") {
    check_that_nothing_allocates({}, FailureRate{within(10s), {.threshold = 50_percent}});
  }
  SECTION("failure rate, striped time window") {
    check_that_nothing_allocates({}, FailureRate{within<20, 8>(10s), {.threshold = 50_percent}});
  }
  SECTION("failure count, last calls") {
    check_that_nothing_allocates({}, FailureCount{20, last_calls<100>()});
  }
  SECTION("failure count, time window") {
    check_that_nothing_allocates({}, FailureCount{20, within(10s)});
  }
  SECTION("slow calls") {
    check_that_nothing_allocates({}, SlowCallRate{{.slower_than = 1s, .threshold = 50_percent}});
  }
  SECTION("any of") {
    check_that_nothing_allocates(
        {}, any_of(ConsecutiveFailures{9}, FailureCount{20, within(10s)},
                   SlowCallRate{{.slower_than = 1s, .threshold = 50_percent}}));
  }
  SECTION("all of") {
    check_that_nothing_allocates(
        {}, all_of(ConsecutiveFailures{9}, FailureRate{{.threshold = 1_percent}}));
  }
  SECTION("rules chosen at run time") {
    for (const char* sentence :
         {"9 failures in a row", "50 % of the last 100 calls", "50 % in 10 s",
          "9 failures in a row or 20 failures in 10 s or slower than 1 s: 50 % in 10 s"})
      check_that_nothing_allocates({}, AnyRule<>{parse(sentence)->rules});
  }
  SECTION("a user's, under a lock") { check_that_nothing_allocates({}, ThreeInARow{}); }
}

TEST_CASE("settings are read, written and taken over without allocating") {
  constexpr std::pair<std::string_view, std::string_view> pairs[] = {
      {"trip", "5 failures in 10 s"}, {"name", "longer.than.what.a.string.holds.without.a.heap"}};
  auto told = circuit(parse("5 failures in 10 s").value());
  std::size_t letters = 0;
  bool is_read = false;

  CHECK(allocations_in([&] {
          const Parsed said = parse("50 % of the last 80 calls, open 1 s; named payments");
          letters = in_words(*said).view().size();
          static_cast<void>(reconfigure(told, *said));
          is_read = bool{from_pairs(pairs)};
        }) == 0);

  CHECK(letters > 50);
  CHECK(is_read);
  CHECK(told.limits() == Limits{{50, 100, 20}});
}

TEST_CASE("no other part that ships allocates") {
  const Backoff wait{.first = 1s, .factor = 2, .max = 1min, .jitter = 50_percent};
  SECTION("growing, jittered waits") {
    check_that_nothing_allocates({.open_for = wait}, ConsecutiveFailures{3});
  }
  SECTION("shadow mode") {
    check_that_nothing_allocates({.mode = Mode::shadow}, ConsecutiveFailures{3});
  }
  SECTION("counters") { check_that_nothing_allocates({}, ConsecutiveFailures{3}, Counters{}); }
  SECTION("several listeners") {
    check_that_nothing_allocates({}, ConsecutiveFailures{3},
                                 Listeners{Counters{}, TimedCounters{}});
  }
  SECTION("classifiers") {
    check_that_nothing_allocates(
        {}, ConsecutiveFailures{3},
        ignoring<std::bad_alloc>() | failing_on([](int value) { return value > 1; }));
  }
}

TEST_CASE("the shipped clocks are read without allocating") {
  CachedClock::Time loop_time;
  const CachedClock cached{loop_time};
  const CoarseClock coarse;
  const AnyClock any{coarse};
  CircuitBreaker steady_circuit{Config{}, FailureCount{3, within(10s)}};
  CircuitBreaker cached_circuit{Config{}, FailureCount{3, within(10s)}, cached};
  CircuitBreaker coarse_circuit{Config{}, FailureCount{3, within(10s)}, coarse};
  CircuitBreaker any_circuit{Config{}, FailureCount{3, within(10s)}, any};

  const int count = allocations_in([&] {
    for (int i = 0; i < 5; ++i) {
      steady_circuit.try_acquire().failure();
      cached_circuit.try_acquire().failure();
      coarse_circuit.try_acquire().failure();
      any_circuit.try_acquire().failure();
      loop_time.refresh();
    }
  });

  CHECK(count == 0);
  CHECK(any_circuit.state() == State::open);
}

TEST_CASE("looking up a key that is there allocates nothing, however long the key") {
  const std::string short_key = "a";
  const std::string long_key(300, 'x');
  const std::string scope = "store-in-europe-west-3.example.com";
  const std::string half(64, 'h');
  Registry circuits{{.capacity = 4, .when_full = WhenFull::overflow}};
  circuits.of(short_key);
  circuits.of(long_key);
  circuits.of({scope, "|", "read"});
  circuits.of({half, half});
  const auto handle = circuits.handle(long_key);

  const auto look_up = [&] {
    for (const std::string_view key : {std::string_view{short_key}, std::string_view{long_key}}) {
      circuits.of(key).call([] {});
      static_cast<void>(circuits.find(key));
      circuits.of({scope, "|", "read"}).call([] {});
      circuits.of({half, half}).call([] {});
    }
    handle.call([] {});
  };

  int in_a_new_thread = -1;
  std::thread{[&] { in_a_new_thread = allocations_in(look_up); }}.join();
  const int found = allocations_in(look_up);
  const int refused = allocations_in([&] { circuits.of("a fifth").call([] {}); });
  const int erased = allocations_in([&] { circuits.erase(long_key); });
  const int remade = allocations_in([&] { circuits.of(long_key); });

  CHECK(in_a_new_thread == 0);
  CHECK(found == 0);
  CHECK(refused == 0);
  CHECK(erased == 0);
  CHECK(remade == 0);
}

TEST_CASE("tenants that come and go allocate nothing, once as many were there with keys as long") {
  Registry circuits{{.capacity = 100}};
  char text[320];
  const auto key_of = [&](int tenant) {  // of 16 to 315 bytes
    std::memset(text, 'x', sizeof text);
    std::snprintf(text, sizeof text, "tenant-%08d", tenant);
    return std::string_view{text, static_cast<std::size_t>(16 + tenant * 7 % 300)};
  };
  int tenant = 0;
  const auto come_and_go = [&](int count) {
    for (const int end = tenant + count; tenant < end; ++tenant) {
      circuits.of(key_of(tenant)).call([] {});
      if (tenant >= 50) circuits.erase(key_of(tenant - 50));
    }
  };

  come_and_go(1'000);
  const int later = allocations_in([&] { come_and_go(20'000); });

  CHECK(later == 0);
  CHECK(circuits.size() == 50);
  CHECK(circuits.made() == 21'000);
  CHECK(circuits.overflowed() == 0);
}

TEST_CASE("a circuit starts no thread") {
  const std::set<std::string> before = running_threads();
  CircuitBreaker circuit{Config{.open_for = 1ms}, FailureCount{1, within(10s)}, Counters{}};

  circuit.try_acquire().failure();

  CHECK(!before.empty());
  // One that an earlier test has joined may go away only now.
  for (const std::string& thread : running_threads()) CHECK(before.count(thread) == 1);
}
