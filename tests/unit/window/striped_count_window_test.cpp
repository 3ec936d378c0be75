// StripedCountWindow against a plain list of the last N outcomes.
#include "breaker/window/striped_count_window.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;

namespace {

using detail::StripedCountWindow;

/// What a window must answer.
class Reference {
 public:
  explicit Reference(std::size_t size) : size_{size} {}

  void record(bool marked) {
    outcomes_.push_back(marked);
    marked_ += marked ? 1 : 0;
    if (outcomes_.size() <= size_) return;
    marked_ -= outcomes_.front() ? 1 : 0;
    outcomes_.pop_front();
  }
  void clear() { *this = Reference{size_}; }
  [[nodiscard]] Tally tally() const {
    return {static_cast<std::uint32_t>(outcomes_.size()), static_cast<std::uint32_t>(marked_)};
  }

 private:
  std::size_t size_;
  std::deque<bool> outcomes_;
  int marked_ = 0;
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

/// A limit, and whether it was asked about as many calls as the window holds.
struct Limit {
  std::uint32_t least;
  std::uint32_t calls;

  [[nodiscard]] std::uint32_t least_of(std::uint32_t held) const noexcept {
    return held == calls ? least : 0xffff;
  }
};

/// Sets the number of this thread, so that it counts in another stripe, and gives it back at last.
class Hopping {
 public:
  Hopping() = default;
  Hopping(const Hopping&) = delete;
  Hopping& operator=(const Hopping&) = delete;
  ~Hopping() { detail::own_thread_number = before_; }
  static void to(unsigned number) { detail::own_thread_number = number; }

