// What the errors of a PostgreSQL server say of its health. Needs no library: the adapters of its
// clients judge by it, and so may your own classifier, for a client that has none here.
#pragma once

#include <string_view>

#include "breaker/base/version.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// Judge an error by its SQLSTATE, of five characters. **Returns** failure if it says that the server
/// can't serve: no connection (class 08), out of resources (53, with too many connections), shut down,
/// starting up or crashed (57P01 to 57P03), a statement that was cancelled, as statement_timeout does
/// (57014), read-only, as after a failover (25006), an error of the system or of the server itself (58,
/// XX), or none at all: the error is the client's, which has lost the connection. Else success: a
/// constraint that is violated, or wrong syntax, is an answer like another.
[[nodiscard]] constexpr Verdict judge_sqlstate(std::string_view state) noexcept {
  if (state.size() != 5) return Verdict::failure;
  for (const std::string_view failure :
       {"08", "53", "58", "XX", "57P01", "57P02", "57P03", "57014", "25006"}) {
    if (state.starts_with(failure)) return Verdict::failure;
  }
  return Verdict::success;
}

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
