// The story once more, simulated: each client is a process of its own.
#pragma once

#include "screen.hpp"

namespace demo {

/// Show how many calls reach the sick service if each process has a circuit of its own, if they are a fleet,
/// and if they share one circuit. No time is divided, and the numbers are the same each time.
/// **Returns** whether each of them saves calls over the one before.
[[nodiscard]] bool show_processes(Screen& screen);

}  // namespace demo