 private:
  unsigned before_ = detail::thread_number();
};

template <int n, int stripes>
struct Size {
  static constexpr int value = n;
  using Window = StripedCountWindow<n, stripes>;
  static std::unique_ptr<Window> make() {
    return std::make_unique<Window>(LastCalls<n, stripes>{});
  }
};

bool equal(const Tally& one, const Tally& other) {
  return one.calls == other.calls && one.marked == other.marked;
}

std::string in_words(const Tally& tally) {
  return std::to_string(tally.marked) + " of " + std::to_string(tally.calls);
}

}  // namespace

TEMPLATE_TEST_CASE("striped last N: it counts and judges as a list of the last N outcomes does", "",
                   (Size<1, 2>), (Size<2, 2>), (Size<7, 3>), (Size<100, 8>), (Size<256, 2>),
                   (Size<257, 4>), (Size<1000, 8>)) {
  constexpr int n = TestType::value;
  const bool shares = GENERATE(false, true);
  std::mt19937_64 random{n};
  const auto window = TestType::make();
  if (shares) window->share();
  Reference reference{n};
  Generation generation = 0;
  Word word{generation};
  const Hopping hopping;

  std::string wrong;
  for (int run = 0; run < 60 && wrong.empty(); ++run) {
    // Streaks of success and of failure, mixtures, and every few runs another stay.
    const int share = std::uniform_int_distribution{-1, 3}(random) * 40;
    const int length = std::uniform_int_distribution{1, n < 1000 ? 3 * n + 20 : n}(random);
    for (int i = 0; i < length && wrong.empty(); ++i) {
      Hopping::to(std::uniform_int_distribution{1U, 9U}(random));
      const bool marked = std::uniform_int_distribution{1, 100}(random) <= share;
      reference.record(marked);
      const Tally expected = reference.tally();
      if (!marked && !window->record_unmarked(word.stay())) wrong = "the stay is not over";
      if (marked) {
        // As many as there are, one more, and some number.
        const std::uint32_t limits[] = {expected.marked, expected.marked + 1,
                                        std::uniform_int_distribution<std::uint32_t>{1, n}(random)};
        const std::uint32_t limit = limits[i % 3];
        const auto found = window->record_marked(Limit{limit, expected.calls}, word.stay());
        if (!found.is_recorded) wrong = "the stay is not over";
        if (found.is_at_limit != (expected.marked >= limit)) wrong = "judged wrong";
        if (found.is_at_limit && !equal(found.seen, expected))
          wrong = "judged by " + in_words(found.seen) + ", not " + in_words(expected);
      }
      if (n < 1000 || i % 16 == 0) {
        const Tally seen = window->tally(0, word.stay());
        if (!equal(seen, expected)) wrong = in_words(seen) + ", not " + in_words(expected);
      }
    }
    if (run % 7 == 6) {
      generation += std::uniform_int_distribution<Generation>{1, 700}(random);
      word.enter(generation);
      if (run % 2 == 0) window->begin(word.stay());
      reference.clear();
      if (!equal(window->tally(0, word.stay()), {0, 0})) wrong = "a new stay is not empty";
    }
  }

  CAPTURE(n, shares, generation);
  CHECK(wrong == "");
}

TEST_CASE("striped last N: a marked call that is far back does not come round again") {
  // The ring has the low 16 bits of how many came before.
  const Word word;
  const auto window = Size<100, 2>::make();
  for (int i = 0; i < 3; ++i) window->record(true, 0, word.stay());

  const int successes = GENERATE(98, 99, 100, (1 << 16) - 3, 1 << 16, (1 << 16) + 1, 3 << 16);
  for (int i = 0; i < successes; ++i) window->record_unmarked(word.stay());

  CAPTURE(successes);
  const std::uint32_t left = successes == 98 ? 2 : successes == 99 ? 1 : 0;
  CHECK(window->tally(0, word.stay()).marked == left);
  CHECK(window->record_marked(Limit{1, 100}, word.stay()).seen.marked == (left == 2 ? 2 : 1));
}

TEST_CASE("striped last N: a call of an old stay is refused, and changes nothing") {
  const bool shares = GENERATE(false, true);
  Word word{3};
  const auto window = Size<10, 2>::make();
  if (shares) window->share();
  const Stay old = word.stay();
  word.enter(4);
  window->record(true, 0, word.stay());
  window->record(false, 0, word.stay());

  CHECK_FALSE(window->record(true, 0, old));
  CHECK_FALSE(window->record(false, 0, old));
  window->begin(old);

  CHECK(equal(window->tally(0, word.stay()), {2, 1}));
}

TEST_CASE("striped last N: evidence is void 256 stays later, where the window's tag comes round") {
  for (const Generation later : {255u, 256u, 257u, 512u}) {
    CAPTURE(later);
    Word word{9};
    const auto window = Size<10, 2>::make();
    for (int i = 0; i < 10; ++i) window->record(i % 2 == 0, 0, word.stay());

    for (Generation generation = 10; generation <= 9 + later; ++generation) {
      word.enter(generation);
      window->begin(word.stay());  // as the circuit does on each transition
    }

    CHECK(equal(window->tally(0, word.stay()), {0, 0}));
    window->record(true, 0, word.stay());
    CHECK(equal(window->tally(0, word.stay()), {1, 1}));
  }
}

TEST_CASE("striped last N: threads of one stripe count beside its owner") {
  const Word word;
  const auto window = Size<100, 2>::make();
  const Hopping hopping;
  Hopping::to(1);
  window->record_unmarked(word.stay());

  std::thread{[&] {
    Hopping::to(3);
    window->record_unmarked(word.stay());
  }}.join();

  CHECK(equal(window->tally(0, word.stay()), {2, 0}));
}

TEST_CASE("striped last N: policies trip at the call at which they trip without stripes") {
  std::mt19937_64 random{24};
  const auto same = [&random](const auto& plain, const auto& striped) {
    CircuitBreaker one{Config{}, plain};
    CircuitBreaker other{Config{}, striped};
    const Hopping hopping;
    int differ = 0;
    for (int i = 0; i < 20'000; ++i) {
      Hopping::to(1 + static_cast<unsigned>(random() % 9));
      const bool fails = random() % 100 < (i / 500 % 2 == 0 ? 5U : 60U);
      const Verdict verdict = fails ? Verdict::failure : Verdict::success;
      one.try_acquire().settle(verdict);
      other.try_acquire().settle(verdict);
      if (one.state() != other.state() || one.numbers() != other.numbers() ||
          one.why().numbers != other.why().numbers || one.why().limits != other.why().limits)
        ++differ;
      if (one.state() == State::open) {
        one.reset();
        other.reset();
      }
    }
    CHECK(one.snapshot().transitions > 20);
    return differ;
  };

  const FailureRateSettings half{.threshold = 50_percent, .min_calls = 20};
  CHECK(same(FailureRate{last_calls<100>(), half}, FailureRate{last_calls<100, 8>(), half}) == 0);
  CHECK(same(FailureCount{30, last_calls<100>()}, FailureCount{30, last_calls<100, 8>()}) == 0);
  CHECK(same(all_of(FailureRate{last_calls<100>(), half}, ConsecutiveFailures{2}),
             all_of(FailureRate{last_calls<100, 8>(), half}, ConsecutiveFailures{2})) == 0);
}

TEST_CASE("striped last N: what it promises is what the plain window promises") {
  constexpr FailureRateSettings half{.threshold = 50_percent, .min_calls = 20};
  STATIC_REQUIRE(FailureRate{last_calls<100, 8>(), half}.rule() ==
                 FailureRate{last_calls<100>(), half}.rule());
  STATIC_REQUIRE(is_shareable<FailureRate<LastCalls<100, 8>>>);
}
