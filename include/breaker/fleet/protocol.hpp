// The words that a fleet speaks in, version 1: what an agent asks of the store, what the store answers,
// and what it tells everybody.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {

/// Milliseconds: a length of time, or a time of the store's clock. No other clock's time is ever sent.
using Milliseconds = std::uint64_t;

/// What an agent asks. The values are the letters of the protocol.
enum class Op : char {
  vote = 'v',             ///< My circuit has tripped.
  query = 'q',            ///< What do you know? Changes nothing.
  ask = 'a',              ///< May I probe?
  probe_failed = 'f',     ///< My probe failed.
  probe_succeeded = 's',  ///< My probe succeeded.
};

/// One command about one circuit. What is out of its range the store takes for the nearest that is not.
struct Request {
  Op op = Op::query;            ///< What is asked.
  std::string_view voter = {};  ///< The failure domain that speaks. At most 64 bytes.
  std::uint32_t score = 100;    ///< Vote: what was seen, in % of the own limit. Range: 1 to 100.
  std::uint32_t quorum = 200;   ///< Scores that make a verdict, in %. Range: 100 to 1600.
  Milliseconds lease =
      3000;                  ///< How long a vote, or the right to probe, lasts. Range: 1 to 60 000.
  Milliseconds open = 1000;  ///< How long the circuit is open. Range: 1 to 3 600 000.
  std::uint32_t probes = 1;  ///< Probes at a time across the fleet. Range: 1 to 16.
  /// The store's time when the command was sent, as the sender believes it. One that is over a second
  /// off is refused: it had been waiting in a queue. Not looked at in a query.
  Milliseconds sent = 0;
};

/// What the store answers.
struct Answer {
  /// What became of the command.
  enum class Kind : std::uint8_t {
    failed,  ///< Nothing is known: the store could not be reached, or did not answer in time.
    done,    ///< It was carried out.
    late,    ///< It was refused: it came late, or of a time to come.
  };

  Kind kind = Kind::failed;  ///< What became of the command.
  bool yes = false;          ///< To a question whether to probe: yes.
  Milliseconds wait =
      0;  ///< To such a question, if the answer is no: how long until it may be yes.
  Milliseconds bad_for = 0;  ///< For how long the verdict "bad" stands; 0: there is none.
  Milliseconds epoch = 0;    ///< Of the verdict. Grows with each.
  Milliseconds now = 0;      ///< The store's time.
};

/// A verdict, told to everybody. Written as `bad <epoch> <ms> <circuit>` or `good <epoch> 0 <circuit>`.
struct Message {
  std::string circuit = {};  ///< Which circuit it is about.
  bool bad = false;          ///< What it guards is down; else it is back.
  Milliseconds epoch = 0;    ///< Grows with each verdict.
  Milliseconds bad_for = 0;  ///< How long "bad" stands.
};

/// How the wait for a message ended.
enum class Heard : std::uint8_t {
  nothing,  ///< The time is over.
  message,  ///< One came.
  lost,  ///< Messages may have been missed since the last call: the connection is new, or there is none.
};

/// What agents speak to. One agent has one; no member is called by two threads at a time.
///
/// `exchange` has a command carried out, by all of its rules at once (see next()), and answers with
/// the outcome. `wait` waits at most `most` for a message, and takes it; where there is no connection it
/// waits, too, unless there is something to tell. Both are noexcept and come back in a bounded time: a
/// command that is not answered in that time has failed, whether it is still carried out or not.
template <class T>
concept Store = requires(T& store, std::string_view circuit, const Request& request,
                         std::chrono::milliseconds most, Message& message) {
  { store.exchange(circuit, request) } noexcept -> std::same_as<Answer>;
  { store.wait(most, message) } noexcept -> std::same_as<Heard>;
};

namespace detail {

/// Take the digits that `text` begins with, and the space behind them. **Returns** whether there are 1 to 15.
inline bool take_number(std::string_view& text, Milliseconds& number) {
  std::size_t size = 0;
  number = 0;
  while (size < text.size() && text[size] >= '0' && text[size] <= '9' && size < 16)
    number = number * 10 + static_cast<Milliseconds>(text[size++] - '0');
  if (size == 0 || size > 15 || size == text.size() || text[size] != ' ') return false;
  text.remove_prefix(size + 1);
  return true;
}

/// Read a message. **Returns** whether it is one: what says anything else is for others.
inline bool read_message(std::string_view text, Message& message) {
  message.bad = text.starts_with("bad ");
  if (!message.bad && !text.starts_with("good ")) return false;
  text.remove_prefix(message.bad ? 4 : 5);
  if (!detail::take_number(text, message.epoch) || !detail::take_number(text, message.bad_for))
    return false;
  message.circuit = text;
  return true;
}

}  // namespace detail
}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
