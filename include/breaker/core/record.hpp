// Record: the last transition, and the totals that cost nothing on the closed path.
#pragma once

#include <chrono>
#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/milliseconds.hpp"
#include "breaker/core/word.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** the transition that `step`, computed from the clock's reading `time`, made of a circuit
/// whose word was `from`.
inline Transition transition_of(Word from, const Step& step, Ticks time,
                                const Numbers& numbers) noexcept {
  return {.from = state_of(from),
          .to = state_of(step.word),
          .reason = step.reason,
          .generation = StayId::of(step.word).generation(),
          .at = std::chrono::nanoseconds{time},
          .open_for = std::chrono::milliseconds{static_cast<Ticks>(step.wait)},
          .numbers = numbers,
          .limits = {},
          .words = nullptr,
          .has_numbers = true};
}

/// Keeps the last transition, without a lock. It is spread over words that each carry its
/// generation, stored only over an older one. A reader that finds different generations knows that
/// two transitions met there. A recovery is one stay, with its renewals: they change nothing here.
class Record {
 public:
  /// Store `transition`, of which `part` of the policy was the cause, under these settings.
  void store(const Transition& transition, int part, std::uint16_t version) noexcept {
    const auto tag = transition.generation;
    const auto at = static_cast<std::uint64_t>(transition.at.count());
    const auto& seen = transition.numbers.at;
    const std::uint64_t counts[] = {count(seen[0]), count(seen[1]), count(seen[2])};
    const std::uint64_t contents[] = {
        From::put(to_word(transition.from)) | To::put(to_word(transition.to)) |
            Why::put(to_word(transition.reason)) | Part::put(static_cast<std::uint64_t>(part)) |
            AtHigh::put(at >> AtLow::width),
        AtLow::put(at), First::put(counts[0]) | SecondHigh::put(counts[1] >> SecondLow::width),
        SecondLow::put(counts[1]) | Third::put(counts[2]),
        OpenFor::put(static_cast<std::uint64_t>(transition.open_for.count())) |
            Version::put(version)};
    for (int i = 0; i < 5; ++i) put(words_[i], tag, contents[i]);
  }

  /// A recovery was renewed, and its word is `word`. What is kept of it is told by how many renewals it
  /// is behind; once they are no longer counted, it is given the number of the current stay.
  void renew(Word word) noexcept {
    if (RenewalBits::get(word) < RenewalBits::max) return;
    for (Atomic<std::uint64_t>& kept : words_) {
      std::uint64_t current = kept.load(relaxed);
      while (is_of(current, word) &&
             !kept.compare_exchange_weak(
                 current, Tag::replace(current, StayId::of(word).generation()), relaxed, relaxed)) {
      }
    }
  }

  /// The settings have another number, but what was kept holds under them.
  void renumber(std::uint16_t before, std::uint16_t after) noexcept {
    std::uint64_t current = words_[4].load(relaxed);
    while (Version::get(current) == (before & Version::max) &&
           !words_[4].compare_exchange_weak(current, Version::replace(current, after), relaxed,
                                            relaxed)) {
    }
  }

  /// Note that an answer in the stay of `word` asked at `now` to wait until `deadline`, by `most`
  /// or less. Of several that are still ahead the latest counts; one further ahead than `most` is
  /// past, or of a clock that was set back.
  void note_asked(Word word, Milliseconds deadline, Ticks now, Milliseconds most) noexcept {
    std::uint64_t current = words_[4].load(relaxed);
    for (;;) {
      if (behind(current, word) > Tag::max / 2) return;  // a later stay's
      if (const Milliseconds noted = asked_in(current, word); noted != 0) {
        const Milliseconds left = wait_until(noted, now);
        if (left <= most && left >= wait_until(deadline, now)) return;
      }
      const std::uint64_t tag = is_of(current, word)
                                    ? Tag::get(current)
                                    : StayId::of(word).generation() - renewals_in(word);
      if (words_[4].compare_exchange_weak(
              current, Tag::put(tag) | IsAsked::put(1) | OpenFor::put(deadline), relaxed, relaxed))
        return;
    }
  }

  /// **Returns** until when the answers of the stay of `word` asked to wait, 0 if they did not.
  [[nodiscard]] Milliseconds asked_until(Word word) const noexcept {
    return asked_in(words_[4].load(relaxed), word);
  }

