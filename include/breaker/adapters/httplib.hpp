// cpp-httplib: a circuit breaker around the calls of its client.
//
//   httplib::Client client{"http://127.0.0.1:8080"};
//   client.set_read_timeout(2s);  // a hang becomes a failure: shorter than the circuit's probe_lease
//   breaker::CircuitBreaker circuit{breaker::Config{}, breaker::adapters::HttplibResults{}};
//
//   httplib::Result result = circuit.call([&] { return client.Get("/price"); },
//                                         breaker::adapters::refused_by_httplib);
//   if (!result) std::cerr << result.error() << '\n';  // Connection: refused, or nobody is there
//
// A failure is an answer of 429 or 5xx (but 501), and no answer. `Retry-After` becomes the open wait,
// if that very answer opens the circuit. What the caller did itself (it cancelled, its certificate
// can't be loaded) is ignored. A read timeout begins anew with each byte: a server that trickles holds a
// call for long. client.set_max_timeout(2s) ends that, in versions that have it (after 0.18). Needs
// cpp-httplib 0.11 or later; nothing is allocated here.
#pragma once

#include <httplib.h>

#include "breaker/adapters/http.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// The classifier for httplib::Result.
struct HttplibResults {
  /// What the circuit asks of a classifier, see ResultClassifier.
  [[nodiscard]] Judgement on_result(const httplib::Result& result) const {
    if (!result) return judge_error(result.error());
    const auto retry_after = result->headers.find("Retry-After");
    return retry_after == result->headers.end() ? judge_http(result->status)
                                                : judge_http(result->status, retry_after->second);
  }

  /// **Returns** ignored for what says nothing of the server, else failure.
  [[nodiscard]] static Verdict judge_error(httplib::Error error) noexcept {
    switch (error) {
      case httplib::Error::Canceled:
      case httplib::Error::BindIPAddress:
      case httplib::Error::SSLLoadingCerts:
      case httplib::Error::UnsupportedMultipartBoundaryChars:
      case httplib::Error::Compression: return Verdict::ignored;
      default: return Verdict::failure;
    }
  }
};

/// A fallback: what a refused call answers, as if nobody had listened there. Calls that failed come
/// back as they are. (Without a fallback, a refused call throws CircuitOpen.)
inline constexpr auto refused_by_httplib = [](const Rejection& /*rejection*/) {
  return httplib::Result{nullptr, httplib::Error::Connection};
};

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
