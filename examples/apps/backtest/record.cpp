// What one line of a log says, see record.hpp.
#include "record.hpp"

namespace backtest {

const char* to_string(Fault fault) {
  switch (fault) {
    case Fault::none: return "nothing";
    case Fault::no_call: return "no call";
    case Fault::other_format: return "not of this format";
    case Fault::no_time: return "no time";
    case Fault::bad_time: return "not a time";
    case Fault::bad_duration: return "not a duration";
    case Fault::no_unit: return "a duration without a unit";
    case Fault::no_outcome: return "neither status nor outcome";
    case Fault::bad_status: return "not a status";
    case Fault::bad_outcome: return "not an outcome";
    case Fault::out_of_range: return "not between the years 1970 and 2200";
    case Fault::too_long: return "longer than 1 MiB";
  }
  return "?";
}

}  // namespace backtest
