// libcurl: a circuit breaker around transfers, of easy handles and of multi handles.
//
//   CURL* easy = curl_easy_init();
//   curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:8080/price");
//   curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 2000L);  // a hang becomes a failure
//   breaker::CircuitBreaker circuit{breaker::Config{}};
//
//   CURLcode code = breaker::adapters::perform_curl(circuit, easy);
//   if (code != CURLE_OK) std::puts(curl_easy_strerror(code));  // refused: can't connect
//
// A multi handle runs many transfers at a time: take a permit for each, and settle it with what the
// multi handle says of it in the end. (Here the transfer's private pointer leads to its permit.)
//
//   CURLM* multi = curl_multi_init();
//   auto permit = circuit.try_acquire();
//   curl_easy_setopt(easy, CURLOPT_PRIVATE, &permit);
//   if (permit) curl_multi_add_handle(multi, easy);
//   // … then, in your loop:
//   int left = 0;
//   while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
//     decltype(permit)* its_permit = nullptr;
//     curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &its_permit);
//     breaker::adapters::settle_curl(*its_permit, *message);
//   }
//
// A failure is a status of 429 or 5xx (but 501), and no answer: keep the timeout shorter than the
// circuit's probe_lease. The way to the server counts as the server: its name, TLS, and a proxy that is
// not there or does not connect. Of redirects that are followed the last answer counts; more of them
// than CURLOPT_MAXREDIRS are a failure. `Retry-After` becomes the open wait, if the circuit opens.
// What the caller did himself is ignored: a callback that aborts, a malformed URL, certificates that
// can't be read. So is a transfer taken out of the multi handle: if that is your timeout, settle its
// permit as a failure. The circuit's own classifier is asked first, with a CurlResult. Needs libcurl
// 7.66 or later; nothing is allocated here.
#pragma once

#include <curl/curl.h>

#include <chrono>

#include "breaker/adapters/detail/curl_code.hpp"
#include "breaker/adapters/http.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// A transfer that has ended: what a circuit's own classifier may judge.
struct CurlResult {
  /// The handle, to be asked by curl_easy_getinfo().
  CURL* easy;
  /// How it ended.
  CURLcode code;
};

/// Judge a transfer that has ended with `code`. Not HTTP: `CURLE_OK` is a success.
[[nodiscard]] inline Judgement judge_curl(CURL* easy, CURLcode code) noexcept {
  const Judgement judgement = detail::judge_curl_code(code);
  if (judgement.is_made) return judgement;
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (!is_http_failure(status)) return Verdict::success;
  curl_off_t seconds = 0;  // libcurl reads both forms of the header
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  return {Verdict::failure, std::chrono::duration<curl_off_t>{seconds > 0 ? seconds : 0}};
}

/// The classifier that goes by judge_curl().
struct CurlResults {
  /// What the circuit asks of a classifier, see ResultClassifier.
  [[nodiscard]] static Judgement on_result(const CurlResult& result) noexcept {
    return judge_curl(result.easy, result.code);
  }
};

/// Settle the permit of a transfer with what its multi handle says. A message that is not
/// CURLMSG_DONE changes nothing. **Returns** whether it counted. **Throws** what the circuit's classifier does.
template <class Permit>
Settled settle_curl(Permit& permit, const CURLMsg& message) {
  if (message.msg != CURLMSG_DONE) return Settled::unaccounted;
  return permit.settle_by(CurlResult{message.easy_handle, message.data.result}, CurlResults{});
}

/// Run a transfer, if the circuit admits it. **Returns** what curl_easy_perform does; refused,
/// what `refused` makes of the Rejection.
template <class Circuit, class Refused>
CURLcode perform_curl(Circuit& circuit, CURL* easy, Refused&& refused) {
  auto permit = circuit.try_acquire();
  if (!permit) return refused(permit.rejection());
  const CURLcode code = curl_easy_perform(easy);
  permit.settle_by(CurlResult{easy, code}, CurlResults{});
  return code;
}
/// The same; refused, it answers CURLE_COULDNT_CONNECT.
template <class Circuit>
CURLcode perform_curl(Circuit& circuit, CURL* easy) {
  return perform_curl(circuit, easy, [](const Rejection&) { return CURLE_COULDNT_CONNECT; });
}

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
