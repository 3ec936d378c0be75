// co_await guarded(circuit, reply): a coroutine that never sees a permit.
// guarded.hpp wraps whatever can be awaited: a reply, another task, an operation of your library.
#include "guarded.hpp"

#include <breaker/breaker.hpp>
#include <stdexcept>

#include "check.hpp"
#include "task.hpp"

namespace {

using Circuit = breaker::CircuitBreaker<>;

/// Somebody else's awaitable: it is not awaited itself, it has an operator.
struct Request {
  bool is_good;
  Reply operator co_await() const { return {is_good}; }
};

Task ask(Circuit& circuit, bool is_good) {
  try {
    co_return co_await guarded(circuit, Request{is_good});
  } catch (const breaker::CircuitOpen&) {
    co_return false;
  }
}

}  // namespace

int main() {
  Circuit circuit{breaker::Config{}, breaker::ConsecutiveFailures{2}};
  check(ask(circuit, true).result.get(), "a good reply comes back");

  for (int i = 0; i < 2; ++i) {
    bool has_thrown = false;
    try {
      ask(circuit, false).result.get();
    } catch (const std::runtime_error&) {
      has_thrown = true;
    }
    check(has_thrown, "so does the exception of a bad one");
  }
  check(circuit.state() == breaker::State::open, "two bad replies open the circuit");
  check(!ask(circuit, true).result.get(), "a refused await resumes at once");
}
