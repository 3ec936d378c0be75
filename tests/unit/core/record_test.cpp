// Record: the last transition, spread over words that each carry its generation.
#include "breaker/core/record.hpp"

#include <chrono>
#include <cstdint>
#include <limits>

#include "support/catch.hpp"
#include "unit/core/word_model.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

Transition of_generation(Generation generation) {
  return {.from = State::closed,
          .to = State::open,
          .reason = Reason::policy,
          .generation = generation,
          .at = 5s,
          .open_for = 30s,
          .numbers = {{generation, 2, 3}},
          .limits = {},
          .words = nullptr,
          .has_numbers = true};
}

constexpr std::uint16_t version = 5;  // of the settings

Transition stored(const Transition& transition, int part = 0) {
  detail::Record record;
  detail::Record::Cause cause{};
  record.store(transition, part, version);
  const Transition read = record.load(version, cause);
  CHECK(cause.part == part);
  CHECK(cause.is_of_version);
  return read;
}

Transition load(const detail::Record& record) {
  detail::Record::Cause cause{};
  return record.load(version, cause);
}

}  // namespace

TEST_CASE("a record without a transition has the reason none") {
  const detail::Record record;
  detail::Record::Cause cause{-1, true};

  const Transition last = record.load(0, cause);

  CHECK(last.reason == Reason::none);
  CHECK(last.from == State::closed);
  CHECK(last.to == State::closed);
  CHECK(cause.part == 0);
}

TEST_CASE("a transition is read back as it was stored") {
  const Transition plain = of_generation(77);
  const Transition largest{.from = State::disabled,
                           .to = State::forced_open,
                           .reason = Reason::reset,
                           .generation = 1,
                           .at = std::chrono::nanoseconds::max(),
                           .open_for = std::chrono::milliseconds{std::int64_t{1} << 34},
                           .numbers = {{(1u << 28) - 1, (1u << 28) - 1, (1u << 28) - 1}},
                           .limits = {},
                           .words = nullptr,
                           .has_numbers = true};
  Transition before_time = largest;
  before_time.at = std::chrono::nanoseconds::min();
  before_time.numbers = {{1u << 14, (1u << 14) - 1, 1u << 27}};

  CHECK(stored(plain, 3) == plain);
  CHECK(stored(largest, 255) == largest);
  CHECK(stored(before_time) == before_time);
}

TEST_CASE("counts that do not fit read as the largest that does") {
  Transition transition = of_generation(1);
  transition.numbers = {{std::numeric_limits<std::uint32_t>::max(), 1u << 28, 1u << 31}};

  CHECK(stored(transition).numbers == Numbers{{(1u << 28) - 1, (1u << 28) - 1, (1u << 28) - 1}});
}

TEST_CASE("a transition that comes late never replaces a later one") {
  detail::Record record;
  detail::Record::Cause cause{};

  record.store(of_generation(9), 0, version);
  record.store(of_generation(8), 1, version);
  record.store(of_generation(9), 1, version);

  CHECK(record.load(version, cause) == of_generation(9));
  CHECK(cause.part == 0);
}

TEST_CASE("generations that wrap are still later ones") {
  detail::Record record;
  // Half the numbers lie ahead of another: go round in steps that are shorter.
  for (const Generation generation : {0xfffffu, 0x1ffffeu, 0x1fffffu, 0u}) {
    record.store(of_generation(generation), 0, version);
    CHECK(load(record).generation == generation);
  }

  record.store(of_generation(0x1fffff), 0, version);

  CHECK(load(record).generation == 0);
}

TEST_CASE("a cause under other settings says so, as their limits are not those that it reached") {
  detail::Record record;
  record.store(of_generation(1), 2, 0x1234);
  const auto is_of = [&](std::uint16_t settings) {
    detail::Record::Cause cause{};
    CHECK(record.load(settings, cause).numbers == of_generation(1).numbers);
    return cause.is_of_version;
  };

  CHECK(is_of(0x1234));
  CHECK_FALSE(is_of(0x1235));
  CHECK_FALSE(is_of(0x1233));
}

TEST_CASE("a record that holds under new settings takes their number, one of others does not") {
  detail::Record record;
  record.store(of_generation(1), 2, 0x1234);
  const auto is_of = [&](std::uint16_t settings) {
    detail::Record::Cause cause{};
    CHECK(record.load(settings, cause) == of_generation(1));
    CHECK(cause.part == 2);
    return cause.is_of_version;
  };

  record.renumber(0x1235, 0x1236);
  CHECK(is_of(0x1234));

  record.renumber(0x1234, 0x1235);
  CHECK(is_of(0x1235));
  CHECK_FALSE(is_of(0x1234));
}

// ---- a stay that goes on under the next number

