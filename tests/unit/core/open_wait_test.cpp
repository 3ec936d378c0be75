// How long an open circuit waits, and when that wait is over.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <set>

#include "breaker/core/word.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using detail::Event;
using detail::EventKind;
using detail::Rules;
using detail::Word;

namespace {

constexpr Ticks ms = 1'000'000;
constexpr Ticks s = 1'000 * ms;

constexpr Rules growing(Backoff backoff) { return Rules{Config{.open_for = backoff}}; }

Ticks wait_at(const Rules& rules, std::uint64_t step) {
  return detail::open_wait(step, 1, 0, 0, rules);
}

bool is_due(Word word, Ticks now, const Rules& rules) {
  return detail::is_wait_over(word, now, rules);
}

/// **Returns** how long a caller who is refused at `now` is told to wait.
Ticks wait_left(Word word, Ticks now, const Rules& rules) {
  return detail::ticks_until(detail::next(word, {EventKind::arrive}, now, rules).deadline, now);
}

Word opened(const Rules& rules, Ticks now, Ticks wait) {
  return detail::next(0, {EventKind::trip_for, {}, wait}, now, rules).word;
}

}  // namespace

TEST_CASE("a fixed wait is the same at each step") {
  const Rules rules{Config{.open_for = 7s}};

  for (std::uint64_t step = 0; step <= 31; ++step) CHECK(wait_at(rules, step) == 7 * s);
}

TEST_CASE("a backoff multiplies the first wait by its factor until the largest wait") {
  const Rules rules = growing({.first = 1s, .factor = 3, .max = 60s});

  CHECK(wait_at(rules, 0) == 1 * s);
  CHECK(wait_at(rules, 1) == 3 * s);
  CHECK(wait_at(rules, 2) == 9 * s);
  CHECK(wait_at(rules, 3) == 27 * s);
  CHECK(wait_at(rules, 4) == 60 * s);
  CHECK(wait_at(rules, 30) == 60 * s);
}

TEST_CASE(
    "a backoff without a largest wait grows to five minutes, or stays at a longer first one") {
  CHECK(wait_at(growing({.first = 1s}), 30) == 300 * s);
  CHECK(wait_at(growing({.first = 10min}), 30) == 600 * s);
}

TEST_CASE("the largest backoff there is saturates at its largest wait") {
  const Rules rules =
      growing({.first = 1ns, .factor = 100, .max = std::chrono::milliseconds{1LL << 34}});

  Ticks before = 0;
  for (std::uint64_t step = 0; step <= 30; ++step) {
    CHECK(wait_at(rules, step) > before - (before == detail::longest_wait ? 1 : 0));
    before = wait_at(rules, step);
  }
  CHECK(wait_at(rules, 1) == 100);
  CHECK(before == detail::longest_wait);
}

TEST_CASE("a factor that passes the largest wait by one nanosecond is cut to it") {
  CHECK(wait_at(growing({.first = 50ns, .factor = 2, .max = 100ns}), 1) == 100);
  CHECK(wait_at(growing({.first = 50ns, .factor = 2, .max = 99ns}), 1) == 99);
  CHECK(wait_at(growing({.first = 50ns, .factor = 2, .max = 101ns}), 1) == 100);
}

TEST_CASE("jitter shortens a wait by no more than its share, and spreads over all of it") {
  const Rules rules = growing({.first = 100s, .factor = 1, .jitter = Ratio{1, 4}, .seed = 3});

  Ticks shortest = std::numeric_limits<Ticks>::max();
  Ticks longest = 0;
  for (Generation generation = 0; generation < 2'000; ++generation) {
    const Ticks wait = detail::open_wait(0, generation, 17, 3, rules);
    shortest = std::min(shortest, wait);
    longest = std::max(longest, wait);
  }

  CHECK(shortest >= 75 * s);
  CHECK(shortest < 76 * s);
  CHECK(longest > 99 * s);
  CHECK(longest <= 100 * s);
}

