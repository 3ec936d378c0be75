// For how long a gRPC server asks to be left alone: google.rpc.RetryInfo in a status, and the metadata
// grpc-retry-pushback-ms.
#pragma once

#include <grpcpp/support/string_ref.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>
#include <system_error>

#include "breaker/adapters/detail/proto_fields.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::detail {

/// **Returns** the wait that `details`, a google.rpc.Status, asks for by a RetryInfo; not given if there is
/// none. At most 10^9 s.
constexpr Duration retry_info_wait(std::string_view details) noexcept {
  for (ProtoFields status{details}; status.next();) {
    if (status.number() != 3 || !proto_bytes(status.bytes(), 1).ends_with("/google.rpc.RetryInfo"))
      continue;
    std::uint64_t seconds = 0, nanoseconds = 0;
    for (ProtoFields delay{proto_bytes(proto_bytes(status.bytes(), 2), 1)}; delay.next();)
      (delay.number() == 1 ? seconds : nanoseconds) = delay.value();
    if (seconds > INT64_MAX || nanoseconds > 999'999'999) return {};  // it was below 0
    return std::chrono::seconds{(std::min<std::uint64_t>)(seconds, 1'000'000'000)} +
           std::chrono::nanoseconds{nanoseconds};
  }
  return {};
}

/// **Returns** the wait that the trailing metadata ask for; not given if they ask for none, or not to be
/// asked again at all (a number below 0).
inline Duration pushback_wait(const std::multimap<grpc::string_ref, grpc::string_ref>* metadata) {
  if (metadata == nullptr) return {};
  const auto found = metadata->find("grpc-retry-pushback-ms");
  if (found == metadata->end()) return {};
  std::uint32_t wait = 0;
  const char* const begin = found->second.data();
  const auto [end, error] = std::from_chars(begin, begin + found->second.size(), wait);
  if (error != std::errc{} || end != begin + found->second.size()) return {};
  return std::chrono::milliseconds{wait};
}

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
