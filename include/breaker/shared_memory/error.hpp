// SharedMemoryError: why a file of circuits can't be made or attached, and what to do.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Thrown when a file of circuits can't be made or attached. (A build without exceptions prints the
/// same text to stderr and aborts.)
class [[gnu::visibility("default")]] SharedMemoryError : public std::exception {
 public:
  /// What is wrong.
  enum class Cause : std::uint8_t {
    system,               ///< The system refused a step: `step()`, `error_number()`.
    no_room,              ///< The file system is full, or has a limit.
    not_circuits,         ///< The path leads to something else.
    of_another_user,      ///< Its owner is neither the caller nor root.
    of_another_version,   ///< Another version of the library made it.
    of_another_layout,    ///< Its circuits have other parts, or come from another kind of machine.
    with_other_settings,  ///< Config, policy or capacity differ.
    before_this_boot,     ///< The clock has begun anew since.
    in_another_time_namespace,  ///< Its makers have another clock.
  };

  /// `step`: what was tried, a string literal. `error_number`: an errno, or 0.
  SharedMemoryError(Cause cause, const char* path, const char* step = "",
                    int error_number = 0) noexcept
      : cause_{cause}, step_{step}, error_number_{error_number} {
    const char* const because = error_number == 0 ? "" : std::strerror(error_number);
    std::snprintf(text_, sizeof text_, "breaker: %.180s %s%s%s%s%s", path, sentence_of(cause), step,
                  *because == '\0' ? "" : ": ", because, advice_of(cause));
  }

  /// **Returns** a text such as "breaker: /run/shop/circuits was made with other settings; remove it,
  /// or say if_other = IfOther::replace". Valid as long as this object.
  [[nodiscard]] const char* what() const noexcept override { return text_; }

  /// **Returns** what is wrong.
  [[nodiscard]] Cause cause() const noexcept { return cause_; }
  /// **Returns** the step that the system refused, a string literal; empty if it refused none.
  [[nodiscard]] const char* step() const noexcept { return step_; }
  /// **Returns** the errno of that step, or 0.
  [[nodiscard]] int error_number() const noexcept { return error_number_; }

 private:
  static const char* sentence_of(Cause cause) noexcept {
    switch (cause) {
      case Cause::no_room: return "has no room: can't ";
      case Cause::not_circuits: return "is no file of circuits";
      case Cause::of_another_user: return "belongs to another user, who could change it";
      case Cause::of_another_version: return "was made by another version of the library";
      case Cause::of_another_layout: return "has circuits of other parts, or of another machine";
      case Cause::with_other_settings: return "was made with other settings";
      case Cause::before_this_boot: return "was made before this boot: its times mean nothing now";
      case Cause::in_another_time_namespace:
        return "was made in another time namespace, by another clock";
      case Cause::system:
      default: return "can't be used: can't ";
    }
  }

  static const char* advice_of(Cause cause) noexcept {
    switch (cause) {
      case Cause::no_room: return "; make room there, or take a smaller capacity";
      case Cause::not_circuits:
      case Cause::of_another_user:
      case Cause::in_another_time_namespace: return "; take another path";
      case Cause::of_another_version:
      case Cause::of_another_layout:
      case Cause::with_other_settings:
      case Cause::before_this_boot: return "; remove it, or say if_other = IfOther::replace";
      case Cause::system:
      default: return "";
    }
  }

  Cause cause_;
  const char* step_;
  int error_number_;
  char text_[400];
};

namespace detail {

[[noreturn]] inline void refuse_file(SharedMemoryError::Cause cause, const char* path,
                                     const char* step = "", int error_number = 0) {
  const SharedMemoryError error{cause, path, step, error_number};
#if defined(__cpp_exceptions)
  throw SharedMemoryError{error};
#else
  std::fputs(error.what(), stderr);
  std::fputc('\n', stderr);
  std::abort();
#endif
}

/// Refuse the file unless the system did `step`. Else errno says why not.
inline void demand(bool is_done, const char* path, const char* step) {
  if (!is_done) refuse_file(SharedMemoryError::Cause::system, path, step, errno);
}

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
