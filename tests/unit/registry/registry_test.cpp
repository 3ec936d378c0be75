#include "breaker/registry.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
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

/// Circuits that one failure opens, for 30 s.
auto circuits_of(ManualClock& clock, RegistrySettings<> settings) {
  return Registry{std::move(settings), clock, ConsecutiveFailures{1}};
}

/// Does what a test wants when it is copied.
struct HookedClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<HookedClock>;
  static constexpr bool is_steady = true;
  std::function<void()>* on_copy;
  explicit HookedClock(std::function<void()>& hook) : on_copy{&hook} {}
  HookedClock(const HookedClock& other) : on_copy{other.on_copy} {
    if (*on_copy) (*on_copy)();
  }
  static time_point now() noexcept { return time_point{}; }
};

std::set<std::string> keys_of(const auto& registry) {
  std::set<std::string> keys;
  registry.for_each([&](std::string_view key, const auto&) { keys.emplace(key); });
  return keys;
}

void open(auto& circuits, std::string_view key) { circuits.of(key).try_acquire().failure(); }

}  // namespace

TEST_CASE("a key has one circuit, made when it is first asked for") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 10});

  open(circuits, "bad.example");

  CHECK(circuits.of(std::string{"bad.example"}).state() == State::open);
  CHECK(circuits.of("good.example").state() == State::closed);
  CHECK(circuits.size() == 2);
  CHECK(circuits.made() == 2);
}

TEST_CASE("find makes nothing, and shows what is there") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 10});
  open(circuits, "a");

  const auto seen = std::as_const(circuits).find("a");

  REQUIRE(seen.has_value());
  CHECK(seen->state() == State::open);
  CHECK(seen->why().numbers.at[0] == 1);
  CHECK(seen->snapshot().transitions == 1);
  CHECK(seen->policy() == ConsecutiveFailures{1});
  CHECK(seen->limits().at[0] == 1);
  CHECK_FALSE(seen->is_advised());
  CHECK_FALSE(circuits.find("b").has_value());
  CHECK(circuits.find("(overflow)").has_value());
  CHECK(circuits.made() == 1);
}

TEST_CASE("keys are bytes: empty, long, with a zero inside, one the beginning of another") {
  const std::string text = std::string("a\0b", 3) + std::string(10'000, 'x');
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 20'000});
  std::set<std::string> keys;
  for (std::size_t length = 0; length <= text.size(); length += 1 + length / 16)
    keys.insert(text.substr(0, length));
  for (std::size_t length = 1; length < 80; ++length) {  // one byte in each place is another
    std::string key(length, 'y');
    key[length / 2] = 'z';
    keys.insert(key);
    key[length - 1] = 'z';
    keys.insert(std::move(key));
  }

  std::set<std::string> opened;
  for (const std::string& key : keys) {
    CHECK_FALSE(circuits.find(key).has_value());
    circuits.of(key);
    if (key.size() % 2 == 0) {
      open(circuits, key);
      opened.insert(key);
    }
  }

  CHECK(circuits.size() == keys.size());
  CHECK((keys_of(circuits) == keys));  // in brackets: not to be printed
  for (const std::string& key : keys)
    CHECK((circuits.of(key).state() == State::open) == opened.contains(key));
}

TEST_CASE("a key that is no text is the empty one") {
  Registry circuits{{.capacity = 4}};  // the sanitizer of undefined behaviour looks on
  circuits.of(std::string_view{}).force_open();

  CHECK(circuits.of("").state() == State::forced_open);
  CHECK(circuits.find(std::string_view{}).has_value());
}

TEST_CASE("pieces are the key that they make together") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 10});
  const std::string scope(200, 's');
  open(circuits, "store/read");
  open(circuits, scope + "/read");

  CHECK(circuits.of({"store", "/", "read"}).state() == State::open);
  CHECK(circuits.of({"sto", "re/", "", "read"}).state() == State::open);
  CHECK(circuits.of({"store", "/", "write"}).state() == State::closed);
  CHECK(circuits.of({scope, "/", "read"}).state() == State::open);
  CHECK(circuits.of({scope.substr(0, 100), scope.substr(100), "/read"}).state() == State::open);
  CHECK(circuits.size() == 3);
}

