// Two shared libraries whose symbols are hidden, all but these: they share a circuit.
#pragma once

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"

using Circuit = breaker::CircuitBreaker<breaker::ManualClock>;

/// Makes a call through `circuit`, and inside it `back(data)`.
[[gnu::visibility("default")]] void call_back(Circuit& circuit, void (*back)(void*), void* data);

/// **Returns** whether `circuit` lets a call pass.
[[gnu::visibility("default")]] bool passes(Circuit& circuit);
