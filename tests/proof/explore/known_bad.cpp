// The explorer proves itself: breakers and windows with a known mistake each, most of them made by somebody before. Each
// must be caught, within seconds, and shown again by the choices that led to it; the same program without the mistake must
// not be.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "breaker/base/atomic.hpp"
#include "proof/explore/runtime.hpp"

namespace {

using namespace explore;
using breaker::detail::Atomic;
constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto seq_cst = std::memory_order_seq_cst;

enum class Mistake {
  none,
  two_variables,       // open is published before its deadline (Hystrix, Sentinel)
  half_open_by_store,  // open → half-open without comparing what was read (couchbase)
  late_success_closes,  // a verdict is matched with the state it finds, not the one it began in (resilience4j, opossum)
  old_permit_released,     // a release of an old generation adds capacity (k8s-breakglass, tower)
  relaxed_publication,     // what a transition prepared is published relaxed
  clock_before_word,       // an old reading declares a young probe lost
  reset_by_store,          // the hand overwrites a transition that it did not see
  slot_by_load_and_store,  // a probe's slot is taken without an exchange
  wait_pushed_out,         // a late failure while open sets the deadline again (galay-utils)
  neutral_keeps_its_slot,  // an ignored probe does not hand its slot back (Hystrix, smallrye)
};

/// A breaker in a few lines: word {state:2 | held:6 | generation:24 | deadline or last grant:32}, one probe, a lease.
class SmallBreaker {
 public:
  using Word = std::uint64_t;
  enum State : unsigned { closed, open, half_open };
  struct Permit {
    bool granted = false;
    unsigned generation = 0;
    bool is_probe = false;
  };
  static constexpr int wait = 30;
  static constexpr int lease = 30;

  explicit SmallBreaker(Mistake mistake) : mistake_{mistake} {}

  static unsigned state(Word word) { return word & 3; }
  static unsigned held(Word word) { return word >> 2 & 63; }
  static unsigned generation(Word word) { return word >> 8 & 0xffffff; }
  static int time(Word word) { return static_cast<int>(word >> 32); }
  static Word make(unsigned state, unsigned held, unsigned generation, int time) {
    return state | held << 2 | generation << 8 | static_cast<Word>(time) << 32;
  }

  Permit acquire_at(Atomic<int>& clock) {
    int now = mistake_ == Mistake::clock_before_word ? clock.load(relaxed) : 0;
    Word word = word_.load(acquire);
    for (;;) {
      if (mistake_ != Mistake::clock_before_word) now = clock.load(relaxed);
      if (state(word) == closed) return {true, generation(word), false};
      Word next = make(half_open, 1, generation(word) + 1, now);
      if (state(word) == open) {
        if (now < (is_apart() ? deadline_.load(relaxed) : time(word))) return {};
      } else if (held(word) == 0) {
        next = make(half_open, 1, generation(word), now);
      } else if (now < time(word) || now - time(word) >= lease) {
        lost_young = lost_young || now < time(word);
      } else {
        return {};
      }
      if (mistake_ == Mistake::half_open_by_store || mistake_ == Mistake::slot_by_load_and_store) {
        word_.store(next, release);
      } else if (!word_.compare_exchange_strong(word, next, release, acquire)) {
        continue;
      }
      return {true, generation(next), true};
    }
  }

  /// **Returns** whether the verdict counted.
  bool settle(const Permit& permit, char verdict, Atomic<int>& clock) {
    Word word = word_.load(acquire);
    for (;;) {
      const bool is_late = generation(word) != permit.generation;
      Word next = word;
      if (is_late) {
        if (mistake_ == Mistake::late_success_closes && verdict == 's' &&
            state(word) == half_open) {
          next = make(closed, 0, generation(word) + 1, 0);
        } else if (mistake_ == Mistake::old_permit_released && verdict == 'i' && held(word) > 0) {
          next = make(half_open, held(word) - 1, generation(word), time(word));
        } else if (mistake_ == Mistake::wait_pushed_out && verdict == 'f' && state(word) == open) {
          next = make(open, 0, generation(word), clock.load(relaxed) + wait);
        } else {
          return false;
        }
      } else if (verdict == 'f') {
        return trip(word, clock);
      } else if (state(word) == half_open && verdict == 's') {
        next = make(closed, 0, generation(word) + 1, 0);
      } else if (state(word) == half_open && mistake_ != Mistake::neutral_keeps_its_slot) {
        next = make(half_open, held(word) - 1, generation(word), time(word));
      }
      if (next == word || word_.compare_exchange_strong(word, next, release, acquire)) return true;
    }
  }

  void reset() {
    Word word = word_.load(acquire);
    if (mistake_ == Mistake::reset_by_store) {
      word_.store(make(closed, 0, generation(word) + 1, 0), release);
      return;
    }
    while (!word_.compare_exchange_strong(word, make(closed, 0, generation(word) + 1, 0), release,
                                          acquire)) {
    }
  }

