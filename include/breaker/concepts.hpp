// What a clock, a policy, a listener and a classifier must be able to do: the concepts of all four.
#pragma once

#include "breaker/call/judge.hpp"       // IWYU pragma: export
#include "breaker/clock.hpp"            // IWYU pragma: export
#include "breaker/listen/listener.hpp"  // IWYU pragma: export
#include "breaker/policy/protocol.hpp"  // IWYU pragma: export
