// EXPECT: breaker: a listener's on_admitted takes nothing, and is public
// A class with a private on_admitted.
#include "breaker/breaker.hpp"

class Admitted {
  void on_admitted() {}
};

breaker::CircuitBreaker circuit{breaker::Config{}, Admitted{}};
