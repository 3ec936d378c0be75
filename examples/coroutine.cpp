// A coroutine that is resumed on another thread: the permit lives in its frame.
// A frame that is destroyed before its end drops the permit, so that no slot is lost.
#include <breaker/breaker.hpp>
#include <coroutine>
#include <exception>
#include <future>
#include <thread>

#include "check.hpp"

namespace {

using Circuit = breaker::CircuitBreaker<>;

/// A coroutine that starts at once and gives its result through a future.
struct Task {
  struct promise_type {
    std::promise<bool> result;

    Task get_return_object() { return {result.get_future()}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(bool value) { result.set_value(value); }
    void unhandled_exception() { result.set_exception(std::current_exception()); }
  };
  std::future<bool> result;
};

/// A reply that arrives on a thread of its own: what a socket would do.
struct Reply {
  bool is_good;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const { std::thread{waiting}.detach(); }
  bool await_resume() const noexcept { return is_good; }
};

/// **Returns** whether a good reply came; false at once if the circuit refuses.
Task ask(Circuit& circuit, bool will_succeed) {
  Circuit::Permit permit = circuit.try_acquire();
  if (!permit) co_return false;
  const bool is_good = co_await Reply{will_succeed};
  permit.settle(is_good ? breaker::Verdict::success : breaker::Verdict::failure);
  co_return is_good;
}

/// A reply that never comes: the frame stays suspended until somebody destroys it.
struct NoReply {
  std::coroutine_handle<>& waiting;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const noexcept { waiting = handle; }
  void await_resume() const noexcept {}
};

Task ask_in_vain(Circuit& circuit, std::coroutine_handle<>& waiting) {
  Circuit::Permit permit = circuit.try_acquire();
  permit.if_dropped(breaker::Verdict::failure);  // giving up on it is a timeout
  co_await NoReply{waiting};
  co_return permit.success() == breaker::Settled::counted;
}

}  // namespace

int main() {
  Circuit circuit;  // five failures in a row open it
  check(ask(circuit, true).result.get(), "a good reply is a good result");
  for (int i = 0; i < 4; ++i) check(!ask(circuit, false).result.get(), "a bad one is not");

  std::coroutine_handle<> waiting;
  const Task hung = ask_in_vain(circuit, waiting);
  check(circuit.state() == breaker::State::closed, "a call under way counts as nothing yet");
  waiting.destroy();  // what a timeout does
  check(circuit.state() == breaker::State::open, "the frame that was destroyed is the fifth");
}
