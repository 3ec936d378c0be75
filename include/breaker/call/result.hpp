// How a refused call is told: inside the function's own result if that can carry an error, else by
// an exception.
#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <system_error>
#include <type_traits>
#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/call/refusal.hpp"  // IWYU pragma: export
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// The customisation point for your own error type, in the whole program: specialise it with
/// `static E from(const Rejection&)`, or, to be told whose circuit it was, `static E from(const Rejection&,
/// const char* name)` (see CircuitOpen::name()), and a refused call comes back as that error. Unspecialised, it
/// knows error types that a Rejection or a std::error_code converts to, and std::exception_ptr. For
/// one call alone, a fallback says it: `call(fn, [](const Rejection& why) -> R { … })`.
template <class E>
struct RejectionAs {
  /// **Returns** the rejection as that error. @{
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
  /// @}
};

/// A refused call comes back as a CircuitOpen.
template <>
struct RejectionAs<std::exception_ptr> {
  /// **Returns** the exception, not thrown.
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

// The code of a status: it names the canonical errors, as absl::StatusCode and grpc::StatusCode do.
template <class Code>
inline constexpr Code unavailable = Code{};
template <class Code>
  requires requires { Code::kOk, Code::kUnavailable; }
inline constexpr Code unavailable<Code> = Code::kUnavailable;
template <class Code>
  requires requires { Code::OK, Code::UNAVAILABLE; }
inline constexpr Code unavailable<Code> = Code::UNAVAILABLE;
template <class Code>
concept CanonicalCode = std::is_enum_v<Code> && unavailable<Code> != Code{};

// Never defined: what is asked is their type.
template <class S>
  requires requires(const S& status) { status.error_code(); }
auto code_of(const S& status) -> decltype(status.error_code());
template <class S>
  requires(!requires(const S& status) { status.error_code(); })
auto code_of(const S& status) -> decltype(status.code());

template <class S>
concept StatusLike = requires(const S& status) {  // absl::Status, grpc::Status
  { status.ok() } -> std::convertible_to<bool>;
  { detail::code_of(status) } -> CanonicalCode;
};

template <class R>
concept StatusOrLike = requires(const R& result) {  // absl::StatusOr
  { result.ok() } -> std::convertible_to<bool>;
  { result.status() } -> StatusLike;
};

template <class E>
concept BoostCodeLike = requires(const E& error) {  // boost::system::error_code
  { error.failed() } -> std::convertible_to<bool>;
  { error.value() } -> std::convertible_to<int>;
  error.category();
};

/// An error by itself, or none.
template <class E>
concept PlainError =
    std::same_as<E, std::error_code> || std::same_as<E, std::exception_ptr> || BoostCodeLike<E>;

/// What says in a tuple whether the call failed.
template <class E>
concept ErrorAmongOthers = PlainError<E> || StatusLike<E>;

/// **Returns** which member of a tuple is its error; their number, unless exactly one is.
template <class R, std::size_t... I>
consteval std::size_t error_member(std::index_sequence<I...> /*members*/) {
  constexpr bool is_error[] = {
      ErrorAmongOthers<std::remove_cvref_t<typename std::tuple_element<I, R>::type>>..., false};
  std::size_t member = sizeof...(I);
  std::size_t errors = 0;
  for (std::size_t i = 0; i < sizeof...(I); ++i) {
    if (is_error[i]) {
      member = i;
      ++errors;
    }
  }
  return errors == 1 ? member : sizeof...(I);
}
template <class R>
inline constexpr std::size_t error_in =
    detail::error_member<R>(std::make_index_sequence<std::tuple_size<R>::value>{});

template <class R>
concept TupleWithError =  // std::tuple, std::pair, of which one is an error
    requires { std::tuple_size<R>::value; } && error_in<R> < std::tuple_size<R>::value;

template <class R>
[[gnu::always_inline]] constexpr bool has_error(const R& result) {
  if constexpr (BoostCodeLike<R>) {
    return result.failed();
  } else if constexpr (PlainError<R>) {
    return static_cast<bool>(result);
  } else if constexpr (ExpectedLike<R>) {
    return !result.has_value();
  } else if constexpr (StatusOrLike<R> || StatusLike<R>) {
    return !result.ok();
  } else if constexpr (TupleWithError<R>) {
    using std::get;
    return detail::has_error(get<error_in<R>>(result));
  } else {
    return false;
  }
}

/// A plain error can be one of ours.
template <class E>
concept TakesOurError = std::same_as<E, std::exception_ptr> ||
                        (PlainError<E> && std::constructible_from<E, std::error_code>);

template <class R>
consteval bool takes_our_error_inside() {
  if constexpr (TupleWithError<R>) {
    using E = typename std::tuple_element<error_in<R>, R>::type;
    return (TakesOurError<E> || StatusLike<E>) && std::default_initializable<R>;
  }
  return false;
}

/// A reference can't carry the rejection: there is nothing that it could refer to.
template <class R>
concept CarriesError =
    !std::is_reference_v<R> && (TakesOurError<R> || ExpectedLike<R> || StatusOrLike<R> ||
                                StatusLike<R> || detail::takes_our_error_inside<R>());

template <class E>
concept MadeFromNamedRejection = requires(const Rejection& rejection, const char* name) {
  { RejectionAs<E>::from(rejection, name) } -> std::convertible_to<E>;
};
template <class E>
concept MadeFromRejection = MadeFromNamedRejection<E> || requires(const Rejection& rejection) {
  { RejectionAs<E>::from(rejection) } -> std::convertible_to<E>;
};

template <StatusLike S>
S make_unavailable(const char* text) {
  using Code = decltype(detail::code_of(std::declval<const S&>()));
  return S(unavailable<Code>, text);
}

template <TakesOurError E, class Refused>
E make_plain(const Refused& refused) {
  if constexpr (std::same_as<E, std::exception_ptr>) {
    return std::make_exception_ptr(refused.refusal());
  } else {
    return E(make_error_code(Errc::circuit_open));
  }
}

template <class E, class Refused>
E make_error(const Refused& refused) {
  if constexpr (std::same_as<E, std::exception_ptr>) {
    return std::make_exception_ptr(refused.refusal());
  } else if constexpr (MadeFromNamedRejection<E>) {
    return RejectionAs<E>::from(refused.rejection(), refused.refusal().name());
  } else {
    return RejectionAs<E>::from(refused.rejection());
  }
}

template <ExpectedLike R, class Refused>
R make_expected(const Refused& refused) {
  using E = ErrorOf<R>;
  if constexpr (requires { typename R::unexpected_type; }) {
    return R(typename R::unexpected_type(detail::make_error<E>(refused)));
  } else if constexpr (std::constructible_from<R, std::in_place_type_t<E>, E>) {
    return R(std::in_place_type<E>, detail::make_error<E>(refused));
  } else {
    return R(detail::make_error<E>(refused));
  }
}

/// Refuse, with a sentence, a result that has no place for a rejection. Always true.
template <class R>
consteval bool require_place_for_rejection() {
  if constexpr (ExpectedLike<R>) {
    static_assert(MadeFromRejection<ErrorOf<R>>,
                  "breaker: this error type can't hold a rejection; pass a fallback, or specialise "
                  "breaker::RejectionAs for it");
    static_assert(
        requires { typename R::unexpected_type; } ||
            std::constructible_from<R, std::in_place_type_t<ErrorOf<R>>, ErrorOf<R>> ||
            std::constructible_from<R, ErrorOf<R>>,
        "breaker: this result can't be made of its error; pass a fallback");
  } else if constexpr (StatusLike<R>) {
    using Code = decltype(detail::code_of(std::declval<const R&>()));
    static_assert(std::constructible_from<R, Code, const char*>,
                  "breaker: this status can't be made of a code and a text; pass a fallback");
  }
#if !defined(__cpp_exceptions)
  static_assert(CarriesError<R>,
                "breaker: without exceptions a refused call needs a fallback, or a result that can "
                "carry an error");
#endif
  return true;
}

/// **Returns** a refusal inside an `R`, or **throws** it if an R has no place for it. `refused`: a permit, or
/// what has its `rejection()` and `refusal()`. Only where a text is wanted is one made.
template <class R, class Refused>
R reject(const Refused& refused) {
  static_assert(detail::require_place_for_rejection<R>());
  if constexpr (!CarriesError<R>) {
#if defined(__cpp_exceptions)
    throw refused.refusal();
#endif
  } else if constexpr (TakesOurError<R>) {
    return detail::make_plain<R>(refused);
  } else if constexpr (TupleWithError<R>) {
    using std::get;
    R result{};
    using E = typename std::tuple_element<error_in<R>, R>::type;
    if constexpr (StatusLike<E>) {
      get<error_in<R>>(result) = detail::make_unavailable<E>(refused.refusal().what());
    } else {
      get<error_in<R>>(result) = detail::make_plain<E>(refused);
    }
    return result;
  } else if constexpr (ExpectedLike<R>) {
    return detail::make_expected<R>(refused);
  } else if constexpr (StatusOrLike<R>) {
    using ItsStatus = std::remove_cvref_t<decltype(std::declval<const R&>().status())>;
    return R(detail::make_unavailable<ItsStatus>(refused.refusal().what()));
  } else {
    return detail::make_unavailable<R>(refused.refusal().what());
  }
}

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
