// CountWindow against a plain list of the last N outcomes.
#include "breaker/window/count_window.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <type_traits>

#include "support/catch.hpp"

using namespace breaker;

namespace {

/// What a window must answer: a list that a new stay empties.
class Reference {
 public:
  explicit Reference(std::size_t size) : size_{size} {}

  void record(bool marked) {
    outcomes_.push_back(marked);
    marked_ += marked ? 1 : 0;
    if (outcomes_.size() <= size_) return;
    was_overfull_ = true;
    marked_ -= outcomes_.front() ? 1 : 0;
    outcomes_.pop_front();
  }
  void clear() { *this = Reference{size_}; }

  [[nodiscard]] Tally tally() const {
    return {static_cast<std::uint32_t>(outcomes_.size()), static_cast<std::uint32_t>(marked_)};
  }
  [[nodiscard]] bool is_clean() const { return outcomes_.size() == size_ && marked_ == 0; }
  [[nodiscard]] bool was_overfull() const { return was_overfull_; }

 private:
  std::size_t size_;
  std::deque<bool> outcomes_;
  int marked_ = 0;
  bool was_overfull_ = false;
};

/// A circuit's word, as a window sees it: closed, in a stay of some number.
class Word {
 public:
  explicit Word(Generation generation = 0) { enter(generation); }
  void enter(Generation generation) { word_ = std::uint64_t{generation} << 3; }
  [[nodiscard]] StayId id() const { return StayId::of(word_); }
  [[nodiscard]] Stay stay() const { return Stay{word_, id()}; }

 private:
  std::atomic<std::uint64_t> word_{0};
};

template <int N>
struct Size {
  static constexpr int value = N;
};

/// **Returns** what the window answers differently from the reference, or nothing.
template <int N>
std::string difference(const CountWindow<N>& window, const Reference& reference, const Word& word) {
  const Tally found = window.tally(0, word.stay());
  const Tally expected = reference.tally();
  const bool is_clean = window.is_clean(word.id());
  if (found.calls != expected.calls || found.marked != expected.marked)
    return std::to_string(found.marked) + " of " + std::to_string(found.calls) + ", not " +
           std::to_string(expected.marked) + " of " + std::to_string(expected.calls);
  if (is_clean && !reference.is_clean()) return "not clean, but says so";
  // The call that fills the window may still be written, and one more; after that a clean window is
  // left alone.
  if (!is_clean && reference.is_clean() && reference.was_overfull()) return "clean, but denies it";
  return {};
}

}  // namespace

TEMPLATE_TEST_CASE("a last-N window counts what a list of the last N outcomes counts", "", Size<1>,
                   Size<2>, Size<7>, Size<11>, Size<12>, Size<13>, Size<24>, Size<31>, Size<100>,
                   Size<4095>, Size<4096>, Size<4097>) {
  constexpr int n = TestType::value;
  std::mt19937_64 random{n};
  CountWindow<n> window{last_calls<n>()};
  Reference reference{n};
  Generation generation = 0;
  Word word{generation};

  std::string wrong;
  for (int run = 0; run < 60 && wrong.empty(); ++run) {
    // Streaks of success and of failure, mixtures, and every few runs another stay.
    const int share = std::uniform_int_distribution{-1, 3}(random) * 40;
    const int length = std::uniform_int_distribution{1, n < 1000 ? 3 * n + 20 : n}(random);
    for (int i = 0; i < length && wrong.empty(); ++i) {
      const bool marked = std::uniform_int_distribution{1, 100}(random) <= share;
      const bool fast = !marked && i % 2 == 0;
      if (!(fast ? window.record_unmarked(word.stay()) : window.record(marked, 0, word.stay())))
        wrong = "the stay is not over";
      reference.record(marked);
      if (wrong.empty()) wrong = difference(window, reference, word);
    }
    if (run % 7 == 6) {
      generation += std::uniform_int_distribution<Generation>{1, 700}(random);
      word.enter(generation);
      window.begin(word.stay());
      reference.clear();
      if (wrong.empty()) wrong = difference(window, reference, word);
    }
  }

  CAPTURE(n, generation);
  CHECK(wrong == "");
}

TEST_CASE("every sequence of 16 outcomes is counted right in every small window") {
  std::string wrong;
  const auto run = [&]<int n>(Size<n>, unsigned pattern) {
    const Word word;
    CountWindow<n> window{last_calls<n>()};
    Reference reference{n};
    for (int i = 0; i < 16; ++i) {
      const bool marked = ((pattern >> i) & 1) != 0;
      if (marked) window.record(true, 0, word.stay());
      if (!marked) window.record_unmarked(word.stay());
      reference.record(marked);
    }
    if (wrong.empty()) wrong = difference(window, reference, word);
  };

  for (unsigned pattern = 0; pattern < 1u << 16; pattern += 3) {
    run(Size<1>{}, pattern);
    run(Size<3>{}, pattern);
    run(Size<12>{}, pattern);
    run(Size<13>{}, pattern);
  }

  CHECK(wrong == "");
}