TEST_CASE("jitter shortens each wait of a backoff by a share of that wait, not of the first") {
  const Rules rules =
      growing({.first = 1s, .factor = 10, .max = 1'000s, .jitter = Ratio{1, 2}, .seed = 3});

  Ticks whole = 1 * s;
  for (std::uint64_t step = 0; step <= 3; ++step, whole *= 10) {
    CAPTURE(step);
    Ticks shortest = std::numeric_limits<Ticks>::max();
    for (Generation generation = 0; generation < 2'000; ++generation)
      shortest = std::min(shortest, detail::open_wait(step, generation, 17, 3, rules));

    CHECK(shortest >= whole / 2);
    CHECK(shortest < whole / 2 + whole / 100);
  }
}

TEST_CASE("full jitter never makes a wait of nothing") {
  const Rules rules = growing({.first = 1ms, .factor = 1, .jitter = Ratio{1, 1}, .seed = 3});
  const Rules shortest = growing({.first = 1ns, .factor = 1, .jitter = Ratio{1, 1}, .seed = 3});

  for (Generation generation = 0; generation < 2'000; ++generation) {
    CHECK(detail::open_wait(0, generation, 0, 3, rules) >= 1);
    CHECK(detail::open_wait(0, generation, 0, 3, shortest) == 1);
  }
}

TEST_CASE("full jitter that cuts a whole wait leaves a nanosecond of it") {
  const Rules rules = growing({.first = 65'535ns, .factor = 1, .jitter = Ratio{1, 1}, .seed = 3});

  Ticks shortest = rules.first_wait;
  for (Generation generation = 0; generation < 400'000; ++generation)
    shortest = std::min(shortest, detail::open_wait(0, generation, 0, 3, rules));

  CHECK(shortest == 1);  // 1 in 65536 is cut whole
}

TEST_CASE("jitter is drawn once per opening: seed, generation and time decide it") {
  const Rules rules = growing({.first = 100s, .jitter = Ratio{1, 2}, .seed = 3});
  const auto draw = [&](Generation generation, Ticks now, std::uint64_t seed) {
    return detail::open_wait(2, generation, now, seed, rules);
  };

  CHECK(draw(8, 1'000, 3) == draw(8, 1'000, 3));
  CHECK(draw(8, 1'000, 3) != draw(9, 1'000, 3));
  CHECK(draw(8, 1'000, 3) != draw(8, 1'001, 3));
  CHECK(draw(8, 1'000, 3) != draw(8, 1'000, 4));
}

TEST_CASE("a fleet with different seeds does not probe in step") {
  const Rules rules = growing({.first = 100s, .jitter = Ratio{1, 2}});
  std::set<Ticks> waits;

  for (std::uint64_t seed = 1; seed <= 1'000; ++seed)
    waits.insert(detail::open_wait(0, 1, 0, seed, rules));

  CHECK(waits.size() > 990);
}

TEST_CASE("an open wait is never over early and never a millisecond late") {
  const Rules rules{Config{.open_for = 30s}};
  std::mt19937_64 random{11};
  const Ticks longest[] = {10, ms, 50 * ms, 3'600 * s, detail::longest_wait};

  for (int round = 0; round < 20'000; ++round) {
    const Ticks wait = std::uniform_int_distribution<Ticks>{1, longest[round % 5]}(random);
    const Ticks now = std::uniform_int_distribution<Ticks>{-4 * detail::longest_wait,
                                                           4 * detail::longest_wait}(random);
    const Word word = opened(rules, now, wait);
    const Ticks between = std::uniform_int_distribution<Ticks>{0, wait - 1}(random);

    const bool early = is_due(word, now, rules) || is_due(word, now + between, rules) ||
                       is_due(word, now + wait - 1, rules);
    const bool late = !is_due(word, now + wait + ms - 1, rules) ||
                      !is_due(word, now + wait + between + ms, rules);
    if (early || late) {
      CAPTURE(now, wait, between, early, late);
      FAIL("the wait was over at the wrong time");
    }
  }
}

TEST_CASE("the rest of a wait is exact: refused until then, admitted then") {
  const Rules rules{Config{.open_for = 30s}};
  std::mt19937_64 random{12};

  for (int round = 0; round < 20'000; ++round) {
    const Ticks wait = std::uniform_int_distribution<Ticks>{1, 100 * ms}(random);
    const Ticks now = std::uniform_int_distribution<Ticks>{-1'000 * s, 1'000 * s}(random);
    const Word word = opened(rules, now, wait);
    const Ticks later = now + std::uniform_int_distribution<Ticks>{0, wait - 1}(random);

    const Ticks left = wait_left(word, later, rules);

    const bool is_exact =
        left > 0 && !is_due(word, later + left - 1, rules) && is_due(word, later + left, rules);
    if (!is_exact) {
      CAPTURE(now, wait, later, left);
      FAIL("the rest of the wait is wrong");
    }
  }
}

TEST_CASE("a clock that is set back never lengthens a wait beyond the longest one") {
  const Rules rules{Config{.open_for = 30s, .retry_after_max = 60s}};
  const Word word = detail::next(0, {EventKind::trip}, 1'000 * s, rules).word;

  CHECK_FALSE(is_due(word, 1'000 * s, rules));
  CHECK_FALSE(is_due(word, 970 * s, rules));  // 60 s are left: an answer could have asked
  CHECK(is_due(word, 969 * s, rules));
  CHECK(is_due(word, 0, rules));
  CHECK(is_due(word, -1'000'000 * s, rules));
}

TEST_CASE("a deadline past the end of time is met at the end of time") {
  const Rules rules{Config{.open_for = 30s}};
  const Ticks end = std::numeric_limits<Ticks>::max();

  const Word word = detail::next(0, {EventKind::trip}, end - 10 * s, rules).word;

  CHECK_FALSE(is_due(word, end - 10 * s, rules));
  CHECK(wait_left(word, end - 10 * s, rules) <= 10 * s + ms);
}

TEST_CASE("the effective state of an open circuit whose wait is over is half-open") {
  const Rules rules{Config{.open_for = 30s}};
  const Word open = detail::next(0, {EventKind::trip}, 0, rules).word;

  CHECK(detail::effective_state(open, 30 * s - 1, rules) == State::open);
  CHECK(detail::effective_state(open, 30 * s, rules) == State::half_open);
  CHECK(detail::effective_state(0, 30 * s, rules) == State::closed);
}

TEST_CASE("settings become the small integers that the core uses") {
  const Rules rules{
      Config{.open_for = Backoff{.first = 65ns, .factor = 100, .jitter = {1, 1}, .seed = 4},
             .probes = 127,
             .reopen_after = 2}};

  CHECK(rules.lease_shift == 0);  // the first wait, in units of 1 ns
  CHECK(rules.lease_units == 65);
  CHECK(rules.jitter == 65535);
  CHECK(rules.factor == 100);
  CHECK(rules.seed == 4);
  CHECK(rules.probes == 127);
  CHECK(rules.close_after == 127);
  CHECK(rules.reopen_after == 2);
  CHECK(Rules{Config{.probe_lease = 256ns}}.lease_shift == 1);
  CHECK(Rules{Config{.probe_lease = 255ns}}.lease_units == 255);
}

TEST_CASE("a lease is over no more than a 64th early, and never late") {
  std::mt19937_64 random{13};
  const Ticks longest[] = {2, 1'000, ms, 50 * s, detail::longest_wait};

  for (int round = 0; round < 20'000; ++round) {
    const Ticks lease = std::uniform_int_distribution<Ticks>{1, longest[round % 5]}(random);
    const Rules rules{Config{.probe_lease = std::chrono::nanoseconds{lease}}};
    const Ticks now =
        std::uniform_int_distribution<Ticks>{-detail::longest_wait, detail::longest_wait}(random);
    const Word word = detail::begin_half_open(0, now, rules, Reason::wait_over).word;
    const Ticks later = std::uniform_int_distribution<Ticks>{lease, 63 * lease}(random);

    const bool is_early = detail::is_lease_over(word, now, rules) ||
                          detail::is_lease_over(word, now + lease - lease / 64 - 1, rules);
    const bool is_late = !detail::is_lease_over(word, now + lease, rules) ||
                         !detail::is_lease_over(word, now + later, rules);
    if (is_early || is_late) {
      CAPTURE(lease, now, later, is_early, is_late);
      FAIL("the lease was over at the wrong time");
    }
  }
}

TEST_CASE("a clock that is set back ends a lease, rather than starting it anew") {
  const Rules rules{Config{.probe_lease = 64s}};
  const Word word = detail::begin_half_open(0, 1'000 * s, rules, Reason::wait_over).word;

  CHECK(detail::is_lease_over(word, 990 * s, rules));
  CHECK(detail::is_lease_over(word, -10 * s, rules));
}

TEST_CASE("what is drawn for a seed, a generation and a time stays the same") {
  constexpr Backoff growing{.first = 1s, .jitter = percent(50), .seed = 7};
  const detail::Rules rules{Config{.open_for = growing}};

  CHECK(detail::open_wait(0, 1, 5, 7, rules) == 719'971'572);
}

TEST_CASE("a jitter of the smallest share there is shortens a wait that is long enough for it") {
  const Rules rules = growing({.first = 65'535ms, .factor = 1, .jitter = {1, 65'535}, .seed = 3});

  Ticks shortest = rules.first_wait;
  for (Generation generation = 0; generation < 100; ++generation)
    shortest = std::min(shortest, detail::open_wait(0, generation, 0, 3, rules));

  CHECK(shortest < rules.first_wait);
  CHECK(shortest >= rules.first_wait - ms);
}

TEST_CASE(
    "of a wait that jitter cuts whole, a nanosecond is left, as of one that it cuts to that") {
  constexpr Ticks wait = 65'535;
  const Rules rules = growing({.first = 65'535ns, .factor = 1, .jitter = {1, 1}, .seed = 3});
  const auto cut = [](Generation generation) {  // what is drawn, at time 0
    return static_cast<Ticks>(detail::mix(detail::mix(3U ^ generation)) % (wait + 1));
  };
  Generation whole = 0;
  while (cut(whole) != wait) ++whole;
  Generation nearly = 0;
  while (cut(nearly) != wait - 1) ++nearly;

  CHECK(detail::open_wait(0, whole, 0, 3, rules) == 1);
  CHECK(detail::open_wait(0, nearly, 0, 3, rules) == 1);
}

TEST_CASE("a wait too short to be cut by a 65535th of itself is kept whole, by full jitter too") {
  const Rules rules = growing({.first = 65'534ns, .factor = 1, .jitter = {1, 1}, .seed = 3});

  for (Generation generation = 0; generation < 100; ++generation)
    CHECK(detail::open_wait(0, generation, 0, 3, rules) == 65'534);
}