  Word word() { return word_.load(acquire); }

  bool lost_young = false;  // the test's own knowledge, not the breaker's

 private:
  bool is_apart() const {
    return mistake_ == Mistake::two_variables || mistake_ == Mistake::relaxed_publication;
  }

  bool trip(Word word, Atomic<int>& clock) {
    const int deadline = clock.load(relaxed) + wait;
    if (mistake_ == Mistake::relaxed_publication) deadline_.store(deadline, relaxed);
    const Word next = make(open, 0, generation(word) + 1, deadline);
    const bool done = word_.compare_exchange_strong(
        word, next, mistake_ == Mistake::relaxed_publication ? relaxed : release, relaxed);
    if (mistake_ == Mistake::two_variables && done) deadline_.store(deadline, relaxed);
    return done;
  }

  Mistake mistake_;
  Atomic<Word> word_{0};
  Atomic<int> deadline_{0};
};

struct World {
  explicit World(Mistake mistake) : breaker{mistake} {}
  SmallBreaker breaker;
  Atomic<int> clock{0};
  std::array<SmallBreaker::Permit, 4> permits{};
};

/// Leaves the breaker open at 0, due at 30.
World& make_open(Run& run, Mistake mistake) {
  World& world = run.make<World>(mistake);
  world.breaker.settle(world.breaker.acquire_at(world.clock), 'f', world.clock);
  return world;
}

World& make_half_open(Run& run, Mistake mistake) {
  World& world = make_open(run, mistake);
  world.clock.fetch_add(30, relaxed);
  world.permits[0] = world.breaker.acquire_at(world.clock);
  return world;
}

void nobody_passes_before_the_deadline(Run& run, Mistake mistake) {
  World& world = run.make<World>(mistake);
  world.clock.fetch_add(100, relaxed);
  run.thread(
      [&world] { world.breaker.settle(world.breaker.acquire_at(world.clock), 'f', world.clock); });
  run.thread([&world, &run] {
    const auto permit = world.breaker.acquire_at(world.clock);
    run.check(!permit.is_probe, "a probe went out before the deadline");
  });
}

void one_probe_passes_at_the_deadline(Run& run, Mistake mistake) {
  World& world = make_open(run, mistake);
  world.clock.fetch_add(30, relaxed);
  for (std::size_t i = 0; i < 2; ++i) {
    run.thread([&world, i] { world.permits[i] = world.breaker.acquire_at(world.clock); });
  }
  run.finally([&world, &run] {
    run.check(world.permits[0].is_probe != world.permits[1].is_probe, "two probes at once");
  });
}

void one_slot_is_taken_once(Run& run, Mistake mistake) {
  World& world = make_half_open(run, mistake);
  world.breaker.settle(world.permits[0], 'i', world.clock);
  for (std::size_t i = 0; i < 2; ++i) {
    run.thread([&world, i] { world.permits[i] = world.breaker.acquire_at(world.clock); });
  }
  run.finally([&world, &run] {
    run.check(world.permits[0].granted != world.permits[1].granted,
              "one slot was taken twice, or not at all");
  });
}

void only_the_probe_decides(Run& run, Mistake mistake) {
  World& world = run.make<World>(mistake);
  world.permits[1] = world.breaker.acquire_at(world.clock);  // admitted while closed, ends late
  run.thread([&world, &run] {
    const auto before = world.breaker.word();
    const bool counted = world.breaker.settle(world.permits[1], 's', world.clock);
    run.check(!counted || SmallBreaker::generation(before) == 0,
              "a verdict of an earlier stay counted");
  });
  run.thread([&world] {
    world.breaker.settle(world.breaker.acquire_at(world.clock), 'f', world.clock);
    world.clock.fetch_add(30, relaxed);
    world.permits[0] = world.breaker.acquire_at(world.clock);
  });
  run.finally([&world, &run] {
    run.check(SmallBreaker::state(world.breaker.word()) == SmallBreaker::half_open,
              "a late verdict closed the circuit");
  });
}

void an_old_release_adds_nothing(Run& run, Mistake mistake) {
  World& world = make_half_open(run, mistake);
  world.clock.fetch_add(30, relaxed);  // its lease is over
  run.thread([&world] { world.permits[1] = world.breaker.acquire_at(world.clock); });
  run.thread([&world] { world.breaker.settle(world.permits[0], 'i', world.clock); });
  run.thread([&world] { world.permits[2] = world.breaker.acquire_at(world.clock); });
  run.finally([&world, &run] {
    const auto& a = world.permits[1];
    const auto& b = world.permits[2];
    run.check(!(a.is_probe && b.is_probe && a.generation == b.generation),
              "two probes share a generation's one slot");
  });
}

void a_young_probe_is_kept(Run& run, Mistake mistake) {
  World& world = make_open(run, mistake);
  world.clock.fetch_add(30, relaxed);
  for (std::size_t i = 0; i < 2; ++i) {
    run.thread([&world, i] { world.permits[i] = world.breaker.acquire_at(world.clock); });
  }
  run.thread([&world] { world.clock.fetch_add(1, relaxed); });
  run.finally(
      [&world, &run] { run.check(!world.breaker.lost_young, "a young probe was declared lost"); });
}

void a_reset_loses_to_nobody(Run& run, Mistake mistake) {
  World& world = run.make<World>(mistake);
  auto& counted = run.make<bool>(false);
  world.permits[0] = world.breaker.acquire_at(world.clock);
  run.thread([&] { counted = world.breaker.settle(world.permits[0], 'f', world.clock); });
  run.thread([&] { world.breaker.reset(); });
  run.finally([&] {
    const unsigned generation = SmallBreaker::generation(world.breaker.word());
    run.check(generation == (counted ? 2u : 1u), "a transition was overwritten");
  });
}

void the_wait_is_not_pushed_out(Run& run, Mistake mistake) {
  World& world = run.make<World>(mistake);
  world.permits[1] = world.breaker.acquire_at(world.clock);  // admitted while closed, ends late
  world.breaker.settle(world.breaker.acquire_at(world.clock), 'f', world.clock);
  run.thread([&world] { world.breaker.settle(world.permits[1], 'f', world.clock); });
  run.thread([&world] { world.clock.fetch_add(20, relaxed); });
  run.finally([&world, &run] {
    world.clock.fetch_add(10, relaxed);
    run.check(world.breaker.acquire_at(world.clock).granted, "refused although the wait is over");
  });
}

void a_neutral_probe_makes_room(Run& run, Mistake mistake) {
  World& world = make_half_open(run, mistake);
  run.thread([&world] { world.breaker.settle(world.permits[0], 'i', world.clock); });
  run.thread([&world] { world.permits[1] = world.breaker.acquire_at(world.clock); });
  run.finally([&world, &run] {
    run.check(world.permits[1].granted || world.breaker.acquire_at(world.clock).granted,
              "the slot never came back");
  });
}

// ---- windows

enum class WindowMistake {
  none,
  published_before_cleared,  // a slice's new tick is visible before its old count is gone (cep21)
  counted_without_tag,  // the count goes up after the slice was checked (couchbase, most rings)
  added_then_summed_relaxed,  // two failures that race miss each other
};

/// A slice {tag, count} in two words, as most have it, or in one.
class SmallWindow {
 public:
  explicit SmallWindow(WindowMistake mistake) : mistake_{mistake} {}

