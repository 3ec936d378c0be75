// How candidates are written, and what they become.
#include "candidate.hpp"

#include <stdexcept>
#include <string>

#include "candidates.hpp"
#include "support/catch.hpp"

using namespace backtest;

TEST_CASE("each way to write a candidate has one canonical form, which reads back the same") {
  const auto form = GENERATE(table<std::string, std::string>(
      {{"5 failures in a row", "5 failures in a row; open 30 s"},
       {"5 failures in 10s", "5 failures in 10 s; open 30 s"},
       {"5 failures of the last 37", "5 failures of the last 37 calls; open 30 s"},
       {"failed or slower than 1 s: 50 % in 10 s",
        "failed or slower than 1 s: 50 % in 10 s, at least 20; open 30 s"},
       {"worse than 1 % to 10 % once per year at 50 calls/s",
        "worse than 1 % to 10 % once per year at 50 calls/s; open 30 s"},
       {"5 calls over 2s,open 30s", "5 calls over 2 s; open 30 s"},
       // As it was written before.
       {"consecutive 5", "5 failures in a row; open 30 s"},
       {"4 consecutive failures", "4 failures in a row; open 30 s"},
       {"rate>=50% of last 100, min 20, open 30s",
        "50 % of the last 100 calls, at least 20; open 30 s"},
       {"failure rate \u2265 2.5% over 1m", "2.5 % in 1 min, at least 20; open 30 s"},
       {"rate>=50% of last 10", "50 % of the last 10 calls, at least 10; open 30 s"},
       {"slow > 200ms >= 50% in 10s, min 5",
        "slower than 200 ms: 50 % in 10 s, at least 5; open 30 s"},
       {"slow>200ms rate>=50% in 10s, min 5",
        "slower than 200 ms: 50 % in 10 s, at least 5; open 30 s"},
       {"consecutive 1,open 5s x2 max 5m,probes 3,close 2,reopen 2,lease 10s",
        "1 failure in a row; open 5 s doubling to 5 min; 3 probes, closing after 2, reopening "
        "after 2, lease 10 s"}}));

  const Candidate candidate = checked_candidate(std::get<0>(form));

  CHECK(candidate.in_words() == std::get<1>(form));
  CHECK(parse_candidate(candidate.in_words()) == candidate);
}

TEST_CASE("a candidate that can't be read is refused with what was expected, and where") {
  CHECK_THROWS_WITH(
      parse_candidate("5 failures in 10, 3 probes"),
      "candidate '5 failures in 10, 3 probes':\n"
      "5 failures in 10, 3 probes\n"
      "                ^ expected a unit: ns, us, ms, s, min, h or d, or the word calls");
  for (const char* text :
       {"", "sometimes", "consecutive", "consecutive x", "rate>=101% in 10s", "5 failures",
        "5 calls", "5 calls over", "5 calls in 2s", "600 calls over 2s", "consecutive 5, wait 3s",
        "consecutive 5 open 3s", "slow rate>=50% in 10s", "consecutive 5,", "rate>=50 in 10s"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_candidate(text), std::invalid_argument);
  }
}

TEST_CASE("a number that the library refuses is refused in the library's words") {
  CHECK_THROWS_AS(checked_candidate("0 failures in a row"), std::invalid_argument);
  CHECK_THROWS_AS(checked_candidate("0 calls over 2s"), std::invalid_argument);
  CHECK_THROWS_AS(checked_candidate("5 calls over 25h"), std::invalid_argument);
  CHECK_THROWS_AS(checked_candidate("1 failure in a row, 200 probes"), std::invalid_argument);
  CHECK_THROWS_AS(checked_candidate("50% of last 10, min 20"), std::invalid_argument);
}

TEST_CASE("the usual candidates are different, and cover each kind that judges how calls end") {
  const auto candidates = usual_candidates();

  CHECK(candidates.size() >= 20);
  int kinds = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const breaker::Rule& rule = candidates[i].settings.rules.rule[0];
    kinds |= rule.marks == breaker::Rule::Marks::slow ? 8 : 1 << static_cast<int>(rule.kind);
    for (std::size_t k = 0; k < i; ++k) CHECK_FALSE(candidates[i] == candidates[k]);
  }
  CHECK(kinds == 0b1111);
}
