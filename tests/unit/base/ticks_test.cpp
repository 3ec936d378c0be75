// Durations in integers of 128 bits, which are integers to a compiler that is told so alone: this file is.
#include "breaker/base/ticks.hpp"

#include <chrono>
#include <cstdint>
#include <ratio>

#include "support/catch.hpp"

using namespace breaker;

#if defined(__SIZEOF_INT128__)
namespace {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

template <class Count>
Ticks ticks_of(Count count) {
  return detail::to_ticks(std::chrono::duration<Count, std::nano>{count});
}

}  // namespace

TEST_CASE("a duration that counts in 128 bits saturates") {
  const Wide above = (Wide{1} << 64) + 1;

  CHECK(ticks_of(above) == INT64_MAX);
  CHECK(ticks_of(-above) == INT64_MIN);
  CHECK(ticks_of(Wide{-7}) == -7);
  CHECK(ticks_of(static_cast<UnsignedWide>(above)) == INT64_MAX);
  CHECK(ticks_of(UnsignedWide{7}) == 7);
}
#endif
