// What the errors of libcurl say of the server.
#pragma once

#include <curl/curl.h>

#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::detail {

/// **Returns** how a transfer counts that ended with this error; none if its status decides.
[[nodiscard]] inline Judgement judge_curl_code(CURLcode code) noexcept {
  switch (code) {
    case CURLE_OK:
    case CURLE_HTTP_RETURNED_ERROR: return Judgement::none();

    case CURLE_REMOTE_ACCESS_DENIED:  // the server has answered, and said no
    case CURLE_LOGIN_DENIED:
    case CURLE_REMOTE_FILE_EXISTS:
    case CURLE_REMOTE_FILE_NOT_FOUND:
    case CURLE_TFTP_NOTFOUND:
    case CURLE_TFTP_NOSUCHUSER:
    case CURLE_TFTP_PERM: return Verdict::success;

    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_READ_ERROR:   // of the caller's read callback,
    case CURLE_WRITE_ERROR:  // and of its write callback
    case CURLE_BAD_DOWNLOAD_RESUME:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_FAILED_INIT:
    case CURLE_FILE_COULDNT_READ_FILE:
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_FUNCTION_NOT_FOUND:
    case CURLE_HTTP_POST_ERROR:
    case CURLE_INTERFACE_FAILED:
    case CURLE_NOT_BUILT_IN:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_RANGE_ERROR:
    case CURLE_RECURSIVE_API_CALL:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_UNSUPPORTED_PROTOCOL:
#if LIBCURL_VERSION_NUM >= 0x074D00
    case CURLE_SSL_CLIENTCERT:  // the caller has none, or a wrong one
#endif
#if LIBCURL_VERSION_NUM >= 0x075400
    case CURLE_UNRECOVERABLE_POLL:
#endif
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:
#endif
    case CURLE_URL_MALFORMAT: return Verdict::ignored;
    default: return Verdict::failure;
  }
}

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
