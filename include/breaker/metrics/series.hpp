// The series of a scrape: their names, types and help, and what tells the samples of one series apart.
#pragma once

#include <cstdint>
#include <string_view>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

enum class Series : std::uint8_t {
  state,
  refused,
  transitions,
  stale,
  listener_errors,
  buffered,
  max_buffered,
  failure_rate,
  slow_call_rate,
  slow_calls,
  numbers,
  advised,
  calls_count,
  calls_sum,
  durations_bucket,
  durations_count,
  durations_sum,
  reasons,
  settings,
  settings_seconds,
  registry_size,
  registry_capacity,
  registry_circuits,
  registry_refused,
  registry_transitions,
  registry_made,
  registry_overflowed,
  registry_evicted,
  registry_late,
  registry_held_back,
  fleet_store_up,
  fleet_verdicts,
  fleet_commands,
  fleet_votes,
  fleet_late,
  fleet_failures,
  fleet_messages,
};

struct SeriesInfo {
  const char* family;  // what help and type are said of
  const char* suffix;  // of the sample's name, behind the family's
  const char* type;
  int decimals;  // a sample shows its value / 10^decimals
  const char* help;
};

/// By Series. Series of one family follow one another.
inline constexpr SeriesInfo series_info[] = {
    {"_state", "", "gauge", 0, "The states of the circuit breaker: 1 for the current one"},
    {"_not_permitted_calls_total", "", "counter", 0, "The number of calls that were refused"},
    {"_transitions_total", "", "counter", 0, "The number of changes of state"},
    {"_stale_calls_total", "", "counter", 0, "Verdicts that came too late to count"},
    {"_listener_errors_total", "", "counter", 0, "Exceptions that listeners threw"},
    {"_buffered_calls", "", "gauge", 0, "The number of calls in the window of the policy"},
    {"_max_buffered_calls", "", "gauge", 0, "The number of calls that the window can hold"},
    {"_failure_rate", "", "gauge", 2, "The failure rate in percent, -1 below the minimum of calls"},
    {"_slow_call_rate", "", "gauge", 2,
     "The slow call rate in percent, -1 below the minimum of calls"},
    {"_slow_calls", "", "gauge", 0, "The number of slow calls in the window of the policy"},
    {"_policy_numbers", "", "gauge", 0, "What else the policy has counted, by its own names"},
    {"_advised", "", "gauge", 0, "1 while the fleet says that what the circuit guards is down"},
    {"_calls_seconds", "_count", "summary", 0, "The settled calls and how long they took"},
    {"_calls_seconds", "_sum", "summary", 9, ""},
    {"_call_duration_seconds", "_bucket", "histogram", 0, "How long the settled calls took"},
    {"_call_duration_seconds", "_count", "histogram", 0, ""},
    {"_call_duration_seconds", "_sum", "histogram", 9, ""},
    {"_transitions_by_reason_total", "", "counter", 0, "Changes of state by target and reason"},
    {"_settings", "", "gauge", 2, "The settings of the circuit breaker that are numbers"},
    {"_settings_seconds", "", "gauge", 9, "The settings of the circuit breaker that are times"},
    {"_registry_size", "", "gauge", 0, "Keys that have a circuit"},
    {"_registry_capacity", "", "gauge", 0, "Keys that may have a circuit at a time"},
    {"_registry_circuits", "", "gauge", 0, "How many circuits are in each state"},
    {"_registry_not_permitted_calls_total", "", "counter", 0,
     "The number of calls that were refused, by circuits of erased keys too"},
    {"_registry_transitions_total", "", "counter", 0,
     "The number of changes of state, of circuits of erased keys too"},
    {"_registry_made_total", "", "counter", 0, "Circuits made, those made anew included"},
    {"_registry_overflowed_total", "", "counter", 0, "Look-ups that the overflow circuit answered"},
    {"_registry_evicted_total", "", "counter", 0,
     "Circuits that went because the capacity was used up"},
    {"_registry_late_verdicts_total", "", "counter", 0,
     "Verdicts that came when the circuit of their call had gone"},
    {"_registry_held_back_total", "", "counter", 0,
     "Trips that were held back because too many circuits were out"},
    {"_fleet_store_up", "", "gauge", 0, "1 if the store of the fleet has answered last"},
    {"_fleet_verdicts", "", "gauge", 0, "Circuits about which the fleet says that they are down"},
    {"_fleet_commands_total", "", "counter", 0, "Commands that the store answered"},
    {"_fleet_votes_total", "", "counter", 0, "Votes that a backend is down"},
    {"_fleet_late_commands_total", "", "counter", 0, "Commands that the store refused as late"},
    {"_fleet_failed_commands_total", "", "counter", 0, "Commands that the store did not answer"},
    {"_fleet_messages_total", "", "counter", 0,
     "Verdicts that were heard of circuits that are here"},
};

/// What a sample is of: one more label, behind the circuit's name.
enum class Kind : std::uint16_t {
  none,
  closed,
  open,
  half_open,
  disabled,
  forced_open,
  metrics_only,
  not_permitted,
  successful,
  failed,
  ignored,
  any,
};

struct KindInfo {
  const char* label;  // empty: no label
  const char* text;
};

/// By Kind.
inline constexpr KindInfo kind_info[] = {
    {"", ""},
    {"state", "closed"},
    {"state", "open"},
    {"state", "half_open"},
    {"state", "disabled"},
    {"state", "forced_open"},
    {"state", "metrics_only"},
    {"kind", "not_permitted"},
    {"kind", "successful"},
    {"kind", "failed"},
    {"kind", "ignored"},
    {"kind", "any"},
};

/// The value of a sample that has none yet; it shows -1.
inline constexpr std::int64_t no_value = -1;

/// A label and its value.
struct Label {
  const char* name;
  std::string_view value;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
