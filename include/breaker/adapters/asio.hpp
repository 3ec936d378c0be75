// Asio: co_await an operation through a circuit breaker. Standalone Asio (1.21 or later), or
// Boost.Asio (1.77) where there is no other or BREAKER_BOOST_ASIO is defined.
//
//   breaker::CircuitBreaker circuit{breaker::Config{}};
//
//   std::string price = co_await breaker::adapters::asio_call(
//       circuit, 200ms, [&] { return ask(server, "price"); });  // an awaitable<std::string>
//   std::cout << price << '\n';
//
// Refused, the function is not called, and the answer is that of CircuitBreaker::call: an error
// inside the result, or CircuitOpen. When the timeout is over, the call counts as a failure there and
// then, the operation is cancelled (terminally: close its socket), and error::timed_out is thrown
// once it has ended. Who cancels from outside, or destroys the io_context, gives the call up: that is
// ignored. So is operation_aborted, whoever caused it: leave the timeout to the breaker. As ever in
// Asio, a coroutine that may be cancelled runs on one thread or strand. (Results have a default.)
#pragma once

#include <chrono>
#include <exception>
#include <type_traits>
#include <utility>

#include "breaker/adapters/detail/asio_within.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/guard.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/call/result.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// What asio_call judges by unless told otherwise: operation_aborted is ignored, other errors fail.
struct AsioErrors {
  /// What the circuit asks of a classifier, see ResultClassifier. @{
  [[nodiscard]] Judgement on_result(const net::error_code& error) const noexcept {
    if (error == net::error::operation_aborted) return Verdict::ignored;
    return error ? Verdict::failure : Verdict::success;
  }
  [[nodiscard]] Judgement on_exception(const std::exception_ptr& exception) const {
    try {
      std::rethrow_exception(exception);
    } catch (const net::system_error& error) {
      return error.code() == net::error::operation_aborted ? Judgement{Verdict::ignored}
                                                           : Judgement::none();
    } catch (...) {
      return Judgement::none();
    }
  }  /// @}
};

namespace detail {

/// co_await what `fn` returns for the permit that the circuit gives.
template <class Awaitable, class Circuit, class Fn, class Classifier>
Awaitable with_permit(Circuit& circuit, Fn fn, Classifier classifier) {
  using T = typename Awaitable::value_type;
  auto permit = circuit.try_acquire();
  if (!permit) co_return breaker::detail::reject<T>(permit);
  const auto began = std::chrono::steady_clock::now();
  std::exception_ptr thrown;
  Kept<Awaitable> result;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await fn(permit);
    } else {
      result.emplace(co_await fn(permit));
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  const auto took = std::chrono::steady_clock::now() - began;
  Judgement judgement = Verdict::success;
  if (thrown) {
    const Verdict by_default = breaker::detail::verdict_on(thrown, permit.circuit());
    judgement = breaker::detail::judge_exception(classifier, thrown, by_default, took);
  } else if constexpr (!std::is_void_v<T>) {
    judgement = breaker::detail::judge_result(classifier, *result, took);
  }
  permit.settle(judgement);
  if (thrown) std::rethrow_exception(thrown);
  if constexpr (!std::is_void_v<T>) co_return std::move(*result);
}

}  // namespace detail

/// co_await what `fn` returns, through `circuit`, which outlives it. `classifier` judges the result of
/// it, such as `AsioErrors{} | breaker::failing_on(…)`; the circuit's own is not asked.
template <class Circuit, class Fn, class Classifier = AsioErrors>
auto asio_call(Circuit& circuit, Fn fn, Classifier classifier = {}) -> std::invoke_result_t<Fn&> {
  return detail::with_permit<std::invoke_result_t<Fn&>>(
      circuit, [fn = std::move(fn)](auto&) mutable { return fn(); }, std::move(classifier));
}

/// The same for at most `timeout`; keep it shorter than the circuit's probe_lease.
template <class Circuit, class Fn, class Classifier = AsioErrors>
auto asio_call(Circuit& circuit, std::chrono::nanoseconds timeout, Fn fn,
               Classifier classifier = {}) -> std::invoke_result_t<Fn&> {
  using Awaitable = std::invoke_result_t<Fn&>;
  auto limited = [timeout, fn = std::move(fn)](auto& permit) mutable {
    return detail::within<Awaitable>(timeout, fn, [&permit] { permit.failure(); });
  };
  return detail::with_permit<Awaitable>(circuit, std::move(limited), std::move(classifier));
}

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
