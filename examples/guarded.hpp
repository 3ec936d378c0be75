// co_await guarded(circuit, awaitable): a circuit around anything that can be awaited. To be copied.
#pragma once

#include <breaker/breaker.hpp>
#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

/// What co_await asks: a type may be it, or have an operator that gives it.
template <class Awaitable>
decltype(auto) awaiter_of(Awaitable&& awaitable) {
  if constexpr (requires { std::forward<Awaitable>(awaitable).operator co_await(); }) {
    return std::forward<Awaitable>(awaitable).operator co_await();
  } else if constexpr (requires { operator co_await(std::forward<Awaitable>(awaitable)); }) {
    return operator co_await(std::forward<Awaitable>(awaitable));
  } else {
    return std::forward<Awaitable>(awaitable);
  }
}

/// Takes a permit when it is awaited, and settles it by the result or the exception, as call() does. A
/// frame that is destroyed meanwhile counts as a failure. Refused, it **throws** CircuitOpen.
template <class Circuit, class Awaiter>
class Guarded {
 public:
  Guarded(Circuit& circuit, Awaiter awaiter) : circuit_{circuit}, awaiter_{std::move(awaiter)} {}

  bool await_ready() {
    permit_ = circuit_.try_acquire();
    permit_.if_dropped(breaker::Verdict::failure);
    return !permit_ || awaiter_.await_ready();
  }
  auto await_suspend(std::coroutine_handle<> waiting) { return awaiter_.await_suspend(waiting); }
  decltype(auto) await_resume() {
    if (!permit_) throw permit_.refusal();
    try {
      if constexpr (std::is_void_v<decltype(awaiter_.await_resume())>) {
        awaiter_.await_resume();
        permit_.success();
      } else {
        decltype(auto) result = awaiter_.await_resume();
        permit_.settle_by(result);
        return result;
      }
    } catch (...) {
      permit_.settle_by(std::current_exception());
      throw;
    }
  }

 private:
  Circuit& circuit_;
  Awaiter awaiter_;
  typename Circuit::Permit permit_;
};

/// The circuit must outlive the await.
template <class Circuit, class Awaitable>
auto guarded(Circuit& circuit, Awaitable&& awaitable) {
  using Awaiter = std::remove_cvref_t<decltype(awaiter_of(std::forward<Awaitable>(awaitable)))>;
  return Guarded<Circuit, Awaiter>{circuit, awaiter_of(std::forward<Awaitable>(awaitable))};
}
