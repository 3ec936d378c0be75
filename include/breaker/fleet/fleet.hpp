// A fleet: circuits of the same name in many processes, on many hosts. When to have one, and when not, and
// what a bad node can do: "A fleet" in GUIDE.md. A store for Redis and Valkey: adapters/hiredis.hpp.
#pragma once

#include "breaker/fleet/advise.hpp"    // IWYU pragma: export
#include "breaker/fleet/agent.hpp"     // IWYU pragma: export
#include "breaker/fleet/circuits.hpp"  // IWYU pragma: export
#include "breaker/fleet/protocol.hpp"  // IWYU pragma: export
#include "breaker/fleet/settings.hpp"  // IWYU pragma: export
#include "breaker/policy/advised.hpp"  // IWYU pragma: export
