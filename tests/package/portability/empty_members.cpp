// An empty member takes no room, in Microsoft's ABI too: the sizes of circuits rest on it.
#include "breaker/base/version.hpp"

namespace {

struct Empty {};
struct Holder {
  BREAKER_NO_UNIQUE_ADDRESS Empty empty;
  int number;
};
static_assert(sizeof(Holder) == sizeof(int));

}  // namespace
