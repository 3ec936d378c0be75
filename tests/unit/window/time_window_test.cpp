// TimeWindow against a plain list of times and outcomes.
#include "breaker/window/time_window.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <random>
#include <string>
#include <type_traits>

#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

constexpr Ticks slice = 1'000;

/// What a window must answer while its clock does not go back: a list of calls, each in a slice.
class Reference {
 public:
  explicit Reference(int slices) : slices_{slices} {}

  void record(bool marked, Ticks now) { calls_.push_back({slice_of(now), marked}); }
  void clear() { calls_.clear(); }

  [[nodiscard]] Tally tally(Ticks now) {
    while (!calls_.empty() && calls_.front().slice <= slice_of(now) - slices_) calls_.pop_front();
    Tally sum{0, 0};
    for (const Call& call : calls_) {
      sum.calls += 1;
      sum.marked += call.marked ? 1 : 0;
    }
    return sum;
  }

  static Ticks slice_of(Ticks now) {
    const Ticks number = now / slice;
    return number * slice > now ? number - 1 : number;
  }

 private:
  struct Call {
    Ticks slice;
    bool marked;
  };
  int slices_;
  std::deque<Call> calls_;
};

/// A circuit's word, as a window sees it: closed, in a stay of some number.
class Word {
 public:
  explicit Word(Generation generation = 0) { enter(generation); }
  void enter(Generation generation) { word_ = std::uint64_t{generation} << 3; }
  [[nodiscard]] Stay stay() const { return Stay{word_, StayId::of(word_)}; }

 private:
  std::atomic<std::uint64_t> word_{0};
};

template <int Slices, int Stripes = 1>
struct Shape {
  static constexpr int slices = Slices;
  static constexpr int stripes = Stripes;
  static TimeWindow<Slices, Stripes> window() {
    return TimeWindow<Slices, Stripes>{
        within<Slices, Stripes>(std::chrono::nanoseconds{Slices * slice})};
  }
};

/// Let the test stand in for several threads, one after the other.
void act_as_thread(unsigned number) { detail::own_thread_number = number; }

std::string to_text(const Tally& tally) {
  return std::to_string(tally.marked) + " of " + std::to_string(tally.calls);
}

/// How far a clock goes on between two calls: mostly within a slice, at times a few, rarely many
/// spans.
Ticks next_step(std::mt19937_64& random, int slices) {
  const int kind = std::uniform_int_distribution{0, 99}(random);
  const Ticks longest = kind < 80 ? slice / 4 : kind < 99 ? 3 * slice : 50 * slices * slice;
  return std::uniform_int_distribution<Ticks>{0, longest}(random);
}

/// Play random calls, ends of stays and times in order. **Returns** the first wrong answer, or
/// nothing.
template <class Shape>
std::string play(Ticks start, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  auto window = Shape::window();
  Reference reference{Shape::slices};
  Generation generation = 0;
  Word word;
  Ticks now = start;
  for (int i = 0; i < 4'000; ++i) {
    now += next_step(random, Shape::slices);
    act_as_thread(std::uniform_int_distribution{1u, 20u}(random));
    if (std::uniform_int_distribution{0, 299}(random) == 0) {
      word.enter(generation += std::uniform_int_distribution<Generation>{1, 5}(random));
      reference.clear();
    }
    const bool marked = std::uniform_int_distribution{0, 2}(random) == 0;
    if (!window.record(marked, now, word.stay())) return "the stay is not over";
    reference.record(marked, now);
    const Ticks asked = now + (i % 3 == 0 ? next_step(random, Shape::slices) : 0);
    const Tally found = window.tally(asked, word.stay());
    const std::uint32_t marks = window.marked(asked, word.stay());
    const Tally expected = reference.tally(asked);
    if (found.calls != expected.calls || found.marked != expected.marked || marks != found.marked)
      return "call " + std::to_string(i) + " at " + std::to_string(asked) + ": " + to_text(found) +
             ", not " + to_text(expected);
    now = asked;
  }
  return {};
}

}  // namespace

TEMPLATE_TEST_CASE("a time window counts what a list of the calls in its span counts", "",
                   (Shape<2>), (Shape<3>), (Shape<10>), (Shape<16>), (Shape<2, 8>), (Shape<3, 8>),
                   (Shape<10, 8>), (Shape<16, 8>)) {
  const Ticks start = GENERATE(as<Ticks>{}, 0, 123'456'789'012'345, -3'000'000'000, -100'000);
  CAPTURE(start);

  CHECK(play<TestType>(start, 1) == "");
  CHECK(play<TestType>(start, 2) == "");
}

