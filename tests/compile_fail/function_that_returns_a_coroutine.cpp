// EXPECT: breaker: this function returns before its work is done
// A coroutine's handle: it can neither be awaited nor asked.
#include <coroutine>

#include "breaker/breaker.hpp"

struct Task {
  struct promise_type {
    Task get_return_object();
    std::suspend_always initial_suspend() noexcept;
    std::suspend_always final_suspend() noexcept;
    void return_void();
    void unhandled_exception();
  };
};

Task fetch();

Task use(breaker::CircuitBreaker<>& circuit) { return circuit.call(fetch); }
