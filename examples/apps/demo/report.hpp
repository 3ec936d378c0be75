// The end of the demo: both runs side by side, and whether the numbers add up.
#pragma once

#include <breaker/counters.hpp>
#include <breaker/types.hpp>
#include <vector>

#include "client.hpp"
#include "load.hpp"
#include "screen.hpp"
#include "story.hpp"

namespace demo {

/// The outcome of one run.
struct Run {
  Clock::time_point start;
  std::vector<Payment> payments;
  int sent = 0;        // counted by the clients
  Statistics service;  // counted by the service
};

/// What became of the circuit of the second run.
struct CircuitRecord {
  std::vector<breaker::Transition> transitions;
  breaker::CallTotals totals;
};

/// Check that all that was counted agrees, and that the circuit first went closed -> open -> half_open ->
/// closed; show each check.
/// **Returns** whether all hold.
[[nodiscard]] bool check(Screen& screen, const Story& story, const Run& without, const Run& with,
                         const CircuitRecord& circuit);

/// Show the run without a breaker beside the one with it; in a story where all hang, the one that counts
/// failures beside the one that sees calls hang.
void compare(Screen& screen, const Story& story, const Run& without, const Run& with);

}  // namespace demo
