// A shared library that hides its symbols, all but these.
#pragma once

#include <system_error>

/// Make a call through a circuit that refuses it, and let the CircuitOpen out.
[[gnu::visibility("default")]] void refuse();

/// Let a ConfigError out.
[[gnu::visibility("default")]] void configure();

/// **Returns** the error of a call that was refused.
[[gnu::visibility("default")]] std::error_code refused();
