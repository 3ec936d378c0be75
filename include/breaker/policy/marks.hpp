// Marks: which calls a window counts as bad ones: those that failed, those that were slow, or both.
#pragma once

#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

// Evidence has a copy of its own, Own, to tell a good call without reading the settings.

struct Failed {
  struct Own {
    constexpr explicit Own(const Failed& /*mark*/) noexcept {}
    static bool is_marked(const Outcome& call) noexcept { return Failed{}(call); }
    static void adopt(const Failed& /*mark*/) noexcept {}
  };

  static constexpr ClockUse clock_use = ClockUse::none;
  constexpr void tell(Rule& rule) const noexcept { rule.marks = Rule::Marks::failed; }
  constexpr bool operator()(const Outcome& call) const noexcept {
    return call.verdict == Verdict::failure;
  }
  friend constexpr bool operator==(const Failed&, const Failed&) noexcept = default;
};

/// A limit of time that may be replaced meanwhile.
template <class Mark>
class OwnLimit {
 public:
  constexpr explicit OwnLimit(const Mark& mark) noexcept : limit_{mark.limit.ticks()} {}
  [[nodiscard]] bool is_marked(const Outcome& call) const noexcept {
    return Mark{limit_.load(relaxed)}(call);
  }
  void adopt(const Mark& mark) noexcept { limit_.store(mark.limit.ticks(), relaxed); }

 private:
  Atomic<Ticks> limit_;  // guards nothing: a thread that finds a call marked reads the settings
};

struct SlowerThan {
  using Own = OwnLimit<SlowerThan>;
  PackedTicks limit;

  static constexpr ClockUse clock_use = ClockUse::both_ends;
  constexpr void tell(Rule& rule) const noexcept {
    rule.marks = Rule::Marks::slow;
    rule.slower_than = limit.ticks();
  }
  constexpr bool operator()(const Outcome& call) const noexcept {
    return call.took > limit.ticks();
  }
  friend constexpr bool operator==(const SlowerThan&, const SlowerThan&) noexcept = default;
};

struct FailedOrSlower {
  using Own = OwnLimit<FailedOrSlower>;
  PackedTicks limit;

  static constexpr ClockUse clock_use = ClockUse::both_ends;
  constexpr void tell(Rule& rule) const noexcept {
    rule.marks = Rule::Marks::failed_or_slow;
    rule.slower_than = limit.ticks();
  }
  constexpr bool operator()(const Outcome& call) const noexcept {
    return call.verdict == Verdict::failure || call.took > limit.ticks();
  }
  friend constexpr bool operator==(const FailedOrSlower&, const FailedOrSlower&) noexcept = default;
};

/// **Returns** a limit of time for a number of Limits, in milliseconds, rounded up; 0: none.
constexpr std::uint32_t limit_in_ms(const Failed& /*mark*/) noexcept { return 0; }
template <class Mark>
constexpr std::uint32_t limit_in_ms(const Mark& mark) noexcept {
  const Ticks milliseconds = detail::to_milliseconds_up(mark.limit.ticks());
  return milliseconds < UINT32_MAX ? static_cast<std::uint32_t>(milliseconds) : UINT32_MAX;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
