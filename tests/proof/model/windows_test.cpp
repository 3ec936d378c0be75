// Random outcomes in each kind of window and in a plain list, compared after each step.
//   windows_test [--operations N] [--seed N]
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include "breaker/breaker.hpp"
#include "breaker/window/striped_count_window.hpp"
#include "proof/model/rules.hpp"

namespace {

using namespace model;

/// The last calls, whose number is known at run time, and changes.
template <int Cap>
struct AnyCalls {
  struct Window : detail::CallRing<detail::SizeUpTo<Cap>> {
    explicit Window(AnyCalls kind) : Window::CallRing{static_cast<std::uint32_t>(kind.calls)} {}
    static constexpr int most = Cap;
    bool reaches(Ratio share, std::uint32_t min_calls, Ticks now, const Stay& stay,
                 Tally& seen) const {
      seen = this->tally(now, stay);
      return seen.calls >= min_calls && share.reached_by(seen.marked, seen.calls);
    }
  };
  int calls = Cap;
};

/// One kind of window beside its list. What is marked here is called a failure in the list.
template <class Window>
class Pair {
 public:
  Pair(Window& window, const Policy& policy, std::uint64_t seed)
      : window_{window}, policy_{policy}, seed_{seed}, random_{seed} {}

  /// **Returns** whether `operations` random steps went without a difference, and most looks were exact (of few
  /// they need not be).
  bool run(std::uint64_t operations) {
    // Long windows are looked at now and then: going over the list takes its time.
    const auto every = static_cast<std::uint64_t>(1 + policy_.last_calls / 100);
    for (step_ = 0; step_ < operations; ++step_) {
      step();
      if (step_ % every == 0 && !agrees()) return false;
    }
    if (looks_ >= 10'000 && 2 * exact_looks_ <= looks_) complain("most looks left room");
    return !failed_;
  }
  [[nodiscard]] std::uint64_t looks() const { return looks_; }
  [[nodiscard]] std::uint64_t exact_looks() const { return exact_looks_; }

 private:
  void step() {
    const std::uint64_t dice = random_() % 1000;
    if (dice == 0 && (policy_.last_calls < 1000 || random_() % 1000 == 0)) return begin_stay();
    if (dice == 1) marked_share_ = random_() % 101;
    if (dice < 300 && policy_.slices > 0) pass();
    if (dice == 2) return record_late();
    if (dice == 3 && policy_.slices > 0) leap();
    if (dice == 4 && policy_.slices > 0) return change_length();
    if constexpr (requires { window_.adopt(1u); }) {
      if (dice == 5) return change_calls();
    }
    const bool marked = random_() % 100 < marked_share_;
    detail::own_thread_number =
        1 + static_cast<unsigned>(random_() % 9);  // counts in another stripe
    const bool was_clean = is_clean();
    const Tally before = window_.tally(now_, stay());
    if (!window_.record(marked, now_, stay())) complain("a call of the current stay was refused");
    const Tally after = window_.tally(now_, stay());
    if (was_clean && !marked && (before.calls != after.calls || before.marked != after.marked))
      complain("a clean window was changed by an unmarked call");
    list_.push_back({marked ? Verdict::failure : Verdict::success, now_, 0});
    calls_ += 1;
    marked_ += marked ? 1 : 0;
    forget();
  }

  void begin_stay() {
    for (auto steps = 1 + random_() % 3; steps > 0; --steps) {
      before_ = id_;
      id_ = id_.next(State::closed, random_() % 31);
    }
    word_.store(id_.clean_word(), detail::relaxed);
    if constexpr (requires { window_.begin(stay()); }) window_.begin(stay());
    list_.clear();
  }

  /// The window holds another number of calls from now on, and a new stay begins. What is recorded before is void.
  void change_calls() {
    policy_.last_calls = 1 + static_cast<int>(random_() % Window::most);
    window_.adopt(static_cast<std::uint32_t>(policy_.last_calls));
    for (auto calls = random_() % 30; calls > 0; --calls)
      window_.record(random_() % 2 == 0, now_, stay());
    begin_stay();
  }

  /// The slices are of another length from now on, and a new stay begins.
  void change_length() {
    // Of the first length: else it could grow until a leap is out of the clock's range.
    const Ticks hundredths[] = {50, 90, 110, 200};
    const Ticks slice = std::max(Ticks{1}, first_slice_ * hundredths[random_() % 4] / 100);
    policy_.span = std::min(slice * policy_.slices, detail::longest_wait);
    adopt(window_, policy_.span);
    begin_stay();
  }
  template <int Slices, int Stripes>
  static void adopt(TimeWindow<Slices, Stripes>& window, Ticks span) {
    window.adopt(within<Slices, Stripes>(nanoseconds{span}));
  }
  template <class Other>
  static void adopt(Other& /*window*/, Ticks /*span*/) {}

  /// A call of an earlier stay moves nothing (the comparison that follows would see it), and is
  /// refused where this stay has taken the place that it would be counted in.
  void record_late() {
    const bool taken =
        policy_.slices == 0 ||
        (!list_.empty() && list_.back().verdict == Verdict::failure &&
         slice_of(list_.back().now, policy_.slice()) == slice_of(now_, policy_.slice()));
    const bool recorded = window_.record(true, now_, Stay{word_, before_});
    if (recorded && taken && is_exact()) complain("a call of an earlier stay was recorded");
  }

  /// The clock is set back, or shows a time about 2^24 slices ahead, where old slices come round.
  void leap() {
    const Ticks slices = policy_.slices;
    const Ticks by = static_cast<Ticks>(random_() % static_cast<std::uint64_t>(4 * slices + 1));
    const bool ahead = random_() % 8 == 0;
    const Ticks before = now_;
    const Ticks room =
        std::max(inexact_until_, before) - before;  // slices from ahead are still there
    now_ += policy_.slice() * (ahead ? (Ticks{1} << 24) + by - 2 * slices : -by);
    inexact_until_ = std::max(before, now_) + room + 4 * slices * policy_.slice();
  }
  [[nodiscard]] bool is_exact() const { return now_ >= inexact_until_; }

  void pass() {
    const Ticks slice = policy_.slice();
    const Ticks steps[] = {1,
                           slice / 3,
                           slice - 1,
                           slice,
                           slice + 1,
                           slice * policy_.slices,
                           slice * policy_.slices - 1,
                           slice * 7};
    now_ += steps[random_() % std::size(steps)] * (random_() % 4 == 0 ? 1 : 0);
  }

  /// What no window of this kind could hold any more.
  void forget() {
    const std::size_t most =
        policy_.last_calls > 0 ? 2 * static_cast<std::size_t>(policy_.last_calls) + 100 : 3000;
    if (list_.size() <= most) return;
    if (policy_.slices > 0) {
      list_ = window_of(policy_, list_, now_);
    } else {
      list_.erase(list_.begin(), list_.end() - policy_.last_calls);
    }
  }

  bool agrees() {
    Tally reached{};
    const Ratio share{1 + static_cast<int>(random_() % 100), 100};
    const auto min_calls = static_cast<std::uint32_t>(1 + random_() % 30);
    const bool reaches = window_.reaches(share, min_calls, now_, stay(), reached);
    const Tally seen = window_.tally(now_, stay());
    std::uint32_t calls = 0;
    std::uint32_t marked = 0;
    for (const Outcome& call : window_of(policy_, list_, now_)) {
      calls += 1;
      marked += call.verdict == Verdict::failure ? 1 : 0;
    }
    looks_ += 1;
    exact_looks_ += is_exact() ? 1 : 0;
    if (!is_exact()) {  // it may have lost calls, or found old ones, but it makes up none
      if (seen.calls > calls_ || seen.marked > marked_ || seen.marked > seen.calls)
        complain("it holds more than there ever was");
      return !failed_;
    }
    const bool expected =
        calls >= min_calls && marked * 100 >= calls * static_cast<std::uint32_t>(share.part());
    if (seen.calls != calls || seen.marked != marked)
      complain("it holds " + std::to_string(seen.marked) + " of " + std::to_string(seen.calls) +
               ", the list " + std::to_string(marked) + " of " + std::to_string(calls));
    if (reaches != expected) complain("it and the list differ about a share being reached");
    if constexpr (requires { window_.marked(now_, stay()); }) {
      if (window_.marked(now_, stay()) != marked) complain("marked() and the list differ");
    }
    return !failed_;
  }

  bool is_clean() const {
    if constexpr (requires { window_.is_clean(id_); }) {
      return window_.is_clean(id_);
    } else {
      return false;
    }
  }

  void complain(const std::string& what) {
    if (!failed_)
      std::printf("FAILED with --seed %llu, at step %llu, time %lld: %s\n",
                  static_cast<unsigned long long>(seed_), static_cast<unsigned long long>(step_),
                  static_cast<long long>(now_), what.c_str());
    failed_ = true;
  }

  Stay stay() const { return {word_, id_}; }

  Window& window_;
  Policy policy_;
  const Ticks first_slice_{policy_.slices > 0 ? policy_.slice() : 0};
  const std::uint64_t seed_;
  std::mt19937_64 random_;
  std::uint64_t step_ = 0;
  StayId before_ = StayId::of(~std::uint64_t{7});  // the last generation: one before the first
  StayId id_;
  detail::Atomic<std::uint64_t> word_{0};
  Ticks now_ = -5'000'000'001;
  Ticks inexact_until_ = std::numeric_limits<Ticks>::min();
  std::uint64_t marked_share_ = 30;
  Outcomes list_;
  std::uint64_t calls_ = 0;  // ever
  std::uint64_t marked_ = 0;
  std::uint64_t looks_ = 0;
  std::uint64_t exact_looks_ = 0;
  bool failed_ = false;
};

template <class Kind>
bool agree(const std::string& name, Kind kind, const Policy& policy, std::uint64_t operations,
           std::uint64_t seed) {
  const auto window = std::make_unique<typename Kind::Window>(kind);
  Pair pair{*window, policy, seed};
  const bool agrees = pair.run(operations);
  std::printf("%s: %s (%llu looks, %llu of them exact)\n", agrees ? "agrees" : "FAILED",
              name.c_str(), static_cast<unsigned long long>(pair.looks()),
              static_cast<unsigned long long>(pair.exact_looks()));
  return agrees;
}

template <int... N>
bool last_calls_agree(std::uint64_t operations, std::uint64_t seed) {
  int differ = 0;
  ((differ += !agree("the last " + std::to_string(N) + " calls", last_calls<N>(), {.last_calls = N},
                     operations, seed)),
   ...);
  return differ == 0;
}

template <int N, int Stripes>
bool last_calls_agree_in_stripes(std::uint64_t operations, std::uint64_t seed) {
  return agree("the last " + std::to_string(N) + " calls, stripes: " + std::to_string(Stripes),
               last_calls<N, Stripes>(), {.last_calls = N}, operations, seed);
}

template <int... Cap>
bool any_calls_agree(std::uint64_t operations, std::uint64_t seed) {
  int differ = 0;
  ((differ += !agree("any number of calls up to " + std::to_string(Cap), AnyCalls<Cap>{},
                     {.last_calls = Cap}, operations, seed)),
   ...);
  return differ == 0;
}

template <int Slices, int Stripes>
bool within_agrees(Ticks slice, std::uint64_t operations, std::uint64_t seed) {
  return agree(std::to_string(Slices) + " slices of " + std::to_string(slice) +
                   " ns, stripes: " + std::to_string(Stripes),
               within<Slices, Stripes>(nanoseconds{slice * Slices}),
               {.slices = Slices, .span = slice * Slices}, operations, seed);
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t operations = 200'000;
  std::uint64_t seed = 1;
  CLI::App app{"Compares windows with a plain list"};
  app.add_option("--operations", operations, "How many, in each window")->capture_default_str();
  app.add_option("--seed", seed, "Of the random outcomes")->capture_default_str();
  CLI11_PARSE(app, count, arguments);

  bool ok = last_calls_agree<1, 2, 11, 12, 13, 24, 25, 100, 4095, 4096, 4097>(operations, seed);
  ok &= last_calls_agree<100'000>(2 * operations, seed);
  ok &= last_calls_agree_in_stripes<1, 2>(operations, seed);
  ok &= last_calls_agree_in_stripes<13, 3>(operations, seed);
  ok &= last_calls_agree_in_stripes<100, 8>(operations, seed);
  ok &= last_calls_agree_in_stripes<257, 8>(operations, seed);
  ok &= any_calls_agree<1, 13, 25, 100, 4097>(operations, seed);
  ok &= within_agrees<2, 1>(1, operations, seed);
  ok &= within_agrees<3, 1>(7, operations, seed);
  ok &= within_agrees<10, 1>(1'000'000'000, operations, seed);
  ok &= within_agrees<1024, 1>(1'000, operations / 10, seed);
  ok &= within_agrees<2, 8>(1, operations, seed);
  ok &= within_agrees<10, 8>(100'000'000, operations, seed);
  ok &= within_agrees<33, 2>(333, operations, seed);
  std::printf("%s, seed %llu\n", ok ? "All agree" : "FAILED",
              static_cast<unsigned long long>(seed));
  return ok ? 0 : 1;
}
