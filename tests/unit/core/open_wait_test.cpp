// How long an open circuit waits, and when that wait is over.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include "breaker/core/calls.hpp"
#include "breaker/core/commands.hpp"
#include "breaker/core/word.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using detail::EventKind;
using detail::Milliseconds;
using detail::Rules;
using detail::Word;

namespace {

constexpr Ticks ms = 1'000'000;
constexpr Ticks s = 1'000 * ms;

constexpr Rules growing(Backoff backoff) { return Rules{Config{.open_for = backoff}}; }

/// The wait of an opening without jitter, in milliseconds.
Milliseconds wait_at(const Rules& rules, std::uint64_t step) {
  return detail::open_wait(step, 1, 0, 0, rules);
}

bool is_due(Word word, Ticks now, const Rules& rules) {
  return detail::is_wait_over(word, now, rules.gate());
}

Word opened(const Rules& rules, Ticks now, Milliseconds wait) {
  return detail::next(0, {EventKind::trip_for, {}, wait}, now, rules).word;
}

}  // namespace

TEST_CASE("a fixed wait is the same at each step") {
  const Rules rules{Config{.open_for = 7s}};

  for (std::uint64_t step = 0; step <= 31; ++step) CHECK(wait_at(rules, step) == 7'000);
}

TEST_CASE("any wait that is asked for is rounded up, and cut to the longest there is") {
  CHECK(detail::in_milliseconds(Ticks{0}) == 0);
  CHECK(detail::in_milliseconds(Ticks{-1}) == 0);
  CHECK(detail::in_milliseconds(Ticks{1}) == 1);
  CHECK(detail::in_milliseconds(ms + 1) == 2);
  CHECK(detail::in_milliseconds((std::numeric_limits<Ticks>::max)()) ==
        static_cast<Milliseconds>(detail::longest_wait / ms));
}

TEST_CASE("a backoff multiplies the first wait by its factor until the largest wait") {
  const Rules rules = growing({.first = 1s, .factor = 3, .max = 60s});

  CHECK(wait_at(rules, 0) == 1'000);
  CHECK(wait_at(rules, 1) == 3'000);
  CHECK(wait_at(rules, 2) == 9'000);
  CHECK(wait_at(rules, 3) == 27'000);
  CHECK(wait_at(rules, 4) == 60'000);
  CHECK(wait_at(rules, 30) == 60'000);
}

TEST_CASE("a factor of hundredths multiplies exactly, rounded up to whole milliseconds") {
  const Rules rules = growing({.first = 1s, .factor = 1.5, .max = 60s});
  const Rules slow = growing({.first = 1ms, .factor = 1.01, .max = 60s});

  CHECK(wait_at(rules, 1) == 1'500);
  CHECK(wait_at(rules, 2) == 2'250);
  CHECK(wait_at(rules, 3) == 3'375);
  CHECK(wait_at(rules, 4) == 5'063);
  for (std::uint64_t step = 0; step <= 30; ++step) CHECK(wait_at(slow, step) == step + 1);
}

TEST_CASE(
    "a backoff without a largest wait grows to five minutes, or stays at a longer first one") {
  CHECK(wait_at(growing({.first = 1s}), 30) == 300'000);
  CHECK(wait_at(growing({.first = 10min}), 30) == 600'000);
}

TEST_CASE("the largest backoff there is saturates at its largest wait") {
  constexpr Milliseconds longest = detail::longest_wait / ms;
  const Rules rules =
      growing({.first = 1ns, .factor = 100, .max = std::chrono::milliseconds{1LL << 34}});

  Milliseconds before = 0;
  for (std::uint64_t step = 0; step <= 30; ++step) {
    CHECK(wait_at(rules, step) > before - (before == longest ? 1 : 0));
    before = wait_at(rules, step);
  }
  CHECK(wait_at(rules, 1) == 100);
  CHECK(before == longest);
}

TEST_CASE("a factor that passes the largest wait by one millisecond is cut to it") {
  CHECK(wait_at(growing({.first = 50ms, .factor = 2, .max = 100ms}), 1) == 100);
  CHECK(wait_at(growing({.first = 50ms, .factor = 2, .max = 99ms}), 1) == 99);
  CHECK(wait_at(growing({.first = 50ms, .factor = 2, .max = 101ms}), 1) == 100);
}

TEST_CASE("jitter shortens a wait by no more than its share, and spreads over all of it") {
  const Rules rules = growing({.first = 100s, .factor = 1, .jitter = Ratio{1, 4}, .seed = 3});

  Milliseconds shortest = std::numeric_limits<Milliseconds>::max();
  Milliseconds longest = 0;
  for (Generation generation = 0; generation < 2'000; ++generation) {
    const Milliseconds wait = detail::open_wait(0, generation, 17, 3, rules);
    shortest = std::min(shortest, wait);
    longest = std::max(longest, wait);
  }

  CHECK(shortest >= 75'000);
  CHECK(shortest < 76'000);
  CHECK(longest > 99'000);
  CHECK(longest <= 100'000);
}

TEST_CASE("jitter shortens each wait of a backoff by a share of that wait, not of the first") {
  const Rules rules =
      growing({.first = 1s, .factor = 10, .max = 1'000s, .jitter = Ratio{1, 2}, .seed = 3});

  Milliseconds whole = 1'000;
  for (std::uint64_t step = 0; step <= 3; ++step, whole *= 10) {
    CAPTURE(step);
    Milliseconds shortest = std::numeric_limits<Milliseconds>::max();
    for (Generation generation = 0; generation < 2'000; ++generation)
      shortest = std::min(shortest, detail::open_wait(step, generation, 17, 3, rules));

    CHECK(shortest >= whole / 2);
    CHECK(shortest < whole / 2 + whole / 100);
  }
}

TEST_CASE("full jitter never makes a wait of nothing: a millisecond is left") {
  const Rules rules = growing({.first = 20ms, .factor = 1, .jitter = Ratio{1, 1}, .seed = 3});
  const Rules shortest = growing({.first = 1ns, .factor = 1, .jitter = Ratio{1, 1}, .seed = 3});

  std::set<Milliseconds> drawn;
  for (Generation generation = 0; generation < 2'000; ++generation) {
    drawn.insert(detail::open_wait(0, generation, 0, 3, rules));
    CHECK(detail::open_wait(0, generation, 0, 3, shortest) == 1);
  }

  CHECK(drawn.size() == 20);
  CHECK(*drawn.begin() == 1);
  CHECK(*drawn.rbegin() == 20);
}

TEST_CASE(
    "of a wait that jitter cuts whole, a millisecond is left, as of one that it cuts to that") {
  const Rules rules = growing({.first = 20ms, .factor = 1, .jitter = {1, 1}, .seed = 3});
  const auto cut = [](Generation generation) {  // what is drawn, at time 0
    return detail::mix(detail::mix(3U ^ generation)) % 21;
  };
  Generation whole = 0;
  while (cut(whole) != 20) ++whole;
  Generation nearly = 0;
  while (cut(nearly) != 19) ++nearly;

  CHECK(detail::open_wait(0, whole, 0, 3, rules) == 1);
  CHECK(detail::open_wait(0, nearly, 0, 3, rules) == 1);
}

TEST_CASE("a wait of which a share is less than a millisecond is kept whole") {
  const Rules short_one = growing({.first = 999ms, .jitter = {1, 1000}, .seed = 3});
  const Rules long_one = growing({.first = 1s, .jitter = {1, 1000}, .seed = 3});

  std::set<Milliseconds> drawn;
  for (Generation generation = 0; generation < 100; ++generation) {
    CHECK(detail::open_wait(0, generation, 0, 3, short_one) == 999);
    drawn.insert(detail::open_wait(0, generation, 0, 3, long_one));
  }

  CHECK(drawn == std::set<Milliseconds>{999, 1'000});
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
  std::set<Milliseconds> waits;

  for (std::uint64_t seed = 1; seed <= 1'000; ++seed)
    waits.insert(detail::open_wait(0, 1, 0, seed, rules));

  CHECK(waits.size() > 990);
}

TEST_CASE("an open wait is never over early and never a millisecond late") {
  const Rules rules{Config{.open_for = 30s}};
  std::mt19937_64 random{11};
  const Ticks longest[] = {1, 10, 50, 3'600'000, detail::longest_wait / ms};

  for (int round = 0; round < 20'000; ++round) {
    const Ticks whole = std::uniform_int_distribution<Ticks>{1, longest[round % 5]}(random);
    const Ticks wait = whole * ms;
    const Ticks now = std::uniform_int_distribution<Ticks>{-4 * detail::longest_wait,
                                                           4 * detail::longest_wait}(random);
    const Word word = opened(rules, now, static_cast<Milliseconds>(whole));
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
    const Ticks wait = std::uniform_int_distribution<Ticks>{1, 100}(random);
    const Ticks now = std::uniform_int_distribution<Ticks>{-1'000 * s, 1'000 * s}(random);
    const Word word = opened(rules, now, static_cast<Milliseconds>(wait));
    const Ticks later = now + std::uniform_int_distribution<Ticks>{0, wait * ms - 1}(random);

    const Ticks left = detail::ticks_left(word, later);

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
  CHECK_FALSE(is_due(word, end, rules));
}

TEST_CASE("the effective state of an open circuit whose wait is over is half-open") {
  const Rules rules{Config{.open_for = 30s}};
  const Word open = detail::next(0, {EventKind::trip}, 0, rules).word;

  CHECK(detail::effective_state(open, 30 * s - 1, rules.gate()) == State::open);
  CHECK(detail::effective_state(open, 30 * s, rules.gate()) == State::half_open);
  CHECK(detail::effective_state(0, 30 * s, rules.gate()) == State::closed);
}

TEST_CASE("what is drawn for a seed, a generation and a time stays the same") {
  constexpr Backoff backoff{.first = 1s, .jitter = percent(50), .seed = 7};

  CHECK(detail::open_wait(0, 1, 5, 7, growing(backoff)) == 510);
}

// ---- leases

namespace {

/// **Returns** the half-open word of a recovery that is renewed for the `renewals`th time at `now`.
Word renewed(const detail::Gate& gate, Ticks now, std::uint64_t renewals) {
  Word word = detail::begin_half_open(0).word;
  for (std::uint64_t i = 0; i < renewals; ++i) word = detail::renew(word).word;
  word = detail::granted(word, now, gate);
  return word;
}

}  // namespace

TEST_CASE("a lease is over no more than a 16th early, and never late, as often as it doubles") {
  std::mt19937_64 random{13};
  const Ticks longest[] = {2, 1'000, ms, 50 * s, detail::longest_wait};

  for (int round = 0; round < 20'000; ++round) {
    const Ticks lease = std::uniform_int_distribution<Ticks>{1, longest[round % 5]}(random);
    const int doublings = lease < 32 ? 0 : round % 3;  // shorter ones are kept to a nanosecond
    const Ticks max = std::min(lease << doublings, detail::longest_wait);
    const detail::Gate gate{
        Config{.open_for = Backoff{.first = 1ns, .max = std::chrono::nanoseconds{max}},
               .probe_lease = std::chrono::nanoseconds{lease}}};
    const std::uint64_t renewals = std::uniform_int_distribution<std::uint64_t>{0, 70}(random);
    Ticks lasts = lease;
    for (std::uint64_t i = 0; i < renewals && lasts * 2 <= max; ++i) lasts *= 2;
    const Ticks now =
        std::uniform_int_distribution<Ticks>{-detail::longest_wait, detail::longest_wait}(random);
    const Word word = renewed(gate, now, renewals);
    const Ticks later = std::uniform_int_distribution<Ticks>{lasts, 31 * lasts}(random);

    const bool is_early = detail::is_lease_over(word, now, gate) ||
                          detail::is_lease_over(word, now + lasts - lasts / 16 - 1, gate);
    const bool is_late = !detail::is_lease_over(word, now + lasts, gate) ||
                         !detail::is_lease_over(word, now + later, gate);
    if (is_early || is_late) {
      CAPTURE(lease, lasts, renewals, now, later, is_early, is_late);
      FAIL("the lease was over at the wrong time");
    }
  }
}

TEST_CASE("each further lease of a recovery is twice as long, up to the longest open wait") {
  const auto leases = [](Config config) {
    const detail::Gate gate{config};
    std::vector<Ticks> all;
    for (const std::uint64_t renewals : {0u, 1u, 2u, 3u, 4u, 5u, 63u, 70u}) {
      const Word word = renewed(gate, 0, renewals);
      Ticks lasts = 0;
      while (!detail::is_lease_over(word, lasts * s, gate)) ++lasts;
      all.push_back(lasts);
    }
    return all;
  };

  CHECK(leases({.open_for = Backoff{.first = 1s, .max = 8s}}) ==
        std::vector<Ticks>{1, 2, 4, 8, 8, 8, 8, 8});
  CHECK(leases({.open_for = Backoff{.first = 1s, .max = 31s}}) ==
        std::vector<Ticks>{1, 2, 4, 8, 16, 16, 16, 16});
  CHECK(leases({.open_for = 4s}) == std::vector<Ticks>{4, 4, 4, 4, 4, 4, 4, 4});
  CHECK(leases({.open_for = 4s, .probe_lease = 1s}) == std::vector<Ticks>{1, 2, 4, 4, 4, 4, 4, 4});
  CHECK(leases({.open_for = 4s, .probe_lease = 20s}) ==
        std::vector<Ticks>{20, 20, 20, 20, 20, 20, 20, 20});
}

TEST_CASE("a clock that is set back ends a lease, rather than starting it anew") {
  const detail::Gate gate{Config{.probe_lease = 64s}};
  const Word word = detail::granted(detail::begin_half_open(0).word, 1'000 * s, gate);

  CHECK(detail::is_lease_over(word, 990 * s, gate));
  CHECK(detail::is_lease_over(word, -10 * s, gate));
}
