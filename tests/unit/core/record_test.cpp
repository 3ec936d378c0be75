// Record: the last transition, spread over words that each carry its generation.
#include "breaker/core/record.hpp"

#include <chrono>
#include <cstdint>
#include <limits>

#include "support/catch.hpp"

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
          .evidence = {generation, 2, 3},
          .limit = {},
          .has_numbers = true};
}

Transition stored(const Transition& transition, int part = 0) {
  detail::Record record;
  int part_read = -1;
  record.store(transition, part);
  const Transition read = record.load(part_read);
  CHECK(part_read == part);
  return read;
}

}  // namespace

TEST_CASE("a record without a transition has the reason none") {
  const detail::Record record;
  int part = -1;

  const Transition last = record.load(part);

  CHECK(last.reason == Reason::none);
  CHECK(last.from == State::closed);
  CHECK(last.to == State::closed);
  CHECK(part == 0);
}

TEST_CASE("a transition is read back as it was stored") {
  const Transition plain = of_generation(77);
  const Transition largest{.from = State::disabled,
                           .to = State::forced_open,
                           .reason = Reason::reset,
                           .generation = 1,
                           .at = std::chrono::nanoseconds::max(),
                           .open_for = std::chrono::milliseconds{std::int64_t{1} << 34},
                           .evidence = {(1u << 28) - 1, (1u << 28) - 1, (1u << 28) - 1},
                           .limit = {},
                           .has_numbers = true};
  Transition before_time = largest;
  before_time.at = std::chrono::nanoseconds::min();
  before_time.evidence = {1u << 14, (1u << 14) - 1, 1u << 27};

  CHECK(stored(plain, 3) == plain);
  CHECK(stored(largest, 255) == largest);
  CHECK(stored(before_time) == before_time);
}

TEST_CASE("counts that do not fit read as the largest that does") {
  Transition transition = of_generation(1);
  transition.evidence = {std::numeric_limits<std::uint32_t>::max(), 1u << 28, 1u << 31};

  CHECK(stored(transition).evidence == Evidence{(1u << 28) - 1, (1u << 28) - 1, (1u << 28) - 1});
}

TEST_CASE("a transition that comes late never replaces a later one") {
  detail::Record record;
  int part = 0;

  record.store(of_generation(9), 0);
  record.store(of_generation(8), 1);
  record.store(of_generation(9), 1);

  CHECK(record.load(part) == of_generation(9));
  CHECK(part == 0);
}

TEST_CASE("generations that wrap are still later ones") {
  detail::Record record;
  int part = 0;
  // Half the numbers lie ahead of another: go round in steps that are shorter.
  for (const Generation generation : {0xfffffu, 0x1ffffeu, 0x1fffffu, 0u}) {
    record.store(of_generation(generation), 0);
    CHECK(record.load(part).generation == generation);
  }

  record.store(of_generation(0x1fffff), 0);

  CHECK(record.load(part).generation == 0);
}
