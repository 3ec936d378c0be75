// A trace: a string of bytes that says which circuit, and what happens to it. Every string means
// something, so that random ones, shrunk ones and a fuzzer's all take the same way in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "breaker/breaker.hpp"
#include "proof/model/rules.hpp"

namespace model {

using Bytes = std::vector<std::uint8_t>;

/// What the circuit is made of.
struct Setup {
  std::size_t circuit;  // which of the types in circuits.hpp
  Config config;
  Ticks start;  // what the clock shows first
  // Settings that policies draw from.
  Ratio share;
  int count;
  Ticks span;
  Ticks slower_than;
};

/// One thing that happens. Permits lie in slots.
struct Operation {
  enum class Kind : std::uint8_t {
    acquire,     // into `slot`, dropping what was there
    settle,      // `slot`, with `verdict` and `retry_after`, or `trips`
    call,        // of a function that takes `time`, in which the next operations happen
    drop,        // `slot`
    if_dropped,  // of `slot`: `verdict`
    move,        // `slot` to `other`, which may be the same
    swap,        // `slot` and `other`
    advance,     // the clock, by `time`
    linger,      // many times: advance, then acquire into `slot`; once in a trace
    check,       // whether calls hang
    trip,
    trip_for,  // `time`
    retry_in,  // `time`
    force_open,
    disable,
    reset,
    save,           // what the circuit says that is to be kept
    restore,        // that
    restore_other,  // `saved`
    reconfigure,    // to `settings`; with them the policy, if `with_policy`
  };
  Kind kind;
  std::size_t slot = 0;
  Verdict verdict = Verdict::success;
  Ticks time = 0;
  Ticks retry_after = 0;
  bool trips = false;  // settle, call: the failure opens the circuit, for `retry_after`
  std::size_t other = 0;
  bool may_probe = true;   // acquire, call
  bool is_within = false;  // acquire: as part of the call in slot `other`
  Saved saved{State::closed, {}, 0};

  // Of a call.
  enum class Fallback : std::uint8_t { none, rejection, no_result, plain, value };
  Fallback fallback = Fallback::none;
  bool throws = false;     // the function does; else it ends in `verdict` and `retry_after`
  std::size_t within = 0;  // so many of the next operations happen in it

  // Of reconfigure.
  std::optional<Setup> settings{};
  bool with_policy = false;
};

inline constexpr std::size_t slots = 6;
inline constexpr int lingers = 80;  // more than renewals are told apart
inline constexpr std::size_t setup_size = 12;
inline constexpr std::size_t operation_size = 3;

/// **Requires** setup_size bytes or more.
Setup setup_of(const Bytes& trace);

inline std::size_t operations_of(const Bytes& trace) {
  return trace.size() < setup_size ? 0 : (trace.size() - setup_size) / operation_size;
}

/// **Returns** operation `index` of the trace; `setup` is its setup.
Operation operation_of(const Bytes& trace, std::size_t index, const Setup& setup);

std::string to_hex(const Bytes& bytes);
Bytes from_hex(const std::string& text);
std::string to_text(const Setup& setup);
std::string to_text(const Saved& saved);
std::string to_text(const Operation& operation);

}  // namespace model