TEST_CASE("when a stay began is known of the last one, of any other not") {
  detail::Record record;
  record.store(of_generation(9), 0, version);

  CHECK(record.began(9) == 5'000'000'000);
  CHECK(record.began(8) == detail::ticks_max);
  CHECK(record.began(10) == detail::ticks_max);
}

TEST_CASE("a stay that began before time 0 has begun then") {
  detail::Record record;
  Transition transition = of_generation(9);
  transition.at = -7ns;
  record.store(transition, 0, version);

  CHECK(record.began(9) == -7);
}

// ---- what answers asked for

namespace {

constexpr Ticks ms = 1'000'000;
constexpr detail::Milliseconds most = 1'000;  // that may be asked for

constexpr detail::Word closed(Generation generation) {
  return std::uint64_t{generation} * word_model::power(3);
}
constexpr detail::Word half_open(Generation generation, std::uint64_t renewals) {
  return word_model::encode(
      {.state = State::half_open, .generation = generation, .renewals = renewals});
}

/// The millisecond `time`, as deadlines are numbered.
detail::Milliseconds at(Ticks time) { return detail::deadline_after(time * ms, 0); }

}  // namespace

TEST_CASE("a wish is kept for its stay: none, the latest that is ahead") {
  detail::Record record;
  record.store(of_generation(9), 0, version);
  const auto kept = [&] { return record.asked_until(closed(9)); };

  CHECK(kept() == 0);
  record.note_asked(closed(9), at(20), 0, most);
  CHECK(kept() == at(20) % word_model::power(35));
  record.note_asked(closed(9), at(19), 0, most);
  CHECK(kept() == at(20) % word_model::power(35));
  record.note_asked(closed(9), at(21), 0, most);
  CHECK(kept() == at(21) % word_model::power(35));
  record.note_asked(closed(9), at(23), 22 * ms, most);  // the one before has passed
  CHECK(kept() == at(23) % word_model::power(35));
  CHECK(record.asked_until(closed(8)) == 0);
  CHECK(record.asked_until(closed(10)) == 0);
}

TEST_CASE("a wish that has passed gives way to any that is ahead") {
  detail::Record record;
  record.note_asked(closed(0), at(20), 0, most);

  record.note_asked(closed(0), at(30), 29 * ms, most);
  record.note_asked(closed(0), at(29), 28 * ms, most);  // 30 is ahead again: the clock was set back

  CHECK(record.asked_until(closed(0)) == at(30) % word_model::power(35));
}

TEST_CASE("a wish of an earlier stay never replaces one of a later one, or its record") {
  detail::Record record;
  record.store(of_generation(9), 0, version);

  record.note_asked(closed(8), at(20), 0, most);

  CHECK(load(record) == of_generation(9));
  CHECK(record.asked_until(closed(9)) == 0);
}

TEST_CASE("a recovery keeps its wishes over its renewals, and no longer") {
  detail::Record record;
  record.note_asked(half_open(9, 0), at(20), 0, most);

  CHECK(record.asked_until(half_open(12, 3)) == at(20) % word_model::power(35));
  CHECK(record.asked_until(half_open(12, 2)) == 0);
  CHECK(record.asked_until(closed(12)) == 0);

  record.note_asked(half_open(12, 3), at(19), 0, most);
  CHECK(record.asked_until(half_open(12, 3)) == at(20) % word_model::power(35));
  record.note_asked(half_open(12, 3), at(21), 0, most);
  CHECK(record.asked_until(half_open(12, 3)) == at(21) % word_model::power(35));
  CHECK(record.asked_until(half_open(9, 0)) == at(21) % word_model::power(35));
}

TEST_CASE("a renewed stay keeps its record, under its new number") {
  detail::Record record;
  detail::Record::Cause cause{};
  for (const Generation generation : {0xfffffu, 0x1ffffeu, 0x1fffffu})
    record.store(of_generation(generation), 3, version);

  Transition expected = of_generation(0x1fffff);
  expected.generation = 1;
  CHECK(record.load(version, cause, half_open(1, 2)) == expected);
  CHECK(cause.part == 3);
  CHECK(cause.is_of_version);
  CHECK(record.load(version, cause, half_open(1, 1)) == of_generation(0x1fffff));
}

TEST_CASE("a record moves on with its recovery once renewals are no longer counted") {
  detail::Record record;
  record.store(of_generation(9), 0, version);

  record.renew(half_open(71, 62));
  CHECK(load(record) == of_generation(9));
  record.renew(half_open(72, 63));

  Transition expected = of_generation(9);
  expected.generation = 72;
  CHECK(load(record) == expected);
}

TEST_CASE("a wish is not read as how long the circuit is open, and leaves the rest readable") {
  detail::Record record;
  Transition closing = of_generation(9);
  closing.to = State::closed;
  closing.open_for = 0ms;
  record.store(closing, 0, version);

  record.note_asked(closed(9), at(20), 0, most);

  CHECK(load(record) == closing);
}
