// The simulation: a production circuit, with a candidate's settings, lives through a log; where there
// are several callers, each has a circuit of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "call.hpp"
#include "candidate.hpp"

namespace backtest {

/// A stay away from closed: from the trip until the circuit closed again.
struct Opening {
  Ticks from;
  Ticks until;  ///< Still open when the log ended: then.
};

/// What became of the calls under one candidate.
struct Trial {
  /// Of more openings than this the first are kept, the rest is counted.
  static constexpr std::size_t most_openings = 4096;
  /// An opening so soon after the circuit closed is a flap.
  static constexpr Ticks flap_within = 30 * second;

  std::uint64_t openings = 0;         ///< closed → open.
  std::uint64_t reopenings = 0;       ///< half-open → open: probes that failed.
  std::uint64_t flaps = 0;            ///< Openings within `flap_within` of closing.
  std::uint64_t saved = 0;            ///< Refused calls that would have failed, or been slow.
  std::uint64_t saved_slow = 0;       ///< Of these: those that would have been slow (see Event).
  std::uint64_t lost = 0;             ///< Refused calls that would have succeeded.
  std::uint64_t refused_ignored = 0;  ///< Refused calls that count as neither.
  Ticks waiting_saved = 0;            ///< How long the saved calls would have taken, together.
  Ticks open_time = 0;                ///< From tripping to closing, together.
  std::vector<Opening> kept;          ///< In the order of their beginnings.
  std::string first_cause;            ///< Why it opened first, in the library's words.
  struct OfCaller {
    std::uint64_t openings = 0;
    std::uint64_t saved = 0;
    std::uint64_t lost = 0;
  };
  std::vector<OfCaller> callers;  ///< By caller, once the log has ended.
};

class Simulation {
 public:
  virtual ~Simulation() = default;

  /// Live through further events, at least one, all of one caller, in the order of time.
  virtual void replay(std::span<const Event> events) = 0;

  /// The log has ended, at `time`.
  virtual void finish(Ticks time) = 0;

  [[nodiscard]] virtual const Trial& trial() const = 0;
};

/// **Throws** breaker::ConfigError if the library does not take the candidate's settings.
std::unique_ptr<Simulation> make_simulation(const Candidate& candidate);

}  // namespace backtest
