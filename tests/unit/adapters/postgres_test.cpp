// postgres.hpp: SQLSTATEs in three kinds.
#include "breaker/adapters/postgres.hpp"

#include "support/catch.hpp"

using namespace breaker;
using adapters::judge_sqlstate;

TEST_CASE("a server that can't serve has failed, and one that says no has answered") {
  for (const char* state : {"08006", "08P01", "53300", "53200", "53100", "57P01", "57P02", "57P03",
                            "57014", "25006", "58030", "XX000", "", "5330", "533000"}) {
    CAPTURE(state);
    CHECK(judge_sqlstate(state) == Verdict::failure);
  }
  for (const char* state : {"00000", "23505", "42601", "42P01", "40001", "40P01", "28P01", "57P04",
                            "55P03", "P0001", "25001", "22012"}) {
    CAPTURE(state);
    CHECK(judge_sqlstate(state) == Verdict::success);
  }
  STATIC_REQUIRE(judge_sqlstate("23505") == Verdict::success);
}
