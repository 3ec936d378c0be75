// Record: the last transition, and the totals that cost nothing on the closed path.
#pragma once

#include <chrono>
#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/word.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** the transition that `step`, computed from the clock's reading `time`, made of a circuit
/// whose word was `from`.
inline Transition transition_of(Word from, const Step& step, Ticks time, const Evidence& evidence,
                                const Limit& limit) noexcept {
  return {.from = state_of(from),
          .to = state_of(step.word),
          .reason = step.reason,
          .generation = StayId::of(step.word).generation(),
          .at = std::chrono::nanoseconds{time},
          .open_for = std::chrono::milliseconds{to_milliseconds_up(step.wait)},
          .evidence = evidence,
          .limit = limit,
          .has_numbers = true};
}

/// Keeps the last transition, without a lock. It is spread over words that each carry its
/// generation, stored only over an older one. A reader that finds different generations knows that
/// two transitions met there.
class Record {
 public:
  /// Store `transition`, of which `part` of the policy was the cause.
  void store(const Transition& transition, int part) noexcept {
    const auto tag = transition.generation;
    const auto at = static_cast<std::uint64_t>(transition.at.count());
    const Evidence& seen = transition.evidence;
    const std::uint64_t counts[] = {count(seen.calls), count(seen.failures), count(seen.slow)};
    put(words_[0], tag,
        From::put(to_word(transition.from)) | To::put(to_word(transition.to)) |
            Why::put(to_word(transition.reason)) | Part::put(static_cast<std::uint64_t>(part)) |
            AtHigh::put(at >> AtLow::width));
    put(words_[1], tag, AtLow::put(at));
    put(words_[2], tag, Calls::put(counts[0]) | FailuresHigh::put(counts[1] >> FailuresLow::width));
    put(words_[3], tag, FailuresLow::put(counts[1]) | Slow::put(counts[2]));
    put(words_[4], tag, OpenFor::put(static_cast<std::uint64_t>(transition.open_for.count())));
  }

  /// **Returns** the last transition, all but its limit; `part` is the part of the policy that
  /// caused it.
  [[nodiscard]] Transition load(int& part) const noexcept {
    std::uint64_t words[5];
    bool has_numbers = true;
    for (int i = 0; i < 5; ++i) {
      words[i] = words_[i].load(relaxed);
      has_numbers = has_numbers && Tag::get(words[i]) == Tag::get(words[0]);
    }
    part = static_cast<int>(Part::get(words[0]));
    Transition transition{.from = static_cast<State>(From::get(words[0])),
                          .to = static_cast<State>(To::get(words[0])),
                          .reason = static_cast<Reason>(Why::get(words[0])),
                          .generation = static_cast<Generation>(Tag::get(words[0])),
                          .at = {},
                          .open_for = {},
                          .evidence = {0, 0, 0},
                          .limit = {},
                          .has_numbers = has_numbers};
    if (has_numbers) {
      transition.at = std::chrono::nanoseconds{
          static_cast<Ticks>(AtHigh::get(words[0]) << AtLow::width | AtLow::get(words[1]))};
      transition.open_for = std::chrono::milliseconds{static_cast<Ticks>(OpenFor::get(words[4]))};
      transition.evidence = {
          static_cast<std::uint32_t>(Calls::get(words[2])),
          static_cast<std::uint32_t>(FailuresHigh::get(words[2]) << FailuresLow::width |
                                     FailuresLow::get(words[3])),
          static_cast<std::uint32_t>(Slow::get(words[3]))};
    }
    return transition;
  }

 private:
  using Tag = Bits<0, 20>;  // the generation; 43 bits are left in each word
  using From = Bits<21, 23>;
  using To = Bits<24, 26>;
  using Why = Bits<27, 30>;
  using Part = Bits<31, 38>;
  using AtHigh = Bits<39, 59>;
  using AtLow = Bits<21, 63>;
  using Calls = Bits<21, 48>;
  using FailuresHigh = Bits<49, 62>;
  using FailuresLow = Bits<21, 34>;
  using Slow = Bits<35, 62>;
  using OpenFor = Bits<21, 55>;

  template <class E>
  static constexpr std::uint64_t to_word(E value) noexcept {
    return static_cast<std::uint64_t>(value);
  }

  static constexpr std::uint64_t count(std::uint32_t value) noexcept {
    return value < Calls::max ? value : Calls::max;
  }

  static void put(Atomic<std::uint64_t>& word, Generation tag, std::uint64_t content) noexcept {
    std::uint64_t current = word.load(relaxed);
    for (;;) {
      const std::uint64_t ahead = (tag - Tag::get(current)) & Tag::max;
      if (ahead == 0 || ahead > Tag::max / 2) return;  // a later transition's
      if (word.compare_exchange_weak(current, Tag::put(tag) | content, relaxed, relaxed)) return;
    }
  }

  Atomic<std::uint64_t> words_[5]{};  // each guards itself
};

/// Everything that is written on transitions and refusals only.
struct Totals {
  Record last;
  Atomic<std::uint64_t> transitions{0};
  Atomic<std::uint64_t> refused{0};
  Atomic<std::uint32_t> stale{0};
  Atomic<std::uint32_t> listener_errors{0};
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
