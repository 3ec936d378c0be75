// Refusals: how the library tells a caller that a call was refused, by an error code or an exception, or
// why there is no result.
#pragma once

#include <cstdio>
#include <cstring>
#include <exception>
#include <new>  // IWYU pragma: keep
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Error codes of the library.
enum class Errc {
  /// The call was refused. Its default condition is std::errc::connection_refused, on which no retry
  /// loop spins.
  circuit_open = 1,
};

/// **Returns** the category of Errc, named "breaker".
[[nodiscard, gnu::visibility("default")]] inline const std::error_category&
error_category() noexcept {
  class Category final : public std::error_category {
   public:
    [[nodiscard]] const char* name() const noexcept override { return "breaker"; }
    [[nodiscard]] std::string message(int code) const override {
      return code == static_cast<int>(Errc::circuit_open) ? "circuit open: the call was refused"
                                                          : "unknown error";
    }
    [[nodiscard]] std::error_condition default_error_condition(int code) const noexcept override {
      if (code == static_cast<int>(Errc::circuit_open)) return std::errc::connection_refused;
      return {code, *this};
    }
  };
  alignas(Category) static unsigned char place[sizeof(Category)];
  static const Category& category = *new (place) Category;  // never destroyed
  return category;
}

/// **Returns** `code` as a std::error_code.
[[nodiscard]] inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

/// **Returns** whether it is that error, also if it comes from a shared library that has a category of its
/// own: by the category's name.
[[nodiscard]] inline bool operator==(const std::error_code& error, Errc code) noexcept {
  return error.value() == static_cast<int>(code) &&
         std::strcmp(error.category().name(), error_category().name()) == 0;
}

/// Thrown by `call(fn)` when the call is refused and the result type can't say so. `what()` says
/// whose circuit it is, why it refused, and for how long.
class [[gnu::visibility("default")]] CircuitOpen : public std::exception {
 public:
  /// Of a call that was refused as `rejection` says, by `circuit` (null: it is not known by which),
  /// which is called `name`. `cause`: why the circuit opened, in words. Both are copied; what does not
  /// fit is cut.
  [[gnu::noinline,
    gnu::cold]] explicit CircuitOpen(const Rejection& rejection, const void* circuit = nullptr,
                                     std::string_view name = {}, const char* cause = "") noexcept
      : rejection_{rejection}, circuit_{circuit} {
    name_[name.copy(name_, sizeof name_ - 1)] = '\0';
    std::snprintf(text_, sizeof text_, "%s%s %s %lld ms%s%s",
                  name.empty() ? "the circuit" : "circuit ", name_, told(rejection.reason),
                  static_cast<long long>(detail::to_milliseconds_up(rejection.retry_after.count())),
                  cause[0] == '\0' ? "" : ": ", cause);
  }

  /// **Returns** a text such as "circuit payments is open for 1250 ms: 5 failures in a row (limit 5)".
  /// Without a name: "the circuit is open for 1250 ms". Valid as long as this object.
  [[nodiscard]] const char* what() const noexcept override { return text_; }

  /// **Returns** the name of the circuit that refused, see named(); empty if it has none, or that is not
  /// known. Valid as long as this object.
  [[nodiscard]] const char* name() const noexcept { return name_; }

  /// **Returns** why the call was refused, and for how long. Valid as long as this object.
  [[nodiscard]] const Rejection& rejection() const noexcept { return rejection_; }

  /// **Returns** what tells the circuit that refused from others, null if that is not known. Only to be
  /// compared.
  [[nodiscard]] const void* circuit() const noexcept { return circuit_; }

 private:
  static const char* told(RejectionReason reason) noexcept {
    switch (reason) {
      case RejectionReason::open: return "is open for";
      case RejectionReason::probes_busy:
        return "is half-open, and its probes are out: ask again in";
      case RejectionReason::forced_open: return "is forced open: ask again in";
      case RejectionReason::needs_probe:
        return "lets only probes pass, and this call must not be one: ask again in";
      default: return "refuses for";
    }
  }

  Rejection rejection_;
  const void* circuit_;
  char name_[64];
  char text_[288] = "";
};

/// Why there is no good result, for a fallback that asks: `[](const NoResult& why) { … }`.
class NoResult {
 public:
  /// Of a call that was refused.
  explicit NoResult(const Rejection& rejection) noexcept
      : rejection_{rejection}, is_refused_{true} {}
  /// Of a call that threw `exception`, or, if that is null, returned something judged a failure.
  explicit NoResult(std::exception_ptr exception) noexcept : exception_{std::move(exception)} {}

  /// **Returns** the rejection if the call was refused, by its circuit or, inside the function, by
  /// another; else null.
  [[nodiscard]] const Rejection* rejection() const noexcept {
    return is_refused_ ? &rejection_ : nullptr;
  }

  /// **Returns** what the function threw; null if there is a rejection, or it returned something
  /// judged a failure.
  [[nodiscard]] const std::exception_ptr& exception() const noexcept { return exception_; }

 private:
  Rejection rejection_{};
  std::exception_ptr exception_;
  bool is_refused_ = false;
};

BREAKER_ABI_END
}  // namespace breaker

template <>
struct std::is_error_code_enum<breaker::Errc> : std::true_type {};
