// What an HTTP answer says of its server's health. Needs no HTTP library: the adapters of HTTP
// clients judge by it. HttpResults is the classifier for Boost.Beast. For a client that has none here
// write your own:
//
//   struct MyClientResults {
//     breaker::Judgement on_result(const my::Response& response) const {
//       return breaker::adapters::judge_http(response.status, response.header("Retry-After"));
//     }
//   };
//   breaker::CircuitBreaker circuit{breaker::Config{}, MyClientResults{}};
#pragma once

#include <concepts>
#include <string_view>

#include "breaker/adapters/retry_after.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
/// Circuits around other libraries: a header for each.
namespace adapters {

/// **Returns** whether a status says that the server is in trouble: 429 (too many requests) and
/// 5xx, but not 501 (does not know the method). 404 is an answer like another.
constexpr bool is_http_failure(long status) noexcept {
  return status == 429 || (status >= 500 && status != 501);
}

/// Judge an answer. `status`: below 100 it is none of HTTP; with it (0, -1) many clients say that no
/// answer came, so it is a failure. `retry_after`: the value of that header, empty if it has none.
/// **Returns** failure with the wait that the header asks for, or success.
inline Judgement judge_http(long status, std::string_view retry_after = {}) {
  if (status < 100) return Verdict::failure;
  if (!is_http_failure(status)) return Verdict::success;
  return {Verdict::failure, parse_retry_after(retry_after)};
}

/// The classifier for responses in the shape of Boost.Beast's: `result_int()`, and `[]` for a header.
struct HttpResults {
  /// What the circuit asks of a classifier, see ResultClassifier.
  template <class Response>
    requires requires(const Response& response) {
      { response.result_int() } -> std::convertible_to<long>;
      { response["Retry-After"].data() } -> std::convertible_to<const char*>;
    }
  [[nodiscard]] static Judgement on_result(const Response& response) {
    const auto retry_after = response["Retry-After"];  // empty if there is none
    return judge_http(static_cast<long>(response.result_int()),
                      {retry_after.data(), retry_after.size()});
  }
};

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
