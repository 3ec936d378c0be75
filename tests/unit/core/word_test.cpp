// next(), enumerated: every state, every event, every payload that lies at a boundary.
#include "breaker/core/word.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "breaker/core/calls.hpp"
#include "breaker/core/commands.hpp"
#include "support/catch.hpp"
#include "unit/core/word_model.hpp"
#include "unit/core/words.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using detail::Context;
using detail::Event;
using detail::EventKind;
using detail::Milliseconds;
using detail::Rules;
using detail::Step;
using detail::Word;
using word_model::Facts;
using word_model::Model;
using word_model::power;

namespace {

constexpr Ticks ms = 1'000'000;
using word_model::last_generation;

/// Something that happens to a circuit, and what is known besides its word.
struct Case {
  Event event;
  Context context{.salt = 7};
};

std::vector<Event> events_by_hand(const Facts& facts, const Model& model, Ticks now) {
  const auto longest = static_cast<Milliseconds>(model.longest_wait().count());
  const auto left = static_cast<Milliseconds>(model.rest_of_wait(facts, now) / 1ms) + 1;
  std::vector<Event> all = {{EventKind::force_open}, {EventKind::disable}, {EventKind::reset}};
  for (const Milliseconds wait : {Milliseconds{1}, left, left + 1, Milliseconds{power(34)}})
    all.push_back({EventKind::trip_for, {}, wait});
  for (const Milliseconds wait :
       {Milliseconds{0}, Milliseconds{1}, longest, longest + 1, Milliseconds{power(34)}})
    all.push_back({EventKind::retry_in, {}, wait});
  for (const Milliseconds wait :
       {Milliseconds{1}, left - 1, left, left + 1, longest, longest + 1, Milliseconds{power(34)}})
    for (const Milliseconds most : {Milliseconds{0}, wait, Milliseconds{power(34)}})
      all.push_back({EventKind::fit, {}, wait, most});
  all.push_back({EventKind::clear_evidence});
  for (const Facts& saved : {Facts{.state = State::open, .step = 4},
                             {.state = State::open, .step = 31},
                             {.state = State::closed, .step = 3},
                             {.state = State::forced_open},
                             {.state = State::disabled}}) {
    for (const Milliseconds wait : {Milliseconds{0}, Milliseconds{5}, Milliseconds{power(34)}})
      all.push_back({EventKind::restore, StayId::begun_by(id_of(saved)), wait});
  }
  return all;
}

/// The stays that a permit may be of: this one, those around it, at the end of what renewals cover, and
/// of other states.
std::vector<StayId> permits(const Facts& facts) {
  const auto with = [&](State state, std::uint64_t leases_late) {
    Facts other = facts;
    other.state = state;
    other.generation = (facts.generation + power(21) - leases_late) % power(21);
    return StayId::begun_by(id_of(other));
  };
  std::vector<StayId> all = {with(State::closed, 0), with(State::closed, 1), StayId::unaccounted()};
  for (const std::uint64_t late :
       std::set<std::uint64_t>{0, 1, facts.renewals, facts.renewals + 1, power(20), power(21) - 1})
    all.push_back(with(State::half_open, late));
  return all;
}

/// What answers may have asked for, the longest that they may and more.
std::vector<Milliseconds> asked_times(const Model& model, Ticks now) {
  std::vector<Milliseconds> all = {0, word_model::number_of(word_model::down(now))};
  const auto first = model.wait(0);
  const auto most = model.longest_asked();
  for (const auto wait : {first - 1ms, first + 1ms, most - 1ms, most, most + 1ms})
    all.push_back(word_model::deadline(now, wait));
  return all;
}

/// The policy trips, by what the word counted.
Event trips_at(StayId id, std::uint64_t counted) {
  return {.kind = EventKind::policy_trips,
          .id = id,
          .counted = static_cast<std::uint32_t>(counted % power(24))};
}

std::vector<Case> trips(const Facts& facts, const Model& model, Ticks now) {
  std::vector<Case> all;
  const StayId own = StayId::begun_by(id_of(facts));
  const Ticks last =
      std::chrono::nanoseconds{model.wait(facts.step == 0 ? 0 : facts.step - 1)}.count();
  for (const Milliseconds until : asked_times(model, now)) {
    all.push_back({{EventKind::trip}, {.salt = 7, .asked_until = until}});
    if (facts.state != State::closed) continue;
    for (const Ticks closed_at : {now - last, now - last + 1, now, now + 1, detail::ticks_max}) {
      all.push_back({trips_at(own, facts.policy), {7, until, closed_at}});
      all.push_back({{EventKind::classifier_trips, own}, {7, until, closed_at}});
    }
  }
  // Another call counted in the word meanwhile.
  for (const std::uint64_t counted : {facts.policy + 1, facts.policy - 1, std::uint64_t{0}})
    all.push_back({trips_at(own, counted), {}});
  Facts other = facts;
  other.step = (facts.step + 1) % 32;
  all.push_back({trips_at(StayId::begun_by(id_of(other)), facts.policy)});
  for (const StayId id : permits(facts)) all.push_back({trips_at(id, facts.policy)});
  return all;
}

std::vector<Case> verdicts(const Facts& facts, const Model& model, Ticks now) {
  std::vector<Case> all;
  for (const StayId id : permits(facts)) {
    for (const EventKind kind : {EventKind::success, EventKind::failure, EventKind::ignored})
      all.push_back({{kind, id}});
    for (const Milliseconds wait : {Milliseconds{0}, Milliseconds{1}, Milliseconds{power(34)}})
      all.push_back({{EventKind::classifier_trips, id, wait}});
  }
  if (facts.state == State::half_open) {
    for (const Milliseconds until : asked_times(model, now))
      all.push_back({{EventKind::failure, StayId::begun_by(id_of(facts))}, {7, until}});
  }
  return all;
}

std::vector<Case> cases_for(const Facts& facts, const Model& model, Ticks now) {
  std::vector<Case> all = {{{EventKind::arrive}}, {{EventKind::arrive_no_probe}}};
  for (const Event& event : events_by_hand(facts, model, now)) all.push_back({event});
  for (const auto& more : {trips(facts, model, now), verdicts(facts, model, now)})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

// ---- the comparison

/// **Returns** what next() does differently from the model, or nothing.
std::string difference(const Model& model, const Rules& rules, const Facts& facts,
                       const Case& happens, Ticks now) {
  const auto& [event, context] = happens;
  const Step step = detail::next(word_model::encode(facts), event, now, rules, context);
  const word_model::Answer answer = model.answer(facts, event, now, context);

  Facts expected = answer.facts;
  const std::chrono::milliseconds wait{step.wait};
  if (answer.reason != Reason::none && expected.state == State::open)
    expected.deadline = word_model::deadline(now, wait);
  const bool wait_fits = wait >= answer.shortest_wait && wait <= answer.longest_wait;
  if (step.word == word_model::encode(expected) && step.takes_effect == answer.takes_effect &&
      step.reason == answer.reason && wait_fits)
    return {};
  return "at " + std::to_string(now) + " event " + std::to_string(static_cast<int>(event.kind)) +
         " id " + std::to_string(event.id.clean_word()) + " wait " + std::to_string(event.wait) +
         " asked until " + std::to_string(context.asked_until) + " closed at " +
         std::to_string(context.closed_at) + "\n  on   " + to_text(facts) + "\n  want " +
         to_text(expected) + " reason " + to_string(answer.reason) + " wait " +
         std::to_string(answer.shortest_wait.count()) + " to " +
         std::to_string(answer.longest_wait.count()) + "\n  got  word " +
         std::to_string(step.word) + " reason " + to_string(step.reason) + " wait " +
         std::to_string(step.wait);
}

/// Reads the fields of a half-open word by numbers of its own.
constexpr std::uint64_t held_in(Word word) { return word / power(46) % power(6); }
constexpr std::uint64_t good_in(Word word) { return word / power(52) % power(6); }
constexpr std::uint64_t bad_in(Word word) { return word / power(58); }

/// **Returns** which invariant of every single step this one breaks, or nothing.
std::string broken_invariant(const Config& config, Word word, const Step& step) {
  const StayId before = StayId::of(word);
  const StayId after = StayId::of(step.word);
  const bool moves = step.reason != Reason::none;
  if (after.stays_since(before) != (moves ? 1 : 0))
    return "a transition, and nothing else, begins one generation";
  if (!moves && before != after) return "a stay keeps its identity";
  if (moves && !step.takes_effect) return "a transition takes effect";
  if (!step.takes_effect && step.word != word) return "what takes no effect writes nothing";
  if (step.wait != 0 && !(moves && after.state() == State::open)) return "only who opens waits";
  if (after.state() == State::open && moves && after.step() == 31 &&
      step.reason != Reason::tripped && step.reason != Reason::restored &&
      step.reason != Reason::classifier)
    return "no rule opens as by hand";
  if (after.state() != State::half_open || before.state() != State::half_open) return {};
  const auto probes = static_cast<std::uint64_t>(config.probes);
  if (held_in(word) <= probes && held_in(step.word) > probes) return "no more probes than slots";
  if (good_in(step.word) < good_in(word) || bad_in(step.word) < bad_in(word))
    return "what has been counted stays";
  return {};
}

}  // namespace

TEST_CASE("each step of the state word is that of the rules said in plain words") {
  const auto named = word_model::configs()[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  const Ticks now = word_model::times[GENERATE(range(std::size_t{0}, std::size_t{4}))];
  CAPTURE(named.name, now);
  const Model model{named.config};
  const Rules rules{named.config};

  std::uint64_t steps = 0;
  std::string wrong;
  for (Facts facts : word_model::all_words(model, now)) {
    for (const std::uint64_t generation : {std::uint64_t{0}, last_generation}) {
      facts.generation = generation;
      for (const Case& happens : cases_for(facts, model, now)) {
        ++steps;
        if (wrong.empty()) wrong = difference(model, rules, facts, happens, now);
      }
    }
  }

  CHECK(wrong == "");
  CHECK(steps > 80'000);
}

TEST_CASE("each step keeps the invariants of the state word") {
  const auto named = word_model::configs()[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  CAPTURE(named.name);
  const Model model{named.config};
  const Rules rules{named.config};

  std::string broken;
  for (Facts facts : word_model::all_words(model, 0)) {
    facts.generation = last_generation;
    const Word word = word_model::encode(facts);
    for (const auto& [event, context] : cases_for(facts, model, 0)) {
      if (broken.empty())
        broken = broken_invariant(named.config, word, detail::next(word, event, 0, rules, context));
    }
  }

  CHECK(broken == "");
}

TEST_CASE("a number that is no state moves nowhere, until a call arrives, and begins closed") {
  const Rules rules{Config{}};

  for (const Word state : {5u, 6u, 7u}) {
    const Word word = state | 12u << 3;
    for (const EventKind kind :
         {EventKind::success, EventKind::failure, EventKind::ignored, EventKind::policy_trips,
          EventKind::classifier_trips, EventKind::retry_in, EventKind::clear_evidence}) {
      const Step step = detail::next(word, {kind, StayId::begun_by(word)}, 0, rules);
      CHECK(step.word == word);
      CHECK_FALSE(step.takes_effect);
    }
    for (const EventKind kind : {EventKind::arrive, EventKind::arrive_no_probe}) {
      const Step step = detail::next(word, {kind}, 0, rules);
      CHECK(step.word == 13u << 3);
      CHECK(step.takes_effect);
      CHECK(step.reason == Reason::reset);
    }
    CHECK(detail::effective_state(word, 0, rules.gate()) == State::closed);
    CHECK(detail::saved_of(word, 0, rules.gate()).state == State::closed);
  }
}

// ---- the rows that explain the library, at compile time

namespace {

constexpr Rules rules_of_three{
    Config{.open_for = Backoff{.first = 10s, .max = 60s}, .probes = 3, .close_after = 2}};

constexpr Word closed_at(std::uint64_t generation, std::uint64_t step = 0) {
  return word_model::encode({.state = State::closed, .generation = generation, .step = step});
}
/// Milliseconds are numbered from the earliest time of a clock.
constexpr std::uint64_t number(std::uint64_t time) {
  return (time + power(63) / 1'000'000) % power(35);
}
constexpr Word open_until(std::uint64_t deadline_ms, std::uint64_t step = 0,
                          std::uint64_t generation = 5) {
  return word_model::encode({.state = State::open,
                             .generation = generation,
                             .step = step,
                             .deadline = number(deadline_ms)});
}
constexpr Facts probing{.state = State::half_open, .generation = 6, .step = 1, .held = 3};
constexpr StayId probe = StayId::of(word_model::encode(probing));

constexpr Step on(Word word, EventKind kind, Ticks now = 0, Context context = {}) {
  return detail::next(word, {kind, StayId::of(word)}, now, rules_of_three, context);
}
constexpr Step on(Facts facts, EventKind kind, Ticks now = 0) {
  return on(word_model::encode(facts), kind, now);
}
constexpr Step by_hand(Word word, EventKind kind, Milliseconds wait, Ticks now = 0) {
  return detail::next(word, {kind, {}, wait}, now, rules_of_three);
}

// closed → open, with a deadline in whole milliseconds, rounded up.
static_assert(on(closed_at(4), EventKind::policy_trips).word == open_until(10'000));
static_assert(on(closed_at(4), EventKind::policy_trips, 1).word == open_until(10'001));
static_assert(on(closed_at(4), EventKind::policy_trips).reason == Reason::policy);
static_assert(on(closed_at(last_generation), EventKind::reset).word == closed_at(0));

// A classifier that opens the circuit says for how long, or leaves it to the settings.
constexpr Step judged(Word word, StayId id, Milliseconds wait) {
  return detail::next(word, {EventKind::classifier_trips, id, wait}, 0, rules_of_three);
}
static_assert(judged(closed_at(4), StayId::of(closed_at(4)), 90'000).word ==
              open_until(90'000, 31));
static_assert(judged(closed_at(4), StayId::of(closed_at(4)), 0).word == open_until(10'000));
static_assert(judged(closed_at(4), StayId::of(closed_at(4)), 0).reason == Reason::classifier);
static_assert(judged(word_model::encode(probing), probe, 0).word == open_until(20'000, 1, 7));
static_assert(!judged(closed_at(4), StayId::of(closed_at(3)), 90'000).takes_effect);

// An answer may ask for a longer wait, up to five minutes, and to the millisecond that it asked for.
constexpr Word asked(Ticks now, Milliseconds until) {
  return on(closed_at(4), EventKind::policy_trips, now, {.asked_until = until}).word;
}
static_assert(asked(0, number(20'000)) == open_until(20'000));
static_assert(asked(0, number(9'000)) == open_until(10'000));
static_assert(asked(0, number(300'000)) == open_until(300'000));
static_assert(asked(1, number(300'001)) == open_until(300'001));
static_assert(asked(0, number(300'001)) == open_until(10'000));  // of a clock that was set back

// It trips again: the backoff goes on, unless it was closed for as long as its last wait.
constexpr Word trips_again(Ticks now, Ticks since) {
  return on(closed_at(4, 2), EventKind::policy_trips, now, {.closed_at = since}).word;
}
static_assert(trips_again(20'000 * ms - 1, 0) == open_until(60'000, 2));
static_assert(trips_again(20'000 * ms, 0) == open_until(30'000, 0));
static_assert(trips_again(0, detail::ticks_max) == open_until(40'000, 2));  // it has just begun
static_assert(on(closed_at(4, 2), EventKind::trip).word == open_until(10'000, 0));

// open → half-open, not a nanosecond early, and not by a call that must not be a probe.
static_assert(!on(open_until(10'000), EventKind::arrive, 10'000 * ms - 1).takes_effect);
static_assert(on(open_until(10'000), EventKind::arrive, 10'000 * ms).reason == Reason::wait_over);
static_assert(!on(open_until(10'000), EventKind::arrive_no_probe, 10'000 * ms).takes_effect);
static_assert(!on(open_until(10'000), EventKind::trip).takes_effect);

// half-open: the slots are full, a verdict frees one, the second good probe closes, a bad one
// opens. What follows remembers where the backoff stands.
static_assert(!on(probing, EventKind::arrive).takes_effect);
static_assert(on(on(probing, EventKind::ignored).word, EventKind::arrive).takes_effect);
static_assert(!on(on(probing, EventKind::ignored).word, EventKind::arrive_no_probe).takes_effect);
static_assert(on(probing, EventKind::success).reason == Reason::none);
static_assert(on(on(probing, EventKind::success).word, EventKind::success).word == closed_at(7, 1));
static_assert(on(probing, EventKind::failure).reason == Reason::probes_failed);
static_assert(on(probing, EventKind::failure).word == open_until(20'000, 1, 7));

// A lease ends: one more probe goes out. Who answers late counts, and frees no slot.
constexpr Word renewed = on(probing, EventKind::arrive, 10'000 * ms).word;
constexpr Step late(EventKind kind, Word word = renewed) {
  return detail::next(word, {kind, probe}, 10'000 * ms, rules_of_three);
}
static_assert(on(probing, EventKind::arrive, 10'000 * ms).reason == Reason::probe_lost);
static_assert(StayId::of(renewed).generation() == 7);
static_assert(held_in(renewed) == 1);
static_assert(late(EventKind::ignored).takes_effect && late(EventKind::ignored).word == renewed);
static_assert(held_in(late(EventKind::success).word) == 1);
static_assert(late(EventKind::success, late(EventKind::success).word).word == closed_at(8, 1));
static_assert(late(EventKind::failure).reason == Reason::probes_failed);
// The second lease lasts twice as long.
static_assert(!on(renewed + 2 * power(46), EventKind::arrive, 29'000 * ms).takes_effect);
static_assert(on(renewed + 2 * power(46), EventKind::arrive, 30'000 * ms).takes_effect);

// By hand: for longer than what is left, or sooner.
static_assert(by_hand(closed_at(4), EventKind::trip_for, 7).word == open_until(7, 31));
static_assert(by_hand(open_until(10'000, 2), EventKind::trip_for, 10'001).word ==
              open_until(10'001, 31, 6));
static_assert(!by_hand(open_until(10'000, 2), EventKind::trip_for, 10'000).takes_effect);
static_assert(by_hand(open_until(10'000, 2), EventKind::retry_in, 7).word == open_until(7, 2));
static_assert(by_hand(open_until(10'000), EventKind::retry_in, 0, 5).word == open_until(0));
static_assert(by_hand(open_until(7, 31), EventKind::retry_in, power(34)).word ==
              open_until(300'000, 31));
static_assert(!by_hand(closed_at(4), EventKind::retry_in, 7).takes_effect);

// New settings: a wait is cut to the longest one, unless it is by hand; a lease begins anew; evidence is
// cleared by a stay of its own, which remembers where the backoff stands.
static_assert(by_hand(open_until(10'000, 2), EventKind::fit, 9'999).word == open_until(9'999, 2));
static_assert(by_hand(open_until(10'000, 2), EventKind::fit, 9'999, 1).word ==
              open_until(10'000, 2));
static_assert(by_hand(open_until(10'000, 2), EventKind::fit, 10'000).word == open_until(10'000, 2));
static_assert(by_hand(open_until(10'000, 31), EventKind::fit, 9'999).word ==
              open_until(10'000, 31));
static_assert(by_hand(open_until(10'000), EventKind::fit, 1, 10'000 * ms).word ==
              open_until(10'000));  // its wait is over
static_assert(by_hand(closed_at(4, 2), EventKind::fit, 1).word == closed_at(4, 2));
static_assert(!on(by_hand(word_model::encode(probing), EventKind::fit, 1, 9'000 * ms).word,
                  EventKind::arrive, 18'000 * ms)
                   .takes_effect);
static_assert(on(closed_at(4, 2) | power(40), EventKind::clear_evidence).word == closed_at(5, 2));
static_assert(on(closed_at(4), EventKind::clear_evidence).reason == Reason::reconfigured);
static_assert(!on(open_until(10'000), EventKind::clear_evidence).takes_effect);
static_assert(!on(probing, EventKind::clear_evidence).takes_effect);

static_assert(on(closed_at(4), EventKind::force_open).word == (3 | 5 << 3));
static_assert(on(Word{3 | 5 << 3}, EventKind::force_open).word == (3 | 5 << 3));
static_assert(on(Word{3 | 5 << 3}, EventKind::arrive).takes_effect == false);
static_assert(on(Word{3 | 5 << 3}, EventKind::disable).word == (4 | 6 << 3));
static_assert(on(Word{4 | 6 << 3}, EventKind::arrive).takes_effect);
static_assert(on(Word{4 | 6 << 3}, EventKind::arrive_no_probe).takes_effect);
static_assert(on(Word{4 | 6 << 3}, EventKind::trip).takes_effect == false);

}  // namespace

TEST_CASE("an event of no kind changes nothing, in no state") {
  for (const Word word : {closed_at(4), open_until(10'000), word_model::encode(probing)}) {
    const Step step = on(word, static_cast<EventKind>(99));

    CHECK(step.word == word);
    CHECK_FALSE(step.takes_effect);
  }
  CHECK_FALSE(
      detail::next_of_call(closed_at(4), {EventKind::trip}, 0, Rules{Config{}}).takes_effect);
}

// ---- a probe at a time

TEST_CASE("a slow start allows one probe more with each good answer, up to the probes") {
  const Rules rules{Config{.probes = 3, .close_after = 9, .slow_start = true}};
  Facts facts{.state = State::half_open};

  for (const std::uint64_t good : {0u, 1u, 2u, 3u, 8u}) {
    facts.good = good;
    std::uint64_t admitted = 0;
    for (facts.held = 0; facts.held < 5; ++facts.held) {
      if (detail::next(word_model::encode(facts), {EventKind::arrive}, 0, rules).takes_effect)
        ++admitted;
    }
    CHECK(admitted == std::min<std::uint64_t>(good + 1, 3));
  }
}

// ---- what is kept over a restart

namespace {

Ticks rest_of_wait(Word word, Ticks now, const Rules& rules) {
  const bool waits =
      detail::state_of(word) == State::open && !detail::is_wait_over(word, now, rules.gate());
  return waits ? detail::ticks_left(word, now) : 0;
}

/// Lets a circuit trip, and fails each probe as soon as there is one. **Returns** the steps of its
/// openings.
std::vector<std::uint64_t> openings(Word word, const Rules& rules, Ticks now) {
  std::vector<std::uint64_t> steps;
  const auto happens = [&](EventKind kind) {
    Event event = trips_at(StayId::of(word), detail::PolicyBits::get(word));
    event.kind = kind;
    word = detail::next(word, event, now, rules).word;
  };
  for (int round = 0; round < 40; ++round) {
    happens(EventKind::policy_trips);
    now += rest_of_wait(word, now, rules);
    happens(EventKind::arrive);
    happens(EventKind::failure);
    steps.push_back(StayId::of(word).step());
  }
  return steps;
}

}  // namespace

TEST_CASE("a circuit that is restored goes on as the one that was saved would have") {
  const Config config{.open_for = Backoff{.first = 1s, .max = 100s}};
  const Rules rules{config};
  const Model model{config};
  const Ticks now = 1'234'567'891;

  for (const Facts& facts : word_model::all_words(model, now)) {
    const Word word = word_model::encode(facts);
    const Saved saved = detail::saved_of(word, now, rules.gate());
    const Event event = detail::event_of(saved, rules.gate());
    const Word restored = detail::next(closed_at(9), event, now, rules).word;

    CAPTURE(to_text(facts));
    CHECK(StayId::of(restored).generation() == 10);
    CHECK(detail::effective_state(restored, now, rules.gate()) ==
          detail::effective_state(word, now, rules.gate()));
    const Ticks longer = rest_of_wait(restored, now, rules) - rest_of_wait(word, now, rules);
    CHECK((longer >= 0 && longer <= ms));
    if (facts.state == State::forced_open || facts.state == State::disabled) continue;
    CHECK(openings(restored, rules, now) == openings(word, rules, now));
  }
}

TEST_CASE("a wait is kept in whole milliseconds, rounded up") {
  const Rules rules{Config{.open_for = 10s}};
  const Word word = on(closed_at(4), EventKind::policy_trips).word;

  CHECK(detail::saved_of(word, 0, rules.gate()) == Saved{State::open, 10s, 0});
  CHECK(detail::saved_of(word, 9'999 * ms, rules.gate()).left == 1ms);
  CHECK(detail::saved_of(word, 9'999 * ms + 1, rules.gate()).left == 1ms);
  CHECK(detail::saved_of(word, 10'000 * ms, rules.gate()) == Saved{State::open, 0ms, 0});
}

TEST_CASE("a wait that is restored is cut to the longest configured one, unless it is by hand") {
  const detail::Gate gate = Rules{Config{.open_for = 10s, .retry_after_max = 20s}}.gate();

  CHECK(detail::event_of({State::open, 20s, 3}, gate).wait == 20'000);
  CHECK(detail::event_of({State::open, 20'001ms, 3}, gate).wait == 20'000);
  CHECK(detail::event_of({State::open, 20'001ms, 31}, gate).wait == 20'001);
}

TEST_CASE("what was never saved is not restored") {
  const detail::Gate gate = Rules{Config{}}.gate();
  const auto refused_field = [&](const Saved& saved) -> std::string {
    try {
      (void)detail::event_of(saved, gate);
      return "";
    } catch (const ConfigError& error) {
      return error.field();
    }
  };
  constexpr std::chrono::milliseconds most{std::int64_t{1} << 34};

  CHECK(refused_field({State::half_open, 0ms, 0}) == "Saved.state");
  CHECK(refused_field({static_cast<State>(5), 0ms, 0}) == "Saved.state");
  CHECK(refused_field({State::open, -1ms, 0}) == "Saved.left");
  CHECK(refused_field({State::open, most + 1ms, 31}) == "Saved.left");
  CHECK(refused_field({State::open, 0ms, -1}) == "Saved.step");
  CHECK(refused_field({State::open, 0ms, 32}) == "Saved.step");
  CHECK(refused_field({State::closed, 0ms, 31}) ==
        "Saved.step");  // no backoff goes on from by hand
  CHECK(refused_field({State::open, most, 31}) == "");
  CHECK(refused_field({State::open, 0ms, 0}) == "");
  CHECK(refused_field({State::closed, 0ms, 30}) == "");
  CHECK(refused_field({State::forced_open, 0ms, 0}) == "");
  CHECK(refused_field({State::disabled, 0ms, 0}) == "");
}
