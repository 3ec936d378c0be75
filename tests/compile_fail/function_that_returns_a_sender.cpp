// EXPECT: breaker: this function returns before its work is done
// It has not even begun.
#include "breaker/breaker.hpp"

struct Sender {
  using sender_concept = void;
  template <class Receiver>
  int connect(Receiver receiver) &&;
};

Sender fetch();

Sender use(breaker::CircuitBreaker<>& circuit) { return circuit.call(fetch); }
