// One circuit, shared by two translation units.
#pragma once

#include <breaker/breaker.hpp>

inline breaker::CircuitBreaker shared_circuit{
    breaker::Config{}, breaker::FailureRate{{.threshold = breaker::percent(50), .min_calls = 2}},
    breaker::Counters{}};

int open_it();
