// EXPECT: breaker: this error type can.t hold a rejection
// An error type of the user's own: which value is a rejection?
#include "breaker/breaker.hpp"

enum class Trouble { unavailable };
struct Result {
  Result(Trouble);
  bool has_value() const;
  Trouble error() const;
};
Result fetch();

void use(breaker::CircuitBreaker<>& circuit) { circuit.call(fetch); }