  /// **Returns** when the stay of that generation began; if that is not on record yet, it has just
  /// begun, and this is the end of time.
  [[nodiscard]] Ticks began(Generation generation) const noexcept {
    const std::uint64_t high = words_[0].load(relaxed);
    const std::uint64_t low = words_[1].load(relaxed);
    if (Tag::get(high) != generation || Tag::get(low) != generation) return ticks_max;
    return static_cast<Ticks>(AtHigh::get(high) << AtLow::width | AtLow::get(low));
  }

  /// What caused a transition besides its numbers.
  struct Cause {
    int part;
    bool is_of_version;  // whether it happened under the settings that were asked for
  };

  /// **Returns** the last transition, without limits and words, of a circuit whose word is `word`;
  /// `cause`: whose limits they are.
  [[nodiscard]] Transition load(std::uint16_t version, Cause& cause, Word word) const noexcept {
    Transition last = load(version, cause);
    if (is_of(Tag::put(last.generation), word)) last.generation = StayId::of(word).generation();
    return last;
  }

  /// The same, with the number of the stay that it began.
  [[nodiscard]] Transition load(std::uint16_t version, Cause& cause) const noexcept {
    std::uint64_t words[5];
    bool has_numbers = true;
    for (int i = 0; i < 5; ++i) {
      words[i] = words_[i].load(relaxed);
      has_numbers = has_numbers && Tag::get(words[i]) == Tag::get(words[0]);
    }
    cause = {static_cast<int>(Part::get(words[0])),
             has_numbers && Version::get(words[4]) == (version & Version::max)};
    Transition transition{.from = static_cast<State>(From::get(words[0])),
                          .to = static_cast<State>(To::get(words[0])),
                          .reason = static_cast<Reason>(Why::get(words[0])),
                          .generation = static_cast<Generation>(Tag::get(words[0])),
                          .at = {},
                          .open_for = {},
                          .numbers = {},
                          .limits = {},
                          .words = nullptr,
                          .has_numbers = has_numbers};
    if (has_numbers) {
      transition.at = std::chrono::nanoseconds{
          static_cast<Ticks>(AtHigh::get(words[0]) << AtLow::width | AtLow::get(words[1]))};
      if (IsAsked::get(words[4]) == 0)
        transition.open_for = std::chrono::milliseconds{static_cast<Ticks>(OpenFor::get(words[4]))};
      transition.numbers = {
          {static_cast<std::uint32_t>(First::get(words[2])),
           static_cast<std::uint32_t>(SecondHigh::get(words[2]) << SecondLow::width |
                                      SecondLow::get(words[3])),
           static_cast<std::uint32_t>(Third::get(words[3]))}};
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
  using First = Bits<21, 48>;
  using SecondHigh = Bits<49, 62>;
  using SecondLow = Bits<21, 34>;
  using Third = Bits<35, 62>;
  // In an open stay how long; in any other, if it is asked, until when the answers asked to wait.
  using OpenFor = Bits<21, 55>;
  using IsAsked = Bits<56, 56>;
  using Version = Bits<57, 63>;  // the low bits of the settings' number

  static std::uint64_t renewals_in(Word word) noexcept {
    return state_of(word) == State::half_open ? RenewalBits::get(word) : 0;
  }

  /// **Returns** how many stays `kept` is behind the one of `word`.
  static std::uint64_t behind(std::uint64_t kept, Word word) noexcept {
    return (StayId::of(word).generation() - Tag::get(kept)) & Tag::max;
  }

  /// **Returns** whether `kept` is of the stay of `word`, or of one that it renewed.
  static bool is_of(std::uint64_t kept, Word word) noexcept {
    const std::uint64_t renewals = renewals_in(word);
    return behind(kept, word) <= (renewals < RenewalBits::max ? renewals : Tag::max / 2);
  }

  static Milliseconds asked_in(std::uint64_t kept, Word word) noexcept {
    return IsAsked::get(kept) != 0 && is_of(kept, word) ? OpenFor::get(kept) : 0;
  }

  template <class E>
  static constexpr std::uint64_t to_word(E value) noexcept {
    return static_cast<std::uint64_t>(value);
  }

  static constexpr std::uint64_t count(std::uint32_t value) noexcept {
    return value < First::max ? value : First::max;
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

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