TEST_CASE("every key is found again in a registry that is filled to the brim") {
  constexpr int capacity = 5000;
  Registry circuits{{.capacity = capacity}};
  for (int i = 0; i < capacity; ++i) circuits.of(std::to_string(i));

  int found = 0;
  for (int i = 0; i < capacity; ++i) found += circuits.find(std::to_string(i)).has_value() ? 1 : 0;

  CHECK(found == capacity);
  CHECK(circuits.evicted() == 0);
}

TEST_CASE("memory for circuits is taken as they are made, not for the whole capacity") {
  Registry circuits{{.capacity = 1'000'000}, FailureRate{last_calls<10'000>(), {percent(50)}}};
  circuits.of("a").call([] {});  // gigabytes are not there

  CHECK(circuits.size() == 1);
}

TEST_CASE("a registry is made for ten thousand circuits, unless told otherwise") {
  CHECK(Registry<>{}.capacity() == 10'000);
}

// ---- erasing: R1 to R3

TEST_CASE("an erased key gets a new circuit: closed, nothing counted") {
  ManualClock clock;
  Registry circuits{{.capacity = 10}, clock, ConsecutiveFailures{2}};
  circuits.of("a").try_acquire().failure();
  circuits.of("a").try_acquire().failure();
  for (int i = 0; i < 3; ++i) CHECK_FALSE(circuits.of("a").would_admit());
  CHECK_FALSE(circuits.of("a").try_acquire());

  CHECK(circuits.erase("a"));
  CHECK_FALSE(circuits.erase("a"));
  CHECK_FALSE(circuits.find("a").has_value());

  const Snapshot fresh = circuits.of("a").snapshot();
  CHECK(fresh.state == State::closed);
  CHECK(fresh.transitions == 0);
  CHECK(fresh.refused == 0);
  CHECK(circuits.of("a").why().reason == Reason::none);
  CHECK(circuits.of("a").try_acquire().failure() == Settled::counted);
  CHECK(circuits.of("a").state() == State::closed);  // one of two: none was left
}

TEST_CASE(
    "a new owner of a place waits as if nobody had before: no step, no wait that was asked for") {
  ManualClock clock;
  auto circuits = circuits_of(
      clock,
      {.capacity = 1, .config = {.open_for = Backoff{.first = 1s, .factor = 10, .max = 1000s}}});
  open(circuits, "a");
  clock.advance(1s);
  circuits.of("a").try_acquire().failure();
  CHECK(circuits.of("a").why().open_for == 10s);
  circuits.erase("a");
  circuits.of("b").try_acquire().settle(Verdict::ignored);
  {
    auto asked = circuits.of("b").try_acquire();
    circuits.erase("b");
    asked.settle(Verdict::failure, 500s);
  }

  open(circuits, "c");

  CHECK(circuits.of("c").why().open_for == 1s);
}

TEST_CASE("places come back: tenants that come and go never use the capacity up") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 100, .when_full = WhenFull::overflow});
  const auto tail_of = [](int tenant) {
    return std::string(static_cast<std::size_t>(tenant % 70), '-');
  };
  int refused = 0;
  for (int tenant = 0; tenant < 10'000; ++tenant) {
    const std::string key = "tenant-" + std::to_string(tenant) + tail_of(tenant);
    refused += circuits.of(key).call([] { return 0; }, 1);
    if (tenant >= 50)
      circuits.erase("tenant-" + std::to_string(tenant - 50) + tail_of(tenant - 50));
  }

  CHECK(refused == 0);
  CHECK(circuits.overflowed() == 0);
  CHECK(circuits.size() == 50);
  CHECK(circuits.made() == 10'000);
  open(circuits, "dead");
  CHECK(circuits.of("new").call([] { return 0; }, 1) == 0);
}

TEST_CASE("keys that are erased and asked for again, over and over, use no place up") {
  Registry circuits;
  const int keys = 200;
  const int times = 2 * static_cast<int>(circuits.capacity()) / keys;

  for (int i = 0; i < times * keys; ++i) {
    const std::string key = "endpoint-" + std::to_string(i % keys);
    circuits.erase(key);
    circuits.of(key);
  }

  CHECK(circuits.overflowed() + circuits.evicted() == 0);
  CHECK(circuits.size() == keys);
}

TEST_CASE("a verdict that comes after its circuit has gone is late, and moves nobody else") {
  ManualClock clock;
  std::vector<Verdict> heard;
  struct Listener {
    std::vector<Verdict>* heard;
    void on_settled(const SettledCall& call) const { heard->push_back(call.verdict); }
  };
  Registry circuits{{.capacity = 1}, clock, ConsecutiveFailures{1}, Listener{&heard}};
  auto of_a = circuits.of("a").try_acquire();
  auto of_a_too = circuits.of("a").try_acquire();
  circuits.erase("a");
  const Settled in_between = of_a_too.failure();
  circuits.of("b");  // has the place

  CHECK(in_between == Settled::stale);
  CHECK(of_a.failure() == Settled::stale);
  CHECK(circuits.of("b").state() == State::closed);
  CHECK(circuits.of("b").snapshot().stale == 0);
  CHECK(circuits.late() == 2);
  CHECK(heard.empty());
}

TEST_CASE("a stale verdict of the present owner is its own") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 1});
  circuits.of("a");
  circuits.erase("a");
  auto slow = circuits.of("b").try_acquire();
  open(circuits, "b");

  CHECK(slow.success() == Settled::stale);
  CHECK(circuits.of("b").snapshot().stale == 1);
  CHECK(circuits.late() == 0);
}

