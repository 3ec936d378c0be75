// EXPECT: breaker: this status can't be made of a code and a text
// A refusal would be a status of that kind.
#include "breaker/breaker.hpp"

enum class Code { kOk, kUnavailable };
struct Status {
  bool ok() const { return true; }
  Code code() const { return Code::kOk; }
};
void use(breaker::CircuitBreaker<>& circuit) {
  circuit.call([] { return Status{}; });
}
