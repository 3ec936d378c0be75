// KeepErrno: what a function reported beside its result stays, whoever runs after it.
#pragma once

#include <cerrno>

#include "breaker/base/version.hpp"

#if defined(_WIN32)
// As windows.h declares them, which would bring its macros.
extern "C" {
__declspec(dllimport) unsigned long __stdcall GetLastError();
__declspec(dllimport) void __stdcall SetLastError(unsigned long code);
}
#endif

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Keeps errno, and on Windows GetLastError() too, as the function of a call left them, whatever a
/// listener or a classifier does.
class KeepErrno {
 public:
  KeepErrno() noexcept = default;
  ~KeepErrno() {
    errno = was_;
#if defined(_WIN32)
    ::SetLastError(last_error_);
#endif
  }
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;

 private:
  const int was_ = errno;
#if defined(_WIN32)
  const unsigned long last_error_ = ::GetLastError();
#endif
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
