// What the circuit's setting promises, and what happened.
#pragma once

#include "report.hpp"
#include "screen.hpp"
#include "story.hpp"

namespace demo {

/// Show how soon the circuit will open, and how often it would without an outage.
void show_promise(Screen& screen, const Story& story);

/// Show how soon it opened. **Requires** that it did.
void show_outcome(Screen& screen, const Story& story, const Run& run, const CircuitRecord& circuit);

}  // namespace demo
