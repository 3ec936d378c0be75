// How candidates are written, and what they become.
#include "candidate.hpp"

#include <stdexcept>
#include <string>

#include "candidates.hpp"
#include "support/catch.hpp"

using namespace backtest;

TEST_CASE("each way to write a candidate has one canonical form, which reads back the same") {
  const auto form = GENERATE(table<std::string, std::string>(
      {{"consecutive 5", "consecutive 5, open 30s"},
       {"3 failures in a row", "consecutive 3, open 30s"},
       {"4 consecutive failures", "consecutive 4, open 30s"},
       {"5 failures in 10s", "5 failures in 10s, open 30s"},
       {"5 failures of the last 50", "5 failures of last 50, open 30s"},
       {"rate>=50% of last 100, min 20, open 30s", "rate>=50% of last 100, min 20, open 30s"},
       {"rate \u2265 2.5% over 1m", "rate>=2.5% in 60s, min 20, open 30s"},
       {"rate>=50% of last 10", "rate>=50% of last 10, min 10, open 30s"},
       {"slow > 200ms >= 50% in 10s, min 5", "slow>200ms rate>=50% in 10s, min 5, open 30s"},
       {"5 calls over 2s,open 30s", "5 calls over 2s, open 30s"},
       {"consecutive 1,open 5s x2 max 5m,probes 3,close 2,reopen 2,lease 10s",
        "consecutive 1, open 5s x2 max 300s, probes 3, close 2, reopen 2, "
        "lease 10s"}}));

  const Candidate candidate = checked_candidate(std::get<0>(form));

  CHECK(candidate.in_words() == std::get<1>(form));
  CHECK(parse_candidate(candidate.in_words()) == candidate);
}

TEST_CASE("a candidate that can't be read is refused with what was expected, and where") {
  CHECK_THROWS_WITH(
      parse_candidate("rate>=50 in 10s"),
      "candidate 'rate>=50 in 10s': expected a percentage up to 100% with at most one "
      "decimal at '50 in 10s'");
  CHECK_THROWS_WITH(
      parse_candidate("rate>=50% of last 99"),
      "candidate 'rate>=50% of last 99': a window of 99 calls is not compiled in; there "
      "are 5, 10, 20, 50, 100, 200, 500, 1000");
  for (const char* text :
       {"", "sometimes", "consecutive", "consecutive x", "rate>=101% in 10s", "5 failures",
        "5 calls", "5 calls over", "5 calls in 2s", "600 calls over 2s", "consecutive 5, wait 3s",
        "consecutive 5 open 3s", "slow rate>=50% in 10s", "consecutive 5,", "rate>=0.55% in 10s"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_candidate(text), std::invalid_argument);
  }
}

TEST_CASE("a number that the library refuses is refused in the library's words") {
  CHECK_THROWS_WITH(
      checked_candidate("consecutive 0"),
      "candidate 'consecutive 0': breaker: ConsecutiveFailures.count is 0, it must be 1 "
      "to 2^24 - 1");
  CHECK_THROWS_AS(checked_candidate("consecutive 1, probes 200"), std::invalid_argument);
  CHECK_THROWS_AS(checked_candidate("0 calls over 2s"), std::invalid_argument);
  CHECK_THROWS_AS(checked_candidate("5 calls over 25h"), std::invalid_argument);
  CHECK_THROWS_AS(checked_candidate("rate>=50% of last 10, min 20"), std::invalid_argument);
}

TEST_CASE("the usual candidates are different, and cover each kind that judges how calls end") {
  const auto candidates = usual_candidates();

  CHECK(candidates.size() >= 20);
  int kinds = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    kinds |= 1 << static_cast<int>(candidates[i].kind);
    for (std::size_t k = 0; k < i; ++k) CHECK_FALSE(candidates[i] == candidates[k]);
  }
  CHECK(kinds == 0b1111);
}