TEST_CASE("a probe whose circuit went closes no other") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 1});
  open(circuits, "a");
  clock.advance(30s);
  auto probe = circuits.of("a").try_acquire();
  CHECK(probe.is_probe());
  circuits.erase("a");
  circuits.of("b").force_open();

  CHECK(probe.success() == Settled::stale);
  CHECK(circuits.of("b").state() == State::forced_open);
}

TEST_CASE("keys that come and go don't hide each other") {
  Registry circuits{{.capacity = 300}};
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 200; ++i) circuits.of(std::to_string(i));
    for (int i = round % 3; i < 200; i += 3) circuits.erase(std::to_string(i));
    for (int i = 0; i < 200; ++i) {
      const bool is_erased = i % 3 == round % 3;
      REQUIRE(circuits.find(std::to_string(i)).has_value() != is_erased);
    }
  }
  CHECK(circuits.overflowed() + circuits.evicted() == 0);
}

TEST_CASE("what windows have counted goes with the key") {
  ManualClock clock;
  Registry circuits{{.capacity = 1}, clock, FailureRate{last_calls<10>(), {percent(50), 4}}};
  for (int i = 0; i < 3; ++i) circuits.of("a").try_acquire().failure();
  circuits.erase("a");

  circuits.of("b").try_acquire().failure();
  CHECK(circuits.of("b").numbers().at[0] == 1);
  CHECK(circuits.of("b").numbers().at[1] == 1);
  CHECK(circuits.of("b").state() == State::closed);
}

TEST_CASE("counters begin at zero with each key, and are right for each") {
  ManualClock clock;
  Registry circuits{
      {.capacity = 1}, clock, ConsecutiveFailures{1}, Listeners{Counters<1>{}, TimedCounters<1>{}}};
  const auto totals = [&](std::string_view key) {
    return circuits.find(key)->listener().get<Counters<1>>().totals();
  };
  for (int i = 0; i < 3; ++i) circuits.of("a").call([] {});
  CHECK(totals("a").succeeded == 3);
  circuits.erase("a");

  open(circuits, "b");

  CHECK(totals("b").succeeded == 0);
  CHECK(totals("b").failed == 1);
  CHECK(circuits.find("b")->listener().get<TimedCounters<1>>().not_closed_since().has_value());
  circuits.erase("b");
  circuits.of("c");
  CHECK_FALSE(
      circuits.find("c")->listener().get<TimedCounters<1>>().not_closed_since().has_value());
}

