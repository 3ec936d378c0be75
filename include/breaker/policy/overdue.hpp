// Overdue: trips while calls hang, before any of them has ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <type_traits>

#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/lower.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/watched_calls.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Settings of Overdue.
struct OverdueSettings {
  /// A call that has been out for longer is overdue. Range: above 0, up to 24 h. No default.
  Duration limit;
  /// How many overdue calls at a time trip. Range: from 1, up to half the places. Default: 5.
  int calls = 5;
};

/// Trips while `calls` calls have been out for longer than `limit`: a dependency that hangs is noticed
/// then, not when the client's timeout has ended the first calls. Usually beside a rule on failures:
/// `any_of(FailureCount{5, within(10s)}, Overdue{{.limit = 2s}})`.
///
/// It is asked whenever a call arrives, which is refused if that trips, and by `circuit.check()`, where
/// all callers may hang. So a circuit opens within `limit` and the time to the next arrival or check. How
/// a call ends makes no difference, and nothing is said of probes: those have a lease.
///
/// **How to choose.** `limit`: longer than nearly all good calls take. In flight there are overdue calls
/// on a healthy day, too, on average calls/s × the share slower than `limit` × the time that these take
/// longer. `calls` must be well above that number. 1000 calls/s, of which 0.1 % take a second longer, make
/// it 1: then 5 open falsely every 1.5 min, 8 every 4.5 h, 16 practically never. 100 calls/s make it 0.1,
/// and 5 open once a month. The default fits services with some tens of calls/s. Calls that are long by
/// nature, such as streams, say so: Permit::expect_long().
///
/// `places`: how many calls are watched at a time. While fewer are in flight, each is (unless places
/// change hands while one is looked for). More are no harm: those that hang keep their places. Range: a
/// power of two, 2 to 1024. Default: 16; `Overdue<64>{{…}}` for a `calls` above 8.
///
/// Each call writes: it takes a place and gives it back, two exchanges, and reads the clock when it
/// begins. Bytes: 8 and 8 for each place. Times are right to 3 µs. New settings keep what is watched.
/// Not for memory that processes share: calls of a killed process never end.
/// Numbers: overdue calls, watched calls. Limits: how many trip, `limit` in milliseconds, rounded up.
template <int places = 16>
class Overdue {
  static_assert(places >= 2 && places <= 1024 && (places & (places - 1)) == 0,
                "breaker: the places of Overdue are a power of two, 2 to 1024");

 public:
  /// **Throws** ConfigError naming the setting that is out of its range.
  constexpr explicit Overdue(OverdueSettings settings)
      : limit_{settings.limit.ticks()}, calls_{static_cast<std::uint32_t>(settings.calls)} {
    constexpr Ticks day = Ticks{24} * 60 * 60 * 1'000'000'000;
    detail::require_setting(limit_.ticks() > 0 && limit_.ticks() <= day, "Overdue.limit",
                            limit_.ticks(), "more than 0 and at most 24 h (in ns)");
    detail::require_setting(settings.calls >= 1 && settings.calls <= places / 2, "Overdue.calls",
                            settings.calls, "1 up to half of the places (16, unless you say more)");
  }

  /// What the circuit asks of a policy, from here on: see TripPolicy. @{
  using Evidence = detail::WatchedCalls<places>;
  static constexpr ClockUse clock_use = ClockUse::on_failure;  // for all_of, which looks then

  static Standing record(Evidence& /*calls*/, const Outcome& /*call*/,
                         const Stay& /*stay*/) noexcept {
    return {};
  }

  Standing arrive(Evidence& calls, Ticks now, const Stay& stay) const noexcept {
    if (!calls.is_early(now, limit_in_units(), calls_)) [[unlikely]]
      return count_and_add(calls, now, stay);
    return calls.add(now, stay) ? Standing{} : Standing{.kind = Standing::Kind::stale};
  }

  [[nodiscard]] Standing look(const Evidence& calls, Ticks now, const Stay& stay) const noexcept {
    return standing_of(calls.count(now, limit_in_units(), stay));
  }

  [[nodiscard]] constexpr Limits limits() const noexcept {
    return {{calls_, static_cast<std::uint32_t>(detail::to_milliseconds_up(limit_.ticks()))}};
  }
  [[nodiscard]] constexpr const Words& words() const noexcept { return in_words; }
  [[nodiscard]] constexpr bool keeps(const Overdue& /*before*/) const noexcept { return true; }
  /// @}

  /// Let `share` of the limit be enough, see advised().
  constexpr void lower(Ratio share) noexcept { calls_ = detail::lower_limit(calls_, share); }

  /// **Returns** what it trips on, as data.
  [[nodiscard]] constexpr Rule rule() const noexcept {
    Rule rule;
    rule.kind = Rule::Kind::overdue;
    rule.limit = calls_;
    rule.slower_than = limit_.ticks();
    return rule;
  }

  friend constexpr bool operator==(const Overdue&, const Overdue&) noexcept = default;

 private:
  static constexpr Words in_words{
      .rule = "overdue",
      .numbers = {"overdue_calls", "watched_calls"},
      .sentence = [](char* into, std::size_t size, const Numbers& seen, const Limits& limits) {
        return std::snprintf(into, size, "%u call%s out for more than %u ms (limit %u)", seen.at[0],
                             seen.at[0] == 1 ? "" : "s", limits.at[1], limits.at[0]);
      }};

  [[gnu::noinline]] Standing count_and_add(Evidence& calls, Ticks now,
                                           const Stay& stay) const noexcept {
    const auto found = calls.count(now, limit_in_units(), stay);
    const Standing standing = standing_of(found);
    if (standing.kind == Standing::Kind::below) calls.note(found, now);
    // Added at the limit, too: under all_of the call may go on.
    return calls.add(now, stay) ? standing : Standing{.kind = Standing::Kind::stale};
  }

  [[nodiscard]] constexpr Ticks limit_in_units() const noexcept {
    return Evidence::units_of(limit_.ticks());
  }
  [[nodiscard]] Standing standing_of(const typename Evidence::Found& found) const noexcept {
    return {.kind = found.overdue >= calls_ ? Standing::Kind::at_limit : Standing::Kind::below,
            .numbers = {{found.overdue, found.watched}}};
  }

  // Laid out without padding, see TripPolicy.
  detail::PackedTicks limit_;
  std::uint32_t calls_;
};
static_assert(TripPolicy<Overdue<>>);

explicit Overdue(OverdueSettings) -> Overdue<16>;
template <class First, class... Rest>
Overdue(First, Rest...)
    -> Overdue<detail::BareSettings<First, Duration, std::integral_constant<int, 16>>::type::value>;

BREAKER_ABI_END
}  // namespace breaker
