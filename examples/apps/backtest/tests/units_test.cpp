// What durations without a unit count: inferred by a rule, or asked for.
#include "units.hpp"

#include <stdexcept>

#include "plausible.hpp"
#include "support/catch.hpp"

using namespace backtest;

namespace {

Record call(Ticks at, Ticks took, int status = 200) {
  Record record;
  record.time = {at, false};
  record.took = took;
  record.knows_took = true;
  record.status = status;
  return record;
}

}  // namespace

TEST_CASE("a unit is inferred where no other can be meant") {
  CHECK(inferred_unit({"0.028", "0.3", "1.02"}, "d") == second);
  CHECK(inferred_unit({"7.1e-05", "0,03"}, "d") == second);
  CHECK(inferred_unit({"28638228", "400", "12000000"}, "d") == 1);
}

TEST_CASE("durations that have their unit, or are not told, need none") {
  CHECK(inferred_unit({"28ms", "1.5s"}, "d") == 0);
  CHECK(inferred_unit({"", "-", "-1"}, "d") == 0);
}

TEST_CASE("what is not certain is asked for") {
  for (const char* number : {"28", "28.638", "28638", "9999999", "0"})
    CHECK_THROWS_AS(inferred_unit({number, number}, "d"), std::invalid_argument);
}

TEST_CASE("a number that grows by 1 each line is no duration") {
  CHECK_THROWS_WITH(inferred_unit({"17", "18", "19", "20", "21", "22"}, "n"),
                    "the field 'n' grows by 1 each line: it counts lines, and is no duration. Name "
                    "the duration: --field duration=NAME");
}

TEST_CASE("calls that took longer than the whole log are doubted") {
  Durations durations;
  for (int i = 0; i < 1000; ++i) durations.add(call(i * second / 10, 20 * second));
  CHECK(durations.doubt().empty());
  for (int i = 0; i < 30; ++i) durations.add(call(100 * second, 1000 * second));
  CHECK(durations.doubt() ==
        "30 of 1,030 calls took longer than the whole log, which spans 1 min 41 s; the longest 16 "
        "min 40 s");
}

TEST_CASE("calls that all took less than 1 µs are doubted if there are time-outs") {
  Durations durations;
  durations.add(call(second, 28));
  CHECK(durations.doubt().empty());
  durations.add(call(2 * second, 999, 504));
  CHECK(durations.doubt() == "no call took longer than 999 ns, but 1 ended in a time-out");
}