// ---- handles: R4

TEST_CASE("a handle is the key's circuit, whatever happens to the key") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 2});
  const auto a = circuits.handle("a");
  CHECK(circuits.size() == 1);
  CHECK(a.key() == "a");
  CHECK(a.call([] { return 1; }, 2) == 1);
  a.try_acquire().failure();
  CHECK(a.state() == State::open);
  CHECK(circuits.of("a").state() == State::open);
  CHECK(a.call([] { return 1; }, 2) == 2);

  circuits.erase("a");
  CHECK(a.state() == State::closed);  // made anew
  circuits.erase("a");
  circuits.of("b").force_open();  // has the place that was a's
  circuits.of("c").force_open();

  CHECK_FALSE(circuits.find("a").has_value());
  circuits.erase("c");
  CHECK(a.call([] { return 1; }, 2) == 1);
  CHECK(circuits.find("a").has_value());
  a.force_open();
  CHECK(circuits.find("a")->state() == State::forced_open);
  a.reset();
  CHECK(circuits.find("b")->state() == State::forced_open);
}

TEST_CASE("copies of a handle are independent") {
  Registry circuits{{.capacity = 10}};
  auto one = circuits.handle("a");
  const auto other = one;
  one = circuits.handle("b");
  one.force_open();

  CHECK(one.key() == "b");
  CHECK(other.key() == "a");
  CHECK(other.state() == State::closed);
  CHECK(circuits.of("b").state() == State::forced_open);
}

TEST_CASE("a handle that found no place gets one as soon as there is one") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 1});
  open(circuits, "outage");
  const auto late = circuits.handle("late");
  late.force_open();
  CHECK(circuits.overflow().state() == State::forced_open);

  circuits.erase("outage");

  CHECK(late.state() == State::closed);
  CHECK(circuits.find("late").has_value());
}

TEST_CASE("what one does by a key is what one does by its circuit") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 10});
  const auto a = circuits.handle("a");

  CHECK(a.trip(5min));
  CHECK(a.why().open_for == 5min);
  const Saved saved = a.saved();
  CHECK(a.retry_in(1s));
  clock.advance(1s);
  CHECK(a.state() == State::half_open);
  CHECK_FALSE(a.would_admit(never_probe));
  CHECK_FALSE(a.try_acquire(never_probe));
  auto probe = a.try_acquire();
  REQUIRE(probe.is_probe());
  CHECK_FALSE(a.would_admit());
  CHECK(a.call(probe, [] { return 1; }) == 1);  // part of it
  CHECK(a.try_acquire(probe));
  CHECK(probe.success() == Settled::counted);
  CHECK(a.state() == State::closed);
  a.restore(saved);
  CHECK(a.state() == State::open);
  a.disable();
  CHECK(circuits.of("a").call(never_probe, [] { return 1; }) == 1);
  CHECK(circuits.of("a").call(never_probe, [] { return 1; }, 2) == 1);
  circuits.of("a").reset();
  CHECK(a.trip());
  CHECK_FALSE(a.trip());
  CHECK_THROWS_AS(a.trip(0s), ConfigError);
  CHECK_THROWS_AS(a.retry_in(-1s), ConfigError);
}

// ---- names

