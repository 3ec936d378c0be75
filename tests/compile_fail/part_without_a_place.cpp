// EXPECT: breaker: the type of this circuit has no place for this part
// CircuitBreaker<> counts failures in a row.
#include "breaker/breaker.hpp"

using namespace breaker::literals;

struct Service {
  breaker::CircuitBreaker<> circuit{breaker::Config{},
                                    breaker::FailureRate{{.threshold = 50_percent}}};
};
