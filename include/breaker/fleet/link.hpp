// Link: an agent's way to its store. It leaves a store alone that has failed, and knows its time.
#pragma once

#include <cstdint>
#include <string_view>

#include "breaker/base/atomic.hpp"
#include "breaker/base/mix.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/fleet/protocol.hpp"
#include "breaker/fleet/settings.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {
namespace detail {

constexpr Ticks from_milliseconds(Milliseconds time) noexcept {
  constexpr Milliseconds most = 1'000'000'000'000;
  return static_cast<Ticks>(time < most ? time : most) * breaker::detail::millisecond;
}
constexpr Milliseconds to_milliseconds(Ticks time) noexcept {
  return time <= 0 ? 0 : static_cast<Milliseconds>(breaker::detail::to_milliseconds_up(time));
}

/// What status() reads while step() goes on. Each guards itself.
struct Totals {
  breaker::detail::Atomic<bool> is_store_up{false};
  breaker::detail::Atomic<std::uint32_t> verdicts{0};
  breaker::detail::Atomic<std::uint64_t> commands{0};
  breaker::detail::Atomic<std::uint64_t> votes{0};
  breaker::detail::Atomic<std::uint64_t> late{0};
  breaker::detail::Atomic<std::uint64_t> failures{0};
  breaker::detail::Atomic<std::uint64_t> messages{0};

  /// By the one thread that calls step().
  template <class Number>
  static void add(breaker::detail::Atomic<Number>& total) noexcept {
    total.store(total.load(breaker::detail::relaxed) + 1, breaker::detail::relaxed);
  }
};

/// The time of an agent, a chance, and its store.
template <class S, class Clock>
class Link {
 public:
  Link(S& store, const AgentSettings& settings, const Clock& clock)
      : store_{store}, settings_{settings}, clock_{clock}, seed_{settings.seed} {}

  [[nodiscard]] const AgentSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] Totals& totals() noexcept { return totals_; }
  [[nodiscard]] const Totals& totals() const noexcept { return totals_; }
  [[nodiscard]] S& store() noexcept { return store_; }
  [[nodiscard]] Ticks now() const noexcept {
    return breaker::detail::to_ticks(clock_.now().time_since_epoch());
  }

  /// **Returns** a random time in [0, most).
  [[nodiscard]] Ticks any_below(Ticks most) noexcept {
    seed_ = breaker::detail::mix(seed_ + 1);
    return most <= 0 ? 0 : static_cast<Ticks>(seed_ % static_cast<std::uint64_t>(most));
  }

  /// A turn begins: it has its time, and a circuit that has not spoken by then waits for the next.
  void begin_turn() noexcept {
    constexpr Ticks least = 25 * breaker::detail::millisecond;
    const Ticks turn = settings_.turn.ticks();
    turn_ends_ = now() + (turn > least ? turn : least);
  }

  /// **Returns** whether a command may be sent now.
  [[nodiscard]] bool may_speak() const noexcept {
    const Ticks time = now();
    return time >= next_try_ && time <= turn_ends_;
  }
  /// The connection was lost: until the store answers again it counts as down.
  void lose() noexcept { totals_.is_store_up.store(false, breaker::detail::relaxed); }
  /// **Returns** whether the store has failed, and not answered since.
  [[nodiscard]] bool is_down() const noexcept {
    return !totals_.is_store_up.load(breaker::detail::relaxed);
  }

  /// **Returns** the store's time now, 0 if it has not said it yet.
  [[nodiscard]] Milliseconds store_time() const noexcept {
    return knows_time_ ? store_said_ + to_milliseconds(now() - heard_at_) : 0;
  }

  /// Have a command carried out. **Requires** may_speak().
  Answer exchange(std::string_view circuit, Op op, std::uint32_t score, Ticks open) noexcept {
    if (!knows_time_ && op != Op::query &&
        exchange(circuit, Op::query, 100, open).kind == Answer::Kind::failed)
      return {};
    const Request request{.op = op,
                          .voter = settings_.voter,
                          .score = score,
                          .quorum = static_cast<std::uint32_t>(settings_.quorum) * 100,
                          .lease = detail::to_milliseconds(settings_.lease.ticks()),
                          .open = detail::to_milliseconds(open),
                          .probes = static_cast<std::uint32_t>(settings_.probes),
                          .sent = store_time()};
    const Answer answer = store_.exchange(circuit, request);
    heard(answer);
    return answer;
  }

 private:
  void heard(const Answer& answer) noexcept {
    const bool is_up = answer.kind != Answer::Kind::failed;
    totals_.is_store_up.store(is_up, breaker::detail::relaxed);
    if (!is_up) {
      Totals::add(totals_.failures);
      const Ticks retry = settings_.retry.ticks();
      next_try_ = now() + retry + any_below(retry);
      return;
    }
    Totals::add(totals_.commands);
    if (answer.kind == Answer::Kind::late) Totals::add(totals_.late);
    knows_time_ = true;
    store_said_ = answer.now;
    heard_at_ = now();
  }

  S& store_;
  const AgentSettings settings_;
  const Clock clock_;
  std::uint64_t seed_;
  Totals totals_;
  Ticks turn_ends_ = 0;
  Ticks next_try_ = breaker::detail::ticks_min;
  bool knows_time_ = false;
  Milliseconds store_said_ = 0;
  Ticks heard_at_ = 0;
};

}  // namespace detail
}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
