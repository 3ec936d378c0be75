// EXPECT: breaker: a listener that takes a key is one for a Registry: a circuit has none
#include <string_view>

#include "breaker/breaker.hpp"

breaker::CircuitBreaker circuit{breaker::Config{},
                                [](std::string_view, const breaker::Transition&) {}};
