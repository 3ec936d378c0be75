// mix: the published numbers of SplitMix64.
#include "breaker/base/mix.hpp"

#include "support/catch.hpp"

using namespace breaker;

TEST_CASE("numbers are mixed as SplitMix64 mixes them") {
  CHECK(detail::mix(0) == 0xe220a8397b1dcdaf);
  CHECK(detail::mix(detail::mix_step) == 0x6e789e6aa1b965f4);
  CHECK(detail::mix(2 * detail::mix_step) == 0x06c45d188009454f);
  CHECK(detail::mix(1) == 0x910a2dec89025cc1);
}
