// A coroutine that is resumed on another thread: the permit lives in its frame.
// A frame that is destroyed before its end drops the permit, so that no slot is lost.
#include <breaker/breaker.hpp>
#include <coroutine>
#include <exception>

#include "check.hpp"
#include "task.hpp"

namespace {

using Circuit = breaker::CircuitBreaker<>;

/// **Returns** whether a good reply came; false at once if the circuit refuses.
template <class Awaitable>
Task ask(Circuit& circuit, Awaitable reply) {
  Circuit::Permit permit = circuit.try_acquire();
  if (!permit) co_return false;
  permit.if_dropped(breaker::Verdict::failure);  // giving up on the reply is a timeout
  try {
    co_await reply;
  } catch (...) {
    permit.settle_by(std::current_exception());  // judged as call() judges
    co_return false;
  }
  permit.success();
  co_return true;
}

}  // namespace

int main() {
  Circuit circuit;  // five failures in a row open it
  check(ask(circuit, Reply{true}).result.get(), "a good reply is a success");
  for (int i = 0; i < 4; ++i)
    check(!ask(circuit, Reply{false}).result.get(), "a bad reply is a failure");

  std::coroutine_handle<> waiting;
  const Task hung = ask(circuit, NoReply{waiting});
  check(circuit.state() == breaker::State::closed, "a call under way counts as nothing yet");
  waiting.destroy();  // what a timeout does
  check(circuit.state() == breaker::State::open, "a frame that is destroyed is the fifth failure");
  check(!ask(circuit, Reply{true}).result.get(), "an open circuit asks nobody");
}
