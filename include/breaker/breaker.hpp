// What a newcomer includes: circuits, policies, listeners, classifiers. Not here, each by its own
// header: registry.hpp, metrics/, adapters/, and for tests testing/.
#pragma once

// What speaks of mistakes comes first, each before what includes it: compilers begin with the way to it.
#include "breaker/base/config_error.hpp"  // IWYU pragma: keep
#include "breaker/call/fallback.hpp"      // IWYU pragma: keep
#include "breaker/call/judge.hpp"         // IWYU pragma: keep
#include "breaker/config.hpp"             // IWYU pragma: export
#include "breaker/core/parts.hpp"         // IWYU pragma: keep
#include "breaker/listen/listener.hpp"    // IWYU pragma: keep
#include "breaker/policy/protocol.hpp"    // IWYU pragma: keep

#include "breaker/call/function.hpp"  // IWYU pragma: keep

// All else.
#include "breaker/circuit_breaker.hpp"              // IWYU pragma: export
#include "breaker/classifier.hpp"                   // IWYU pragma: export
#include "breaker/clock.hpp"                        // IWYU pragma: export
#include "breaker/concepts.hpp"                     // IWYU pragma: export
#include "breaker/counters.hpp"                     // IWYU pragma: export
#include "breaker/describe.hpp"                     // IWYU pragma: export
#include "breaker/listener.hpp"                     // IWYU pragma: export
#include "breaker/permit.hpp"                       // IWYU pragma: export
#include "breaker/policy/any_of.hpp"                // IWYU pragma: export
#include "breaker/policy/bad_call_rate.hpp"         // IWYU pragma: export
#include "breaker/policy/consecutive_failures.hpp"  // IWYU pragma: export
#include "breaker/policy/cusum.hpp"                 // IWYU pragma: export
#include "breaker/policy/failure_count.hpp"         // IWYU pragma: export
#include "breaker/policy/failure_rate.hpp"          // IWYU pragma: export
#include "breaker/policy/overdue.hpp"               // IWYU pragma: export
#include "breaker/policy/rule.hpp"                  // IWYU pragma: export
#include "breaker/policy/slow_call_rate.hpp"        // IWYU pragma: export
#include "breaker/ratio.hpp"                        // IWYU pragma: export
#include "breaker/result.hpp"                       // IWYU pragma: export
#include "breaker/types.hpp"                        // IWYU pragma: export
#include "breaker/version.hpp"                      // IWYU pragma: export
#include "breaker/window/window.hpp"                // IWYU pragma: export
