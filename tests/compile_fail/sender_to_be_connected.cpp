// EXPECT: breaker: this function returns before its work is done
// A sender of an older library: it begins when it is connected and started.
#include "breaker/breaker.hpp"

struct Sender {
  template <class Receiver>
  int connect(Receiver&&) &&;
};
void use(breaker::CircuitBreaker<>& circuit) {
  circuit.call([] { return Sender{}; });
}