TEST_CASE("a fresh window is empty and not clean") {
  const Word word;
  const CountWindow<10> window{last_calls<10>()};

  CHECK(window.tally(0, word.stay()).calls == 0);
  CHECK(window.tally(0, word.stay()).marked == 0);
  CHECK_FALSE(window.is_clean(word.id()));
}

TEST_CASE("a new stay voids the evidence of the one before, with or without begin") {
  const bool tells = GENERATE(true, false);
  Word word{3};
  CountWindow<10> window{last_calls<10>()};
  for (int i = 0; i < 10; ++i) window.record(true, 0, word.stay());

  word.enter(4);
  if (tells) window.begin(word.stay());

  CHECK(window.tally(0, word.stay()).calls == 0);
  CHECK_FALSE(window.is_clean(word.id()));
  CHECK(window.record(false, 0, word.stay()));
  CHECK(window.tally(0, word.stay()).calls == 1);
  CHECK(window.tally(0, word.stay()).marked == 0);
}

TEST_CASE("a record of an old stay is refused and changes nothing") {
  Word word{3};
  CountWindow<10> window{last_calls<10>()};
  const Stay old = word.stay();
  word.enter(4);
  window.record(true, 0, word.stay());

  CHECK_FALSE(window.record(true, 0, old));
  CHECK_FALSE(window.record_unmarked(old));
  CHECK(window.tally(0, word.stay()).calls == 1);
}

TEST_CASE("begin for a stay that is over changes nothing") {
  Word word{3};
  CountWindow<10> window{last_calls<10>()};
  const Stay old = word.stay();
  word.enter(4);
  window.record(true, 0, word.stay());

  window.begin(old);

  CHECK(window.tally(0, word.stay()).marked == 1);
}

TEST_CASE("evidence is void 256 stays later, where the window's tag comes round") {
  for (const Generation later : {255u, 256u, 257u, 512u}) {
    CAPTURE(later);
    Word word{9};
    CountWindow<10> window{last_calls<10>()};
    for (int i = 0; i < 10; ++i) window.record(true, 0, word.stay());

    for (Generation generation = 10; generation <= 9 + later; ++generation) {
      word.enter(generation);
      window.begin(word.stay());  // as the circuit does on each transition
    }

    CHECK(window.tally(0, word.stay()).calls == 0);
    CHECK_FALSE(window.is_clean(word.id()));
  }
}

TEST_CASE("a window tells clean from marked in every generation of an id") {
  for (const Generation generation : {0u, 1u, 255u, 256u, 257u, 511u, 512u, 0x1fffffu}) {
    CAPTURE(generation);
    const Word word{generation};
    CountWindow<12> window{last_calls<12>()};
    for (int i = 0; i < 13; ++i) window.record(false, 0, word.stay());
    CHECK(window.is_clean(word.id()));

    // As many marks as the id's upper bits say, and one less: they must not be taken for each
    // other.
    for (int marks = 1; marks <= 3; ++marks) {
      window.record(true, 0, word.stay());
      CHECK_FALSE(window.is_clean(word.id()));
    }
    CHECK_FALSE(window.is_clean(Word{generation ^ 1}.id()));
  }
}

TEST_CASE("a window is not clean to another stay, a probe or a refused call") {
  const Word word{5};
  CountWindow<3> window{last_calls<3>()};
  for (int i = 0; i < 4; ++i) window.record(false, 0, word.stay());

  CHECK(window.is_clean(Word{5}.id()));
  CHECK_FALSE(window.is_clean(Word{6}.id()));
  CHECK_FALSE(window.is_clean(Word{4}.id()));
}

TEST_CASE("a window is not copied: what it holds belongs to one circuit") {
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<CountWindow<10>>);
  STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<CountWindow<10>>);
}

TEST_CASE("which window is said by a value that is always good, and equal to others of its size") {
  STATIC_REQUIRE(last_calls<10>() == LastCalls<10>{});
  CHECK_NOTHROW(last_calls<1>().require());
}

TEST_CASE("a window reaches a share at its boundary, once enough calls are in") {
  const Word word;
  CountWindow<10> window{last_calls<10>()};
  Tally seen{};
  const auto reaches = [&](int part, std::uint32_t min_calls) {
    return window.reaches(Ratio{part, 100}, min_calls, 0, word.stay(), seen);
  };
  window.record(true, 0, word.stay());
  window.record(false, 0, word.stay());

  CHECK(reaches(50, 2));
  CHECK_FALSE(reaches(51, 2));
  CHECK_FALSE(reaches(50, 3));
  CHECK(seen.calls == 2);
  CHECK(seen.marked == 1);
}

TEST_CASE("a million laps leave the largest and the smallest window right") {
  const Word word;
  CountWindow<1> smallest{last_calls<1>()};
  CountWindow<100'000> largest{last_calls<100'000>()};

  for (int i = 0; i < 1'000'000; ++i) {
    smallest.record(i % 3 == 0, 0, word.stay());
    largest.record(i % 3 == 0, 0, word.stay());
  }

  CHECK(smallest.tally(0, word.stay()).marked == 1);  // 999'999 is a multiple of 3
  CHECK(largest.tally(0, word.stay()).calls == 100'000);
  CHECK(largest.tally(0, word.stay()).marked ==
        33'334);  // the first and the last of them, and every third
}
