// What counts as a failure.
#include "judge.hpp"

#include <stdexcept>

#include "support/catch.hpp"

using namespace backtest;

namespace {

Record answered(int status, Ticks took = 0) {
  Record record;
  record.status = status;
  record.took = took;
  record.is_aborted = status == 499;
  return record;
}

}  // namespace

TEST_CASE("by default 5xx, no answer and calls that the caller gave up are failures") {
  const Judge judge;

  CHECK(judge.judge(answered(200)) == Verdict::success);
  CHECK(judge.judge(answered(404)) == Verdict::success);
  CHECK(judge.judge(answered(500)) == Verdict::failure);
  CHECK(judge.judge(answered(599)) == Verdict::failure);
  CHECK(judge.judge(answered(0)) == Verdict::failure);
  CHECK(judge.judge(answered(499)) == Verdict::failure);
  CHECK(judge.judge(answered(200, 100 * second)) == Verdict::success);
}

TEST_CASE("statuses that fail, or that count as nothing, are lists of one's own") {
  Judge judge;
  judge.failures = Statuses{"503, 429"};
  judge.ignored = Statuses{"4xx"};

  CHECK(judge.judge(answered(503)) == Verdict::failure);
  CHECK(judge.judge(answered(502)) == Verdict::success);
  CHECK(judge.judge(answered(429)) == Verdict::ignored);
}

TEST_CASE("a call that takes longer than the limit is a failure, one that takes as long is not") {
  Judge judge;
  judge.slower_than = second;

  CHECK(judge.judge(answered(200, second)) == Verdict::success);
  CHECK(judge.judge(answered(200, second + 1)) == Verdict::failure);
}

TEST_CASE("a call that the caller gave up counts as one says") {
  for (const Verdict verdict : {Verdict::success, Verdict::failure, Verdict::ignored}) {
    Judge judge;
    judge.aborted = verdict;
    CHECK(judge.judge(answered(499)) == verdict);
  }
}

TEST_CASE("what the log itself calls a failure is one, whatever its status") {
  Record record = answered(200);
  record.outcome = Verdict::failure;

  CHECK(Judge{}.judge(record) == Verdict::failure);
}

TEST_CASE("the rule is told in one line") {
  Judge judge;
  CHECK(judge.in_words() ==
        "A failure is: status 0 (no answer), 500-599, given up by the caller (499). Not counted: "
        "nothing. The rest succeeded.");

  judge.failures = Statuses{"503"};
  judge.ignored = Statuses{"404"};
  judge.aborted = Verdict::ignored;
  judge.slower_than = second;
  CHECK(
      judge.in_words() ==
      "A failure is: status 503, slower than 1 s. Not counted: status 404, given up by the caller "
      "(499). The rest succeeded.");
}

TEST_CASE("a list of statuses that is none is refused") {
  for (const char* text : {"5yy", "abc", "500-400", "1000", "500,,502"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Statuses{text}, std::invalid_argument);
  }
}
