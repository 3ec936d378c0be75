// Which Asio it is, and how to await an operation for at most so long.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "breaker/base/version.hpp"
#if defined(BREAKER_BOOST_ASIO) || !__has_include(<asio.hpp>)
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::net {
using namespace boost::asio;
using boost::system::error_code, boost::system::system_error;
}  // namespace adapters::net
BREAKER_ABI_END
}  // namespace breaker
#else
#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {
namespace net = ::asio;
}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
#endif
#if !defined(ASIO_HAS_CO_AWAIT) && !defined(BOOST_ASIO_HAS_CO_AWAIT)
#error \
    "breaker/adapters/asio.hpp needs coroutines, which this Asio does not find in this compiler: take a newer Asio"
#endif

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::detail {

/// What a coroutine's result is kept in until it returns.
template <class Awaitable, class T = typename Awaitable::value_type>
using Kept = std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>>;

/// co_await what `fn` returns. When `timeout` is over, call `expired`, cancel it, and wait for its
/// end. A cancellation from outside is handed on. Nothing here outlives the operation, for its end
/// is what wakes the timer for the last time.
/// **Throws** what `fn` throws; error::timed_out if it throws after the timeout.
template <class Awaitable, class Fn, class Expired>
Awaitable within(std::chrono::nanoseconds timeout, Fn& fn, Expired expired) {
  using Executor = typename Awaitable::executor_type;
  using Clock = std::chrono::steady_clock;
  using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;
  bool has_ended = false, has_expired = false;
  std::exception_ptr thrown;
  Kept<Awaitable> result;
  net::cancellation_signal stop;
  const Executor executor = co_await net::this_coro::executor;
  Timer timer{executor, std::chrono::duration_cast<Clock::duration>(timeout)};

  const auto end = [&](std::exception_ptr exception, auto... value) {
    has_ended = true;
    thrown = exception;
    if (!exception) result.emplace(std::move(value)...);
    timer.cancel();
  };
  net::co_spawn(executor, fn(), net::bind_cancellation_slot(stop.slot(), end));

  const bool throws = co_await net::this_coro::throw_if_cancelled();
  co_await net::this_coro::throw_if_cancelled(false);
  while (!has_ended) {
    net::error_code woken;
    co_await timer.async_wait(net::redirect_error(net::use_awaitable_t<Executor>{}, woken));
    if (has_ended) break;
    if (woken) {  // somebody cancels from outside
      const net::cancellation_state outside = co_await net::this_coro::cancellation_state;
      stop.emit(outside.cancelled());
    } else {
      has_expired = true;
      expired();
      timer.expires_at((Clock::time_point::max)());
      stop.emit(net::cancellation_type::terminal);
    }
  }
  co_await net::this_coro::throw_if_cancelled(throws);

  if (thrown && has_expired)
    throw net::system_error{net::error::make_error_code(net::error::timed_out)};
  if (thrown) std::rethrow_exception(thrown);
  if constexpr (!std::is_void_v<typename Awaitable::value_type>) co_return std::move(*result);
}

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
