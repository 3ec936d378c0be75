// Ratio: shares, compared exactly.
#include "breaker/ratio.hpp"

#include <cstdint>
#include <limits>

#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;

TEST_CASE("a share is reached at exactly its boundary") {
  STATIC_REQUIRE(Ratio{57, 100}.reached_by(57, 100));
  STATIC_REQUIRE_FALSE(Ratio{57, 100}.reached_by(56, 100));
  STATIC_REQUIRE(Ratio{1, 3}.reached_by(1, 3));
  STATIC_REQUIRE_FALSE(Ratio{1, 3}.reached_by(333'333'333, 1'000'000'000));
  STATIC_REQUIRE(Ratio{1, 3}.reached_by(333'333'334, 1'000'000'000));
}

TEST_CASE("for every number of calls up to 1000 a share begins where whole numbers say") {
  for (const Ratio share : {1_percent, 29_percent, 50_percent, 57_percent, 99_percent, 100_percent,
                            Ratio{1, 3}, Ratio{2, 3}, Ratio{1, 7}}) {
    const auto part = static_cast<std::uint32_t>(share.part());
    const auto whole = static_cast<std::uint32_t>(share.whole());
    for (std::uint32_t total = 1; total <= 1'000; ++total) {
      const std::uint32_t first = (total * part + whole - 1) / whole;
      if (!share.reached_by(first, total) || share.reached_by(first - 1, total)) {
        CAPTURE(part, whole, total, first);
        FAIL("the share begins elsewhere");
      }
    }
  }
}

TEST_CASE("the largest numbers there are do not overflow") {
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  constexpr auto largest = std::numeric_limits<int>::max();

  STATIC_REQUIRE(Ratio{largest, largest}.reached_by(most, most));
  STATIC_REQUIRE_FALSE(Ratio{largest, largest}.reached_by(most - 1, most));
  STATIC_REQUIRE(Ratio{largest - 1, largest}.reached_by(most - 2, most));
}

TEST_CASE("a share is more than nothing and at most the whole") {
  STATIC_REQUIRE(Ratio{1, 100}.is_share());
  STATIC_REQUIRE(Ratio{100, 100}.is_share());
  STATIC_REQUIRE_FALSE(Ratio{0, 100}.is_share());
  STATIC_REQUIRE_FALSE(Ratio{101, 100}.is_share());
  STATIC_REQUIRE_FALSE(Ratio{-1, 100}.is_share());
  STATIC_REQUIRE_FALSE(Ratio{1, 0}.is_share());
  STATIC_REQUIRE_FALSE(Ratio{-1, -1}.is_share());
}

TEST_CASE("a percentage is hundredths, or millionths with a point, as a literal or at run time") {
  STATIC_REQUIRE(50_percent == Ratio{50, 100});
  STATIC_REQUIRE(0_percent == Ratio{0, 100});
  STATIC_REQUIRE(12.5_percent == Ratio{125'000, 1'000'000});
  STATIC_REQUIRE(0.0001_percent == Ratio{1, 1'000'000});
  STATIC_REQUIRE(99.99_percent == Ratio{999'900, 1'000'000});
  STATIC_REQUIRE(100.0_percent == Ratio{1'000'000, 1'000'000});
  CHECK(percent(50) == 50_percent);
  CHECK(percent(-3).part() == -3);
}

TEST_CASE("ratios are equal as they were written") {
  CHECK(Ratio{1, 2} == Ratio{1, 2});
  CHECK(Ratio{1, 2} != Ratio{1, 3});
  CHECK(Ratio{1, 2} != Ratio{2, 4});
}