  void add(int tick, int place) {
    if (mistake_ == WindowMistake::published_before_cleared ||
        mistake_ == WindowMistake::counted_without_tag) {
      Two& slice = two_[static_cast<std::size_t>(place)];
      int seen = slice.tick.load(acquire);
      if (seen != tick) {
        if (mistake_ == WindowMistake::published_before_cleared) {
          if (slice.tick.compare_exchange_strong(seen, tick, release, acquire))
            slice.count.store(0, release);
        } else {
          slice.count.store(0, release);
          slice.tick.store(tick, release);
        }
      }
      slice.count.fetch_add(1, release);
      return;
    }
    const auto order = mistake_ == WindowMistake::added_then_summed_relaxed ? relaxed : seq_cst;
    Atomic<int>& slice = one_[static_cast<std::size_t>(place)];
    int seen = slice.load(relaxed);
    while (!slice.compare_exchange_strong(seen, seen / 100 == tick ? seen + 1 : tick * 100 + 1,
                                          order, relaxed)) {
    }
  }

  int sum(int tick, int place) {
    if (mistake_ == WindowMistake::published_before_cleared ||
        mistake_ == WindowMistake::counted_without_tag) {
      Two& slice = two_[static_cast<std::size_t>(place)];
      return slice.tick.load(acquire) == tick ? slice.count.load(acquire) : 0;
    }
    const int slice = one_[static_cast<std::size_t>(place)].load(
        mistake_ == WindowMistake::added_then_summed_relaxed ? relaxed : seq_cst);
    return slice / 100 == tick ? slice % 100 : 0;
  }

