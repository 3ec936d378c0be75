// EXPECT: breaker: this function returns before its work is done
// A task with a then(), as PPL, Seastar and Qt have: nothing says yet how it ends.
#include "breaker/breaker.hpp"

template <class T>
class Task {
 public:
  T get() const;
  template <class Then>
  Task then(Then next) const;
};

Task<int> fetch();

Task<int> use(breaker::CircuitBreaker<>& circuit) { return circuit.call(fetch); }
