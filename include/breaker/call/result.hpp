// How a refused call is told: inside the function's own result if that can carry an error, else by
// an exception.
#pragma once

#include <concepts>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

// ---- errors of our own

/// Error codes of the library.
enum class Errc {
  /// The call was refused. Its default condition is std::errc::connection_refused, on which no retry
  /// loop spins.
  circuit_open = 1,
};

/// **Returns** the category of Errc, named "breaker".
[[nodiscard]] inline const std::error_category& error_category() noexcept {
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
  static const Category category;
  return category;
}

/// **Returns** `code` as a std::error_code.
[[nodiscard]] inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

/// Thrown by `call(fn)` when the call is refused and the result type can't say so. `what()` says
/// why and for how long.
class CircuitOpen : public std::exception {
 public:
  /// Of a call that was refused as `rejection` says.
  explicit CircuitOpen(const Rejection& rejection) noexcept : rejection_{rejection} {
    std::snprintf(
        text_, sizeof text_, "circuit open (%s): retry after %lld ms", to_string(rejection.reason),
        static_cast<long long>(detail::to_milliseconds_up(rejection.retry_after.count())));
  }

  /// **Returns** a text such as "circuit open (open): retry after 1250 ms". Valid as long as this
  /// object.
  [[nodiscard]] const char* what() const noexcept override { return text_; }

  /// **Returns** why the call was refused, and for how long. Valid as long as this object.
  [[nodiscard]] const Rejection& rejection() const noexcept { return rejection_; }

 private:
  Rejection rejection_;
  char text_[80];
};

/// Why there is no good result, for a fallback that asks: `[](const NoResult& why) { … }`.
class NoResult {
 public:
  /// Of a call that was refused.
  explicit NoResult(const Rejection& rejection) noexcept
      : rejection_{rejection}, is_refused_{true} {}
  /// Of a call that threw `exception`, or, if that is null, returned something judged a failure.
  explicit NoResult(std::exception_ptr exception) noexcept : exception_{std::move(exception)} {}

  /// **Returns** the rejection if the call was refused, else null.
  [[nodiscard]] const Rejection* rejection() const noexcept {
    return is_refused_ ? &rejection_ : nullptr;
  }

  /// **Returns** what the function threw, or null if it was refused or returned something judged a
  /// failure.
  [[nodiscard]] const std::exception_ptr& exception() const noexcept { return exception_; }

 private:
  Rejection rejection_{};
  std::exception_ptr exception_;
  bool is_refused_ = false;
};

// ---- results that carry an error

/// The customisation point for an error type of your own: specialise it with `static E from(const
/// Rejection&)`, and a refused call comes back as that error. Unspecialised, it knows error types
/// that a Rejection or a std::error_code converts to, and std::exception_ptr.
template <class E>
struct RejectionAs {
  static E from(const Rejection& rejection)
    requires std::convertible_to<const Rejection&, E>
  {
    return rejection;
  }
  static E from(const Rejection&)
    requires(!std::convertible_to<const Rejection&, E> && std::convertible_to<std::error_code, E>)
  {
    return make_error_code(Errc::circuit_open);
  }
};

template <>
struct RejectionAs<std::exception_ptr> {
  static std::exception_ptr from(const Rejection& rejection) {
    return std::make_exception_ptr(CircuitOpen{rejection});
  }
};

namespace detail {

// The shapes by which a result that carries an error is recognised; no library is named here.

template <class R>
concept ExpectedLike = requires(const R& result) {  // std::expected, tl::expected, Boost.Outcome
  { result.has_value() } -> std::convertible_to<bool>;
  result.error();
};

template <class R>
using ErrorOf = std::remove_cvref_t<decltype(std::declval<const R&>().error())>;

template <class S>
concept StatusLike = requires(const S& status) {  // absl::Status
  { status.ok() } -> std::convertible_to<bool>;
  status.code();
} && std::is_enum_v<std::remove_cvref_t<decltype(std::declval<const S&>().code())>>;

template <class R>
concept StatusOrLike = requires(const R& result) {  // absl::StatusOr
  { result.ok() } -> std::convertible_to<bool>;
  { result.status() } -> StatusLike;
};

/// A reference can't carry the rejection: there is nothing that it could refer to.
template <class R>
concept CarriesError =
    !std::is_reference_v<R> &&
    (std::same_as<R, std::error_code> || ExpectedLike<R> || StatusOrLike<R> || StatusLike<R>);

template <class R>
constexpr bool has_error(const R& result) {
  if constexpr (std::same_as<R, std::error_code>) {
    return static_cast<bool>(result);
  } else if constexpr (ExpectedLike<R>) {
    return !result.has_value();
  } else if constexpr (StatusOrLike<R> || StatusLike<R>) {
    return !result.ok();
  } else {
    return false;
  }
}

template <class E>
concept MadeFromRejection = requires(const Rejection& rejection) {
  { RejectionAs<E>::from(rejection) } -> std::convertible_to<E>;
};

/// Code 14 is "unavailable" in the canonical table that absl::Status and gRPC share.
template <StatusLike S>
S make_unavailable(const Rejection& rejection) {
  using Code = std::remove_cvref_t<decltype(std::declval<const S&>().code())>;
  return S(static_cast<Code>(14), CircuitOpen{rejection}.what());
}

template <ExpectedLike R>
R make_expected(const Rejection& rejection) {
  using E = ErrorOf<R>;
  static_assert(MadeFromRejection<E>,
                "breaker: this error type can't hold a rejection; pass a fallback, or specialise "
                "breaker::RejectionAs for it");
  if constexpr (requires { typename R::unexpected_type; }) {
    return R(typename R::unexpected_type(RejectionAs<E>::from(rejection)));
  } else if constexpr (std::constructible_from<R, std::in_place_type_t<E>, E>) {
    return R(std::in_place_type<E>, RejectionAs<E>::from(rejection));
  } else {
    return R(RejectionAs<E>::from(rejection));
  }
}

/// **Returns** a rejection inside an `R`, or **throws** CircuitOpen if an R has no place for it.
template <class R>
R reject(const Rejection& rejection) {
  if constexpr (!CarriesError<R>) {
#if defined(__cpp_exceptions)
    throw CircuitOpen{rejection};
#else
    static_assert(CarriesError<R>,
                  "breaker: without exceptions a refused call needs a fallback, or a result that "
                  "can carry an error");
#endif
  } else if constexpr (std::same_as<R, std::error_code>) {
    return make_error_code(Errc::circuit_open);
  } else if constexpr (ExpectedLike<R>) {
    return make_expected<R>(rejection);
  } else if constexpr (StatusOrLike<R>) {
    using Status = std::remove_cvref_t<decltype(std::declval<const R&>().status())>;
    return R(make_unavailable<Status>(rejection));
  } else {
    return make_unavailable<R>(rejection);
  }
}

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker

template <>
struct std::is_error_code_enum<breaker::Errc> : std::true_type {};
