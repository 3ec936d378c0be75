// The results as text, JSON and a page.
#pragma once

#include <cstddef>
#include <string>

#include "backtest.hpp"

namespace backtest {

/// The honest limit of every backtest.
inline constexpr const char* honest_limit =
    "A refused call has no outcome of its own in reality: the log's outcome stands in for it, also "
    "for probes.";

/// **Returns** whose circuits are replayed, in a sentence.
std::string callers_in_words(const Settings& settings);

/// **Returns** the text for a terminal. `most_rows`: candidates shown for each endpoint; 0: all.
std::string text_report(const Result& result, std::size_t most_rows);

/// **Returns** everything, as JSON. Times are in milliseconds since 1970, durations in milliseconds.
/// `indent`: spaces for each level; -1: on one line, in ASCII.
std::string json_report(const Result& result, int indent);

/// **Returns** a page that needs nothing else.
std::string html_report(const Result& result);

}  // namespace backtest
