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
// ignored. So is operation_aborted, whoever caused it: a function that ends its operation itself, by
// cancel_after() say, takes AsioErrors{.aborted = Verdict::failure}; one that waits for whichever is
// first says in_time(co_await (operation || timer.async_wait(use_awaitable))). As ever in Asio, a
// coroutine that may be cancelled runs on one thread or strand. (Results have a default.)
//
// The circuit's own classifier is asked first: give it HttpResults (http.hpp) for Boost.Beast. Handlers
// need no word of ours: the permit lives in the handler.
//
//   if (auto permit = circuit.try_acquire()) {
//     socket.async_connect(endpoint, [permit = std::move(permit)](auto error) mutable {
//       permit.settle_by(error, breaker::adapters::AsioErrors{});
//     });
//   }
#pragma once

#include <chrono>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "breaker/adapters/detail/asio_permit.hpp"
#include "breaker/adapters/detail/asio_within.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// What asio_call judges by unless told otherwise: operation_aborted is ignored, other errors fail, be
/// they thrown, returned, or first in a tuple (`as_tuple`).
struct AsioErrors {
  /// What operation_aborted counts as. Default: ignored.
  Verdict aborted = Verdict::ignored;

  /// What the circuit asks of a classifier, see ResultClassifier. @{
  [[nodiscard]] Judgement on_result(const net::error_code& error) const noexcept {
    if (error == net::error::operation_aborted) return aborted;
    return error ? Verdict::failure : Verdict::success;
  }
  template <class... Others>
  [[nodiscard]] Judgement on_result(
      const std::tuple<net::error_code, Others...>& result) const noexcept {
    return on_result(std::get<0>(result));
  }
  [[nodiscard]] Judgement on_exception(const std::exception_ptr& exception) const {
    try {
      std::rethrow_exception(exception);
    } catch (const net::system_error& error) {
      return error.code() == net::error::operation_aborted ? Judgement{aborted} : Judgement::none();
    } catch (...) {
      return Judgement::none();
    }
  }  /// @}
};

/// The outcome of an operation that ran against a timer, `co_await (operation || timer.async_wait(…))`.
/// **Returns** its result. **Throws** error::timed_out if the timer was first, which is a failure.
template <class T, class Timer>
T in_time(std::variant<T, Timer> first) {
  if (first.index() == 1)
    throw net::system_error{net::error::make_error_code(net::error::timed_out)};
  return std::get<0>(std::move(first));
}

/// co_await what `fn` returns, through `circuit`, which outlives it. The circuit's own classifier is
/// asked first; what that leaves alone goes by `classifier`, such as `AsioErrors{} | failing_on(…)`.
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
