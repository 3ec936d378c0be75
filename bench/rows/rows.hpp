// The groups of rows.
#pragma once

namespace bench {

void add_primitives();
void add_closed_calls();
void add_other_calls();
void add_naive();
void add_growth();
void add_registry();

}  // namespace bench
