// What a duration without a unit counts, where neither the format nor the user says it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "call.hpp"

namespace backtest {

/// **Returns** the unit of durations that are written like these, or 0 if each has its unit behind it,
/// or none is there. A number without a unit counts seconds if half of the first ones have a fraction
/// and are below 1, and nanoseconds if half of them are whole and 10,000,000 or more.
/// **Throws** std::invalid_argument, with what to do, if this rule does not tell, or if the numbers
/// count lines. `name`: what the log calls the field.
Ticks inferred_unit(const std::vector<std::string>& durations, const std::string& name);

/// **Returns** why it is this unit, for people.
const char* inferred_from(Ticks unit);

/// **Returns** whether half of the numbers among `durations` or more have a fraction.
bool are_fractions(const std::vector<std::string>& durations);

/// **Returns** the number in the middle of those that are numbers, or -1 if none is.
double median_number(const std::vector<std::string>& durations);

/// **Returns** "s", "ms", "us" or "ns" for such a unit.
const char* unit_name(Ticks unit);

}  // namespace backtest
