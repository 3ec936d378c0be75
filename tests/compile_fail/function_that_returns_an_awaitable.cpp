// EXPECT: breaker: this function returns before its work is done
// A task would be judged before it ran.
#include <coroutine>

#include "breaker/breaker.hpp"

struct Task {
  bool await_ready();
  void await_suspend(std::coroutine_handle<>);
  int await_resume();
};
Task fetch();

void use(breaker::CircuitBreaker<>& circuit) { circuit.call(fetch); }