TEMPLATE_TEST_CASE("what reaches says, sums or no sums, is what the list says", "", (Shape<10>),
                   (Shape<10, 8>), (Shape<3, 8>), (Shape<40>), (Shape<40, 8>)) {
  std::mt19937_64 random{5};
  auto window = TestType::window();
  Reference reference{TestType::slices};
  const Word word;
  Ticks now = 0;

  int reached = 0;
  for (int i = 0; i < 20'000; ++i) {
    now += next_step(random, TestType::slices) / 8;
    act_as_thread(std::uniform_int_distribution{1u, 20u}(random));
    const bool marked = std::uniform_int_distribution{0, 9}(random) < (i / 500) % 10;
    window.record(marked, now, word.stay());
    reference.record(marked, now);
    if (!marked) continue;
    Tally seen{};
    const Tally expected = reference.tally(now);

    const bool is_reached = window.reaches(Ratio{40, 100}, 20, now, word.stay(), seen);

    const bool should = expected.calls >= 20 && expected.marked * 100 >= expected.calls * 40;
    reached += is_reached ? 1 : 0;
    const bool numbers_fit = seen.marked == expected.marked && seen.calls == expected.calls;
    if (is_reached != should || (is_reached && !numbers_fit)) {
      CAPTURE(i, should, to_text(seen), to_text(expected));
      FAIL("the gate changed the answer");
    }
  }
  CHECK(reached > 1'000);
}

TEMPLATE_TEST_CASE("good calls hold a share down until they leave the window, and no longer", "",
                   (Shape<10>), (Shape<10, 8>), (Shape<40>), (Shape<40, 8>)) {
  for (int later = 0; later < TestType::slices; ++later) {
    CAPTURE(later);
    auto window = TestType::window();
    const Word word;
    Tally seen{};
    const auto reaches_after_mark = [&](int number) {
      window.record(true, number * slice, word.stay());
      return window.reaches(Ratio{1, 2}, 1, number * slice, word.stay(), seen);
    };
    // One good call in each slice, and two in the first.
    window.record(false, 0, word.stay());
    for (int i = 0; i < TestType::slices; ++i) window.record(false, i * slice, word.stay());
    const int last = TestType::slices - 1;
    for (int i = 0; i < last; ++i) CHECK_FALSE(reaches_after_mark(last));

    // As many marks, and `later` slices on, as many good calls as are left.
    CHECK(reaches_after_mark(last + later) == (later > 0));
  }
}

TEST_CASE("a window covers the slice that is being filled and those before it, no more") {
  auto window = Shape<10>::window();
  const Word word;
  const auto marked_at = [&](Ticks now) { return window.marked(now, word.stay()); };

  window.record(true, 500, word.stay());

  CHECK(marked_at(0) == 1);
  CHECK(marked_at(9'999) == 1);
  CHECK(marked_at(10'000) == 0);
}

TEST_CASE("slices run on through time 0") {
  auto window = Shape<10>::window();
  const Word word;

  for (Ticks now = -5'500; now < 5'000; now += slice) window.record(true, now, word.stay());

  CHECK(window.marked(4'500, word.stay()) == 10);
  CHECK(window.marked(9'500, word.stay()) == 5);
}

TEST_CASE("a slice that was never written is not taken for one of time 0") {
  auto window = Shape<10>::window();
  const Word word;

  window.record(true, -9'500, word.stay());

  CHECK(window.marked(-500, word.stay()) == 1);
  CHECK(window.marked(0, word.stay()) == 0);
}

TEST_CASE("a window works at both ends of time") {
  for (const Ticks now : {std::numeric_limits<Ticks>::min(), std::numeric_limits<Ticks>::max()}) {
    auto window = Shape<10>::window();
    const Word word;

    window.record(true, now, word.stay());
    window.record(false, now, word.stay());

    CHECK(window.tally(now, word.stay()).calls == 2);
    CHECK(window.tally(0, word.stay()).calls == 0);
  }
}

TEMPLATE_TEST_CASE("a new stay voids the evidence of the one before", "", (Shape<10>),
                   (Shape<10, 8>)) {
  auto window = TestType::window();
  Word word{7};
  for (int i = 0; i < 50; ++i) window.record(i % 2 == 0, i * 100, word.stay());

  word.enter(8);

  CHECK(window.tally(5'000, word.stay()).calls == 0);
  CHECK(window.record(true, 5'000, word.stay()));
  CHECK(window.tally(5'000, word.stay()).calls == 1);
  CHECK(window.tally(5'000, word.stay()).marked == 1);
}

TEMPLATE_TEST_CASE("a record of an old stay never counts in the new one", "", (Shape<10>),
                   (Shape<10, 8>)) {
  auto window = TestType::window();
  Word word{7};
  const Stay old = word.stay();
  word.enter(8);
  window.record(true, 0, word.stay());

  CHECK_FALSE(window.record(true, 0, old));
  CHECK_FALSE(window.record(true, 5'000, old));

  CHECK(window.tally(5'000, word.stay()).calls == 1);
}

TEST_CASE("the stay after the last generation is the first, and starts empty") {
  auto window = Shape<10>::window();
  Word word{0x1fffff};
  window.record(true, 0, word.stay());

  word.enter(0);

  CHECK(window.tally(0, word.stay()).calls == 0);
}

TEST_CASE("a slice that is full of marked calls alone counts on by half") {
  constexpr int most = (1 << 20) - 1;
  auto window = Shape<10>::window();
  const Word word;
  for (int i = 0; i < most; ++i) window.record(true, 0, word.stay());
  CHECK(window.tally(0, word.stay()).marked == most);

  window.record(true, 0, word.stay());

  CHECK(window.tally(0, word.stay()).marked == most / 2);
  CHECK(window.tally(0, word.stay()).calls == most / 2);
}

TEMPLATE_TEST_CASE("at time 0 a window with stripes judges by what was recorded, and no more", "",
                   (Shape<10>), (Shape<10, 4>)) {
  auto window = TestType::window();
  const Word word;
  Tally seen{};

  window.record(true, 0, word.stay());

  CHECK(window.reaches(Ratio{1, 1}, 1, 0, word.stay(), seen));
  CHECK(seen.calls == 1);
}

TEST_CASE("a call that comes a whole span late takes no slice from the one that holds it") {
  auto window = Shape<10>::window();
  const Word word;
  window.record(true, 20 * slice, word.stay());

  CHECK(window.record(true, 10 * slice, word.stay()));

  CHECK(window.tally(20 * slice, word.stay()).calls == 1);
}

TEST_CASE("a reader less than a span late judges by the newest slice, a later one by its own") {
  auto window = Shape<3>::window();
  const Word word;
  for (int i = 0; i < 4; ++i) window.record(true, i * slice, word.stay());

  CHECK(window.tally(1 * slice, word.stay()).calls == 3);  // as the newest, of slice 3, sees it
  CHECK(window.tally(0, word.stay()).calls == 2);          // slices 1 and 2: 3 is a span ahead
}

TEST_CASE("a slice that is full halves both its counts, so that the share stays") {
  constexpr int most = (1 << 20) - 1;
  auto window = Shape<10>::window();
  const Word word;
  for (int i = 0; i < most; ++i) window.record(true, 0, word.stay());
  for (int i = 0; i < most / 2; ++i) window.record(false, 0, word.stay());
  CHECK(window.tally(0, word.stay()).marked == most);

  window.record(true, 0, word.stay());

  const Tally tally = window.tally(0, word.stay());
  CHECK(tally.marked == most / 2);
  CHECK(tally.calls == most / 2 + most / 4);
}

TEST_CASE("with stripes a slice counts on past 2^20 calls") {
  auto window = Shape<2, 2>::window();
  const Word word;

  for (int i = 0; i < (1 << 20) + 5; ++i) {
    act_as_thread(1u + static_cast<unsigned>(i) % 2);
    window.record(i % 4 == 0, 0, word.stay());
  }

  CHECK(window.tally(0, word.stay()).calls == (1 << 20) + 5);
  CHECK(window.tally(0, word.stay()).marked == (1 << 18) + 2);
}

TEST_CASE("a clock that is set back never makes a count larger than what was recorded") {
  std::mt19937_64 random{8};
  for (int round = 0; round < 300; ++round) {
    auto window = Shape<10>::window();
    const Word word;
    Ticks now = 0;
    std::uint32_t calls = 0;
    std::uint32_t marks = 0;
    for (int i = 0; i < 100; ++i) {
      now += std::uniform_int_distribution<Ticks>{-20 * slice, 20 * slice}(random) / (i % 10 + 1);
      const bool marked = i % 3 == 0;
      window.record(marked, now, word.stay());
      calls += 1;
      marks += marked ? 1 : 0;
      const Tally tally = window.tally(now, word.stay());
      if (tally.calls > calls || tally.marked > marks || tally.marked > tally.calls) {
        CAPTURE(round, i, to_text(tally));
        FAIL("the window made calls up");
      }
    }
  }
}

TEMPLATE_TEST_CASE("a clock that is set back costs a window at most one span of calls", "",
                   (Shape<10>), (Shape<10, 8>), (Shape<3>)) {
  const Ticks span = TestType::slices * slice;
  for (const Ticks back : {slice, span / 2, span - 1, span, span + 1, 3 * span, 1'000'000 * span}) {
    CAPTURE(back);
    auto window = TestType::window();
    Reference reference{TestType::slices};
    const Word word;
    Ticks now = 0;
    for (; now < 3 * span; now += 100) window.record(true, now, word.stay());

    now -= back;
    const Ticks recovered = now + span;
    for (; now < recovered + span - slice; now += 100) {
      window.record(true, now, word.stay());
      if (now >= recovered) reference.record(true, now);
    }
    CHECK(window.tally(now - 100, word.stay()).calls >= reference.tally(now - 100).calls);
  }
}

TEST_CASE("a time window is not copied: what it holds belongs to one circuit") {
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<TimeWindow<10, 1>>);
  STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<TimeWindow<10, 4>>);
}

TEST_CASE("which span is said by a value, which is checked when it is asked to be") {
  STATIC_REQUIRE(within(10s) == Within<10, 1>{10s});
  STATIC_REQUIRE(within(10s) != within(11s));
  STATIC_REQUIRE(within<20, 3>(10s).span() == 10'000'000'000);
  constexpr auto longest = std::chrono::milliseconds{std::int64_t{1} << 34};
  CHECK_NOTHROW(within(10ns).require());
  CHECK_THROWS_AS(within(9ns).require(), ConfigError);
  CHECK_NOTHROW(within<1024>(1024ns).require());
  CHECK_THROWS_AS(within<1024>(1023ns).require(), ConfigError);
  CHECK_THROWS_AS(within(0s).require(), ConfigError);
  CHECK_THROWS_AS(within(-10s).require(), ConfigError);
  CHECK_NOTHROW(within(longest).require());
  CHECK_THROWS_AS(within(longest + 1ns).require(), ConfigError);
}

TEST_CASE("a call is recorded in the slice of its own time, however far the one before it was") {
  const Word word;
  const auto recorded_at = [&](Duration span, Ticks before, Ticks now) {
    TimeWindow<10, 1> window{within(span)};
    window.record(true, before, word.stay());
    window.record(true, now, word.stay());
    return window.tally(now, word.stay()).calls;
  };

  CHECK(recorded_at(std::chrono::nanoseconds{10 * slice}, 7 * slice, -7 * slice) == 1);
  CHECK(recorded_at(10s, 15'000'000'000, 500'000'000) == 1);
  CHECK(recorded_at(10s, 500'000'000, 15'000'000'000) == 1);
}

TEST_CASE("slices run on through every time there is, but the very first") {
  // Times at which a number of 64 bits could run over on the way from a slice to its place.
  const auto around =
      GENERATE(as<Ticks>{}, 0, std::numeric_limits<Ticks>::max() - 10,
               std::numeric_limits<Ticks>::min() / 2, std::numeric_limits<Ticks>::min() / 10,
               std::numeric_limits<Ticks>::min() / 100, std::numeric_limits<Ticks>::max() / 10,
               std::numeric_limits<Ticks>::max() / 100, std::numeric_limits<Ticks>::min() + 20);
  CAPTURE(around);
  TimeWindow<10, 1> window{within(10ns)};
  const Word word;

  for (Ticks now = around - 10; now < around + 10; ++now) {
    window.record(true, now, word.stay());
    CHECK(window.marked(now, word.stay()) == (now < around - 1 ? now - around + 11 : 10));
  }
}

TEST_CASE("a clock that is set back by less than three spans finds no calls of the stay before") {
  auto window = Shape<10>::window();
  Word word{7};
  window.record(true, 0, word.stay());

  word.enter(8);

  for (Ticks back = 0; back < 30; ++back) {
    CAPTURE(back);
    CHECK(window.tally(-back * slice, word.stay()).calls == 0);
  }
}

TEST_CASE("a slice that is full of unmarked calls alone counts on by half, and marks none") {
  constexpr int most = (1 << 20) - 1;
  auto window = Shape<10>::window();
  const Word word;
  for (int i = 0; i < most; ++i) window.record(false, 0, word.stay());
  CHECK(window.tally(0, word.stay()).calls == most);

  window.record(false, 0, word.stay());

  CHECK(window.tally(0, word.stay()).calls == most / 2);
  CHECK(window.tally(0, word.stay()).marked == 0);
}