 private:
  struct Two {
    Atomic<int> tick{0};
    Atomic<int> count{0};
  };
  WindowMistake mistake_;
  std::array<Two, 2> two_;
  std::array<Atomic<int>, 2> one_{0, 0};
};

void a_turning_slice_keeps_its_counts(Run& run, WindowMistake mistake) {
  auto& window = run.make<SmallWindow>(mistake);
  window.add(1, 0);
  for (int i = 0; i < 2; ++i) {
    run.thread([&window] { window.add(3, 0); });
  }
  run.finally([&] {
    run.check(window.sum(3, 0) == 2, "a turning slice lost a count, or kept an old one");
  });
}

void racing_failures_see_each_other(Run& run, WindowMistake mistake) {
  auto& window = run.make<SmallWindow>(mistake);
  auto& sums = run.make<std::array<int, 2>>();
  for (int i = 0; i < 2; ++i) {
    run.thread([&window, &sums, i] {
      window.add(i + 1, i);
      sums[static_cast<std::size_t>(i)] = window.sum(1, 0) + window.sum(2, 1);
    });
  }
  run.finally(
      [&] { run.check(sums[0] == 2 || sums[1] == 2, "two racing failures missed each other"); });
}

int failures = 0;
int caught = 0;
int replays = 0;

constexpr std::pair<Strategy, const char*> strategies[] = {{Strategy::depth_first, "depth first"},
                                                           {Strategy::random, "random"},
                                                           {Strategy::priorities, "priorities"}};

Options options_for(Strategy strategy) {
  return {.strategy = strategy,
          .executions = strategy == Strategy::depth_first ? 2'000'000u : 5'000u};
}

/// **Returns** whether the choices that led to `found` lead there again.
bool is_found_again(const Scenario& scenario, const Result& found) {
  const Result again =
      explore::explore(scenario, {.strategy = Strategy::replay, .replay = found.choices});
  ++replays;
  return again.failure == found.failure;
}

void report(bool ok, const std::string& name, const std::string& what) {
  std::printf("  %s %-38s %s\n", ok ? "ok    " : "FAILED", name.c_str(), what.c_str());
  if (!ok) ++failures;
}

void expect_caught(const std::string& name, const Scenario& scenario) {
  bool is_caught = false;
  bool ok = true;
  std::string text;
  for (const auto& [strategy, how] : strategies) {
    const auto began = std::chrono::steady_clock::now();
    const Result result = explore::explore(scenario, options_for(strategy));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    if (result.failure.empty()) continue;
    if (!is_caught) text = result.failure;
    is_caught = is_caught || took.count() < 5;
    text += std::string{"; "} + how + " " + std::to_string(result.executions);
    if (is_found_again(scenario, result)) continue;
    ok = false;
    text += " (the replay differs)";
  }
  if (is_caught) ++caught;
  report(is_caught && ok, name, text);
}

void expect_nothing(const std::string& name, const Scenario& scenario) {
  std::string text;
  for (const auto& [strategy, how] : strategies) {
    const Result result = explore::explore(scenario, options_for(strategy));
    if (!result.failure.empty()) text += result.failure + ", " + how + "; ";
    if (strategy == Strategy::depth_first && !result.exhausted) text += "not exhausted; ";
  }
  report(text.empty(), name, text.empty() ? "nothing found" : text);
}

template <class Kind>
void expect_caught(const char* name, Kind mistake, void (*scenario)(Run&, Kind)) {
  expect_caught(name, [=](Run& run) { scenario(run, mistake); });
  expect_nothing("  without it", [=](Run& run) { scenario(run, Kind::none); });
}

}  // namespace

int main() {
  expect_caught("state and deadline in two variables", Mistake::two_variables,
                nobody_passes_before_the_deadline);
  expect_caught("relaxed publication", Mistake::relaxed_publication,
                nobody_passes_before_the_deadline);
  expect_caught("open to half-open by store", Mistake::half_open_by_store,
                one_probe_passes_at_the_deadline);
  expect_caught("a slot by load and store", Mistake::slot_by_load_and_store,
                one_slot_is_taken_once);
  expect_caught("a late success closes", Mistake::late_success_closes, only_the_probe_decides);
  expect_caught("an old permit is released", Mistake::old_permit_released,
                an_old_release_adds_nothing);
  expect_caught("the clock before the word", Mistake::clock_before_word, a_young_probe_is_kept);
  expect_caught("a reset by store", Mistake::reset_by_store, a_reset_loses_to_nobody);
  expect_caught("the wait is pushed out", Mistake::wait_pushed_out, the_wait_is_not_pushed_out);
  expect_caught("a neutral probe keeps its slot", Mistake::neutral_keeps_its_slot,
                a_neutral_probe_makes_room);
  expect_caught("a slice published before it is cleared", WindowMistake::published_before_cleared,
                a_turning_slice_keeps_its_counts);
  expect_caught("a slice counted in without its tag", WindowMistake::counted_without_tag,
                a_turning_slice_keeps_its_counts);
  expect_caught("added, then summed, relaxed", WindowMistake::added_then_summed_relaxed,
                racing_failures_see_each_other);
  std::printf(
      "%d mistakes of breakers and windows found, each in less than 5 s; %d replays of what was "
      "found; "
      "%d failures\n",
      caught, replays, failures);
  return failures == 0 ? 0 : 1;
}
