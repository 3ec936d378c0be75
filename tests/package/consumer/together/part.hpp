// One circuit, shared by two translation units.
#pragma once

#include <breaker/breaker.hpp>

inline breaker::CircuitBreaker shared_circuit{
    breaker::Config{}, breaker::FailureRate{{.threshold = breaker::percent(50), .min_calls = 2}},
    breaker::Counters{}};

/// Its parameter carries the library's version into the linker's name of it.
int open_it(breaker::Verdict verdict);