TEST_CASE("a refusal says the key") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 10});
  const auto payments = circuits.handle("payments.example");
  payments.try_acquire().failure();
  const auto text_of = [](const auto& refused) -> std::string {
    try {
      refused();
    } catch (const CircuitOpen& refusal) {
      return refusal.what();
    }
    return "";
  };
  const std::string expected =
      "circuit payments.example is open for 30000 ms: 1 failure in a row (limit 1)";

  CHECK(text_of([&] { payments.call([] {}); }) == expected);
  CHECK(text_of([&] { circuits.of("payments.example").call([] {}); }) == expected);
  CHECK(text_of([&] { circuits.of({"payments", ".example"}).call([] {}); }) == expected);
  CHECK(payments.try_acquire().refusal().what() == expected);

  auto refused = payments.try_acquire();
  circuits.erase("payments.example");
  CHECK(std::string{refused.refusal().name()}.empty());  // the key is gone
}

TEST_CASE("a refusal of another key's circuit inside a call is no failure, one of the same is") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 10});
  open(circuits, "inner");
  const auto outer = circuits.handle("outer");

  CHECK_THROWS_AS(outer.call([&] { circuits.of("inner").call([] {}); }), CircuitOpen);
  CHECK(outer.state() == State::closed);
  CHECK_THROWS_AS(outer.call([&] {
    outer.force_open();
    circuits.of("outer").call([] {});
  }),
                  CircuitOpen);
}

TEST_CASE("a listener may take the key") {
  ManualClock clock;
  std::vector<std::string> heard;
  struct Listener {
    std::vector<std::string>* heard;
    void operator()(std::string_view key, const Transition& transition) const {
      heard->push_back(std::string{key} + " " + to_string(transition.to));
    }
    void on_refused(std::string_view key, const Rejection&) const {
      heard->push_back(std::string{key} + " refused");
    }
  };
  RegistryOf<ManualClock, ConsecutiveFailures, Listeners<Listener, Counters<1>>> circuits{
      {.capacity = 10}, clock, ConsecutiveFailures{1}, Listeners{Listener{&heard}, Counters<1>{}}};
  open(circuits, "a");
  static_cast<void>(circuits.of("a").try_acquire());
  const std::string long_key(1000, 'x');
  open(circuits, long_key);
  circuits.handle("b").force_open();

  REQUIRE(heard.size() == 4);
  CHECK(heard[0] == "a open");
  CHECK(heard[1] == "a refused");
  CHECK(heard[2] == std::string(253, 'x') + "\xe2\x80\xa6 open");
  CHECK(heard[3] == "b forced_open");
}

TEST_CASE("listeners and refusals name the overflow circuit, too") {
  const std::string name(300, 'o');
  std::vector<std::string> heard;
  const auto listener = [&](std::string_view key, const Transition&) { heard.emplace_back(key); };
  Registry circuits{{.capacity = 1, .when_full = WhenFull::overflow, .overflow_key = name},
                    listener};
  circuits.of("a");

  circuits.of("b").force_open();

  REQUIRE(heard.size() == 1);
  CHECK(heard[0] == std::string(253, 'o') + "\xe2\x80\xa6");
  CHECK(std::string{circuits.of("b").try_acquire().refusal().name()}.starts_with("ooo"));
}

// ---- full: R7

TEST_CASE("when it is full, a circuit goes that is closed and clean") {
  ManualClock clock;
  Registry circuits{{.capacity = 3}, clock, ConsecutiveFailures{2}};
  for (int i = 0; i < 2; ++i) open(circuits, "open");
  open(circuits, "has failed");
  circuits.of("clean");

  circuits.of("new");

  CHECK(keys_of(circuits) == std::set<std::string>{"open", "has failed", "new"});
  CHECK(circuits.evicted() == 1);
  CHECK(circuits.overflowed() == 0);
}

TEST_CASE("of clean circuits one goes that nobody asked for since the hand came by") {
  Registry circuits{{.capacity = 3}};
  for (const char* key : {"a", "b", "c"}) circuits.of(key);
  circuits.of("d");  // one went, and the hand has marked the others
  std::set<std::string> left = keys_of(circuits);
  left.erase("d");
  REQUIRE(left.size() == 2);
  const std::string asked = *left.begin();
  circuits.of(asked);

  circuits.of("e");

  CHECK(circuits.find(asked).has_value());
}

