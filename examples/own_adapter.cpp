// Your own adapter for a library, as good as those in breaker/adapters: the circuit's own
// classifier goes first, then the adapter's, and a refusal comes back as the library's own kind.
#include <breaker/breaker.hpp>
#include <chrono>
#include <system_error>
#include <utility>

#include "check.hpp"

using namespace std::chrono_literals;

namespace smtp {  // the library: it calls a handler with the server's code, or 0 for no answer
int next_code = 250;
void async_send(auto handler) { handler(next_code); }
}  // namespace smtp

/// The adapter: what codes say of the server. 4xx is "not now", here with a minute's wait; 5xx a no.
struct SmtpResults {
  static breaker::Judgement on_result(int code) {
    if (code / 100 == 4) return {breaker::Verdict::failure, 1min};
    return code == 0 ? breaker::Verdict::failure : breaker::Verdict::success;
  }
};

/// Sends. The permit goes along; refused, the handler hears that as an error, at once.
template <class Circuit, class Handler>
void async_send(Circuit& circuit, Handler handler) {
  auto permit = circuit.try_acquire();
  if (!permit) return handler(breaker::refused_as<std::error_code>(permit), 0);
  permit.if_dropped(breaker::Verdict::failure);  // the library drops handlers of lost connections
  smtp::async_send([permit = std::move(permit), handler](int code) mutable {
    permit.settle_by(code, SmtpResults{});
    handler(std::error_code{}, code);
  });
}

int main() {
  struct Greylisting {  // 451 is how the server of this program says hello
    static breaker::Judgement on_result(int code) {
      return code == 451 ? breaker::Verdict::ignored : breaker::Judgement::none();
    }
  };
  breaker::CircuitBreaker circuit{breaker::Config{}, breaker::ConsecutiveFailures{2},
                                  Greylisting{}};
  const auto failures_after = [&](int code) {
    smtp::next_code = code;
    async_send(circuit, [](std::error_code, int) {});
    return circuit.snapshot().numbers.at[0];
  };

  check(failures_after(421) == 1, "the adapter judges what the circuit leaves alone");
  check(failures_after(451) == 1, "the circuit's own classifier goes first");
  check(failures_after(550) == 0, "an answer is an answer");
  failures_after(0);
  failures_after(421);
  check(circuit.why().open_for == 1min, "the wait that the server asks for is the open wait");
  async_send(circuit, [](std::error_code error, int) {
    check(error == breaker::Errc::circuit_open, "a refusal is an error");
  });
}
