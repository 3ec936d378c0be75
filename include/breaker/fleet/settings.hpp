// What an agent is told, and what it tells of itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <random>
#include <string>

#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {

namespace detail {

/// **Returns** the first line of the first of these files that has one, else a random name.
inline std::string first_line_of(std::initializer_list<const char*> files) {
  for (const char* const path : files) {
    std::ifstream file{path};
    std::string line;
    if (std::getline(file, line) && !line.empty()) return line;
  }
  std::random_device device;
  return std::to_string(device());
}

}  // namespace detail

/// **Returns** the name of this machine, as a failure domain: the id that systemd gives each, else the
/// host's name, else a random one. Machines, or containers, that were copied may share their id: they
/// are one voter then, so name them otherwise.
[[nodiscard]] inline std::string machine_id() {
  return detail::first_line_of({"/etc/machine-id", "/proc/sys/kernel/hostname"});
}

/// Settings of an agent. All durations are kept in whole milliseconds, rounded up.
struct AgentSettings {
  /// How many voters make a verdict. The strictest that any of them asks for counts. 1: any node alone,
  /// also one that is sick itself, lowers the limits of all. Range: 1 to 16. Default: 2.
  int quorum = 2;
  /// Who votes: what fails together has one vote. Not a process: ten workers of one host whose cable
  /// is broken are one voter. Range: 1 to 64 bytes. Default: the machine.
  std::string voter = machine_id();
  /// Probes at a time across the fleet, while a verdict stands. Range: 1 to 16. Default: 1.
  int probes = 1;
  /// How long a vote, or the right to probe, lasts: longer than a probe takes, or others probe beside
  /// it. Range: 1 ms to 1 min. Default: 3 s.
  Duration lease = std::chrono::seconds{3};
  /// When a probe has succeeded somewhere, the probe of this node goes out at a random time within
  /// this. 10 000 nodes need it, ten do not. Range: 0 to 1 h. Default: 1 s.
  Duration spread = std::chrono::seconds{1};
  /// How long one step() waits for news, and how late it notices what its circuits did. Range: 0 to
  /// 1 s. Default: 25 ms.
  Duration turn = std::chrono::milliseconds{25};
  /// How long the store is left alone after it failed, and as much again at random. Range: 1 ms to
  /// 1 h. Default: 1 s.
  Duration retry = std::chrono::seconds{1};
  /// The word of others counts no longer than that. Range: 1 ms to 1 h. Default: 1 min.
  Duration longest_verdict = std::chrono::minutes{1};
  /// Seeds what is drawn at random. 0: differs for each agent. Default: 0.
  std::uint64_t seed = 0;
};

/// What an agent has done, and how it stands. Each number is right on its own.
struct AgentStatus {
  bool is_store_up = false;    ///< The last command was answered.
  std::uint32_t verdicts = 0;  ///< Circuits about which the fleet says "bad" now.
  std::uint64_t commands = 0;  ///< Commands that were answered.
  std::uint64_t votes = 0;     ///< Votes cast.
  std::uint64_t late = 0;      ///< Commands that the store refused as late.
  std::uint64_t failures = 0;  ///< Commands that were not answered.
  std::uint64_t messages = 0;  ///< Verdicts that were told, of circuits that are here.

  friend bool operator==(const AgentStatus&, const AgentStatus&) = default;
};

namespace detail {

inline void require_within(Duration value, std::int64_t least_ms, std::int64_t most_ms,
                           const char* field, const char* rule) {
  const Ticks ticks = value.ticks();
  breaker::detail::require_setting(ticks >= least_ms * breaker::detail::millisecond &&
                                       ticks <= most_ms * breaker::detail::millisecond,
                                   field, ticks, rule);
}

/// **Throws** ConfigError naming the setting that is out of its range.
inline void validate(const AgentSettings& settings) {
  using breaker::detail::require_setting;
  const auto size = static_cast<long long>(settings.voter.size());
  require_setting(settings.quorum >= 1 && settings.quorum <= 16, "AgentSettings.quorum",
                  settings.quorum, "1 to 16");
  require_setting(size >= 1 && size <= 64, "AgentSettings.voter", size, "1 to 64 bytes long");
  require_setting(settings.probes >= 1 && settings.probes <= 16, "AgentSettings.probes",
                  settings.probes, "1 to 16");
  detail::require_within(settings.lease, 1, 60'000, "AgentSettings.lease", "1 ms to 1 min (in ns)");
  detail::require_within(settings.spread, 0, 3'600'000, "AgentSettings.spread", "0 to 1 h (in ns)");
  detail::require_within(settings.turn, 0, 1000, "AgentSettings.turn", "0 to 1 s (in ns)");
  detail::require_within(settings.retry, 1, 3'600'000, "AgentSettings.retry",
                         "1 ms to 1 h (in ns)");
  detail::require_within(settings.longest_verdict, 1, 3'600'000, "AgentSettings.longest_verdict",
                         "1 ms to 1 h (in ns)");
}

}  // namespace detail
}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