TEST_CASE("an outage in progress never goes, and what is left shares the overflow circuit") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 4, .overflow_key = "others"});
  open(circuits, "open");
  open(circuits, "half-open");
  circuits.of("half-open").retry_in(0s);
  auto probe = circuits.of("half-open").try_acquire();
  circuits.of("forced open").force_open();
  circuits.of("disabled").disable();

  for (int i = 0; i < 1000; ++i) open(circuits, "made up " + std::to_string(i));

  CHECK(circuits.size() == 4);
  CHECK(circuits.evicted() == 0);
  CHECK(circuits.overflowed() == 1000);
  CHECK(circuits.overflow().state() == State::open);
  CHECK(circuits.of("others").state() == State::open);
  CHECK(circuits.overflowed() == 1000);  // that was no overflow
  CHECK(circuits.overflow_key() == "others");
}

TEST_CASE("one whose wait is over goes if nobody asks for it") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 1});
  open(circuits, "a");
  circuits.of("b");
  CHECK(circuits.overflowed() == 1);  // the wait is on
  clock.advance(30s);

  circuits.of("b");  // marks it
  CHECK(circuits.overflowed() == 2);
  circuits.of("b");

  CHECK(keys_of(circuits) == std::set<std::string>{"b"});
}

TEST_CASE("one that has counted a failure stays as long as somebody asks for it") {
  ManualClock clock;
  Registry circuits{{.capacity = 2}, clock, ConsecutiveFailures{2}};
  for (int i = 0; i < 10; ++i) {
    for (const char* key : {"a", "b"}) open(circuits, key);
    circuits.of("a").reset();
    open(circuits, "a");
    circuits.of("made up " + std::to_string(i));
  }

  CHECK(circuits.find("a").has_value());
  CHECK(circuits.evicted() == 0);
}

TEST_CASE("with WhenFull::overflow nothing goes") {
  Registry circuits{{.capacity = 2, .when_full = WhenFull::overflow}};
  for (const char* key : {"a", "b", "c", "d"}) circuits.of(key);

  CHECK(keys_of(circuits) == std::set<std::string>{"a", "b"});
  CHECK(circuits.overflowed() == 2);
  CHECK(circuits.evicted() == 0);
}

TEST_CASE("made-up keys cost real ones their place only among clean circuits") {
  ManualClock clock;
  Registry circuits{{.capacity = 100}, clock, ConsecutiveFailures{2}};
  for (int i = 0; i < 2; ++i) open(circuits, "dead.example");
  open(circuits, "failed.example");
  for (int i = 0; i < 10'000; ++i) circuits.of("made up " + std::to_string(i)).call([] {});

  CHECK(circuits.overflowed() == 0);
  CHECK(circuits.of("dead.example").state() == State::open);
  CHECK(circuits.of("failed.example").numbers().at[0] == 1);
}

// ---- sweep

TEST_CASE("a sweep takes what is at rest and was not asked for since the one before") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 10});
  for (const char* key : {"idle", "asked", "held"}) circuits.of(key);
  const auto held = circuits.handle("held");
  open(circuits, "open");
  open(circuits, "waited");

  CHECK(circuits.sweep() == 0);
  circuits.of("asked");
  held.call([] {});
  circuits.of("waited").trip(5min);
  CHECK(circuits.sweep() == 1);
  CHECK(keys_of(circuits) == std::set<std::string>{"asked", "held", "open", "waited"});
  CHECK(circuits.sweep() == 2);
  clock.advance(30s);
  CHECK(circuits.sweep() == 1);  // the wait of one is over
  CHECK(keys_of(circuits) == std::set<std::string>{"waited"});
  CHECK(circuits.evicted() == 0);
}

// ---- the clock's key for settings: see settings_test.cpp

