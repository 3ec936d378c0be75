// What the types that policies and listeners are handed start with.
#include "breaker/concepts.hpp"

#include "support/catch.hpp"

using namespace breaker;

TEST_CASE("a finding that says nothing is that the first part is below its threshold") {
  const Finding nothing{};

  CHECK_FALSE(nothing.at_threshold);
  CHECK(nothing.part == 0);
  CHECK(nothing.evidence == Evidence{0, 0, 0});
}
