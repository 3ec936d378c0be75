// A candidate: one policy with its settings, and how a person writes it down.
//
//   consecutive 5                                   five failures in a row
//   5 failures in 10s                               five failures in ten seconds
//   5 failures of last 100                          … among the last hundred calls
//   rate>=50% in 10s, min 20                        half of the calls of ten seconds, once 20 are in
//   rate>=50% of last 100, min 20, open 30s
//   slow>200ms rate>=50% of last 100                half of them slower than 200 ms
//   5 calls over 2s                                 five that have been out for more than 2 s at a time
//
// Behind it, with commas: min N · open 30s · open 5s x2 max 5m (a wait that grows) · probes N ·
// close N · reopen N · lease 10s. What is not said has the library's default.
#pragma once

#include <array>
#include <breaker/config.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "call.hpp"

namespace backtest {

struct Candidate {
  enum class Kind : std::uint8_t { consecutive, count, rate, slow, overdue };

  Kind kind = Kind::consecutive;
  int count = 5;  ///< consecutive, count: how many failures trip; overdue: how many calls.
  breaker::Ratio share{1, 2};  ///< rate, slow: this share of the calls.
  int min_calls = 20;          ///< rate, slow: how many calls the window must hold.
  Ticks slower_than = 0;       ///< slow, overdue: what a slow call is.
  int last_calls = 0;          ///< The window: how many calls; or, if 0 …
  Ticks within = 0;            ///< … how long.

  Ticks open_for = 30 * second;        ///< The (first) open wait.
  int factor = 1;                      ///< What each further wait is multiplied by.
  std::optional<Ticks> open_max = {};  ///< No wait is longer.
  int probes = 1;
  std::optional<int> close_after = {};
  int reopen_after = 1;
  std::optional<Ticks> lease = {};

  /// **Returns** the settings of the circuit.
  [[nodiscard]] breaker::Config config() const;

  /// **Returns** how many calls it watches at a time, if it is overdue.
  [[nodiscard]] int places() const;

  /// **Returns** it as it is written, in one form: parse_candidate() of it gives the same candidate.
  [[nodiscard]] std::string in_words() const;

  /// **Returns** the declaration to paste into a program that includes <breaker/breaker.hpp>.
  [[nodiscard]] std::string in_cpp() const;

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// The sizes that a window over the last calls has here. A size is part of the type, so each one is
/// compiled.
inline constexpr std::array window_sizes{5, 10, 20, 50, 100, 200, 500, 1000};

/// How many calls an overdue candidate watches: each is compiled, and the smallest that holds twice its
/// count is taken.
inline constexpr std::array watched_places{16, 64, 256, 1024};

/// Read the text alone: whether the library takes the numbers is seen when a circuit is made.
/// **Throws** std::invalid_argument with a sentence that names what is wrong and what would be right.
Candidate parse_candidate(std::string_view text);

}  // namespace backtest