TEST_CASE("for_each visits what is there, and may make and erase") {
  Registry circuits{{.capacity = 10}};
  circuits.of("a");
  circuits.of("b");
  std::size_t seen = 0;

  circuits.for_each([&](std::string_view, const auto& circuit) {
    ++seen;
    CHECK(circuit.state() == State::closed);
    circuits.erase("b");
    if (seen < 5) circuits.of("more" + std::to_string(seen));
  });

  CHECK(seen >= 1);
  CHECK_FALSE(circuits.find("b").has_value());
}

TEST_CASE("for_each_not_closed visits those that need looking after") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 10});
  for (const char* key : {"a", "b", "c"}) circuits.of(key);
  open(circuits, "b");
  circuits.of("c").disable();
  std::map<std::string, State> seen;

  circuits.for_each_not_closed(
      [&](std::string_view key, const auto& circuit) { seen.emplace(key, circuit.state()); });

  CHECK(seen == std::map<std::string, State>{{"b", State::open}, {"c", State::disabled}});
}

TEST_CASE("a summary counts states, and its totals survive their keys") {
  ManualClock clock;
  auto circuits = circuits_of(clock, {.capacity = 10});
  for (const char* key : {"a", "b", "c", "e"}) circuits.of(key);
  open(circuits, "b");
  static_cast<void>(circuits.of("b").try_acquire());
  circuits.of("c").force_open();
  circuits.of("e").disable();
  const RegistrySummary before = circuits.summary();
  CHECK(before.closed == 1);
  CHECK(before.open == 1);
  CHECK(before.forced_open == 1);
  CHECK(before.disabled == 1);
  CHECK(before.half_open == 0);
  CHECK(before.transitions == 3);
  CHECK(before.refused == 1);

  circuits.erase("b");
  circuits.of("a").trip();
  clock.advance(1h);
  circuits.of("d");
  circuits.erase("e");

  const RegistrySummary after = circuits.summary();
  CHECK(after.open == 0);
  CHECK(after.half_open == 1);
  CHECK(after.closed == 1);
  CHECK(after.transitions == 4);
  CHECK(after.refused == 1);
}

// ---- parts

TEST_CASE("each circuit gets copies of the parts") {
  ManualClock clock;
  Registry circuits{{.capacity = 10},
                    failing_on([](int status) { return status >= 500; }),
                    clock,
                    FailureCount{2, last_calls<5>()}};
  for (int i = 0; i < 2; ++i) circuits.of("a").call([] { return 503; });

  CHECK(circuits.of("a").state() == State::open);
  clock.advance(30s);
  CHECK(circuits.of("a").state() == State::half_open);
  CHECK(circuits.of("b").call([] { return 404; }) == 404);
  CHECK(circuits.of("b").state() == State::closed);
}

TEST_CASE("a part that throws while it is copied leaves nothing behind, and may use the registry") {
  std::function<void()> on_copy;
  Registry circuits{{.capacity = 1}, HookedClock{on_copy}};
  on_copy = [] { throw std::runtime_error{"no"}; };
  for (int i = 0; i < 100; ++i) CHECK_THROWS_AS(circuits.of("a"), std::runtime_error);
  CHECK(circuits.size() == 0);
  on_copy = [&] {
    on_copy = nullptr;
    circuits.of("a").force_open();
  };

  CHECK(circuits.of("a").state() == State::forced_open);
  CHECK(circuits.size() == 1);
  CHECK(circuits.overflowed() + circuits.evicted() == 0);
}

// ---- the seed

TEST_CASE("unless a seed is given, each registry draws its own") {
  std::uint64_t ones = 0;  // bits that were 1 in any of a hundred
  std::uint64_t zeros = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t drawn = detail::draw_entropy(0);
    ones |= drawn;
    zeros |= ~drawn;
  }
  CHECK(ones == ~std::uint64_t{0});
  CHECK(zeros == ~std::uint64_t{0});
  const RegistrySettings<> unseeded;
  CHECK(detail::seed_of(unseeded, &unseeded) != detail::seed_of(unseeded, &unseeded));
  CHECK(detail::seed_of(RegistrySettings<>{.seed = 7}, &unseeded) == 7);
}
