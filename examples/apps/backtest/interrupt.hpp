// Ctrl-C ends the reading, not the program.
#pragma once

namespace backtest {

/// From now on the first Ctrl-C (SIGINT) or SIGTERM is only noted. A second one ends the program.
void note_interrupts();

/// **Returns** whether one was noted.
bool is_interrupted();

/// Wait until there is something to read in `file`. **Returns** false if an interrupt comes first.
bool wait_for_input(int file);

}  // namespace backtest
