// Place: where the evidence of a policy lives, by what it is. Each kind of place is used in the
// same way by many threads at a time.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/mutex.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** how a policy with a number in a word stands.
template <CountsInWord P>
constexpr Standing look_in_word(const P& policy, InWord evidence) noexcept {
  if constexpr (requires { policy.look(evidence); }) {
    return policy.look(evidence);
  } else {
    return {.numbers = {{evidence.value, 0, 0}}};
  }
}

/// An InWord evidence that has no place in the state word, because its policy is a part of a combined
/// one: a word of its own.
template <CountsInWord P>
class OwnWord {
 public:
  constexpr explicit OwnWord(const P& /*policy*/) noexcept {}

  Standing record(const P& policy, const Outcome& outcome, const Stay& stay) noexcept {
    std::uint64_t word = word_.load(acquire);  // pairs with the exchange below, see Stay::is_over
    for (;;) {
      const bool ours = TagBits::get(word) == stay.generation();
      if (!ours && stay.is_over()) return {.kind = Standing::Kind::stale};
      InWord evidence = held_in(word, stay);
      const Standing standing = policy.record(evidence, outcome);
      const std::uint64_t next = TagBits::put(stay.generation()) | ValueBits::put(evidence.value);
      if (next == word || word_.compare_exchange_weak(word, next, release, acquire))
        return standing;
    }
  }

  [[nodiscard]] Standing look(const P& policy, Ticks /*now*/, const Stay& stay) const noexcept {
    // Acquire: who trips because of a failure finds what its answer asked for.
    return detail::look_in_word(policy, held_in(word_.load(acquire), stay));
  }

  [[nodiscard]] bool is_clean(StayId id) const noexcept {
    const std::uint64_t word = word_.load(relaxed);
    return TagBits::get(word) == id.generation() && ValueBits::get(word) == 0;
  }

 private:
  using TagBits = Bits<0, 20>;  // the stay's number
  using ValueBits = Bits<21, 44>;

  static InWord held_in(std::uint64_t word, const Stay& stay) noexcept {
    return {TagBits::get(word) == stay.generation()
                ? static_cast<std::uint32_t>(ValueBits::get(word))
                : 0};
  }

  Atomic<std::uint64_t> word_{0};
};

/// An evidence that is not fit for many threads: behind a lock, made anew for each stay. The one
/// lock that a call can meet.
template <class P>
class Locked {
  using Evidence = typename P::Evidence;

 public:
  constexpr explicit Locked(const P& policy) : evidence_(made_from(policy)) {}

  Standing record(const P& policy, const Outcome& outcome, const Stay& stay) noexcept {
    const Lock lock{mutex_};
    if (stay.is_over()) return {.kind = Standing::Kind::stale};
    begin_if_new(policy, stay);
    last_ = policy.record(evidence_, outcome);
    return last_;
  }

  Standing arrive(const P& policy, Ticks now, const Stay& stay) noexcept
    requires requires(Evidence& evidence) { policy.arrive(evidence, now); }
  {
    const Lock lock{mutex_};
    if (stay.is_over()) return {.kind = Standing::Kind::stale};
    begin_if_new(policy, stay);
    last_ = policy.arrive(evidence_, now);
    return last_;
  }

  [[nodiscard]] Standing look(const P& policy, Ticks /*now*/, const Stay& stay) const noexcept {
    const Lock lock{mutex_};
    if (generation_ != stay.generation()) return {};
    if constexpr (requires { policy.look(evidence_); }) {
      return policy.look(evidence_);
    } else {
      return last_;
    }
  }

 private:
  void begin_if_new(const P& policy, const Stay& stay) noexcept {
    if (generation_ == stay.generation()) return;
    evidence_ = made_from(policy);
    generation_ = stay.generation();
  }

  static constexpr Evidence made_from([[maybe_unused]] const P& policy) {
    if constexpr (std::is_constructible_v<Evidence, const P&>) {
      return Evidence(policy);
    } else {
      return Evidence{};
    }
  }

  mutable Mutex mutex_;
  Generation generation_ =
      (std::numeric_limits<Generation>::max)();  // no stay's; guarded by mutex_
  Standing last_;                                // what the policy answered last; guarded by mutex_
  Evidence evidence_;                            // guarded by mutex_
};

/// An evidence that looks after threads itself.
template <class P>
class Shared {
  using Evidence = typename P::Evidence;

 public:
  constexpr explicit Shared(const P& policy)
    requires std::is_constructible_v<Evidence, const P&>
      : evidence_(policy) {}
  constexpr explicit Shared(const P& /*policy*/)
    requires(!std::is_constructible_v<Evidence, const P&>)
      : evidence_() {}

  [[gnu::always_inline]] Standing record(const P& policy, const Outcome& outcome,
                                         const Stay& stay) noexcept {
    return policy.record(evidence_, outcome, stay);
  }

  [[nodiscard]] Standing look(const P& policy, Ticks now, const Stay& stay) const noexcept {
    if constexpr (requires { policy.look(evidence_, now, stay); }) {
      return policy.look(evidence_, now, stay);
    } else {
      return {};
    }
  }

  /// **Returns** how part number `part` stands.
  [[nodiscard]] Standing look(const P& policy, Ticks now, const Stay& stay,
                              int part) const noexcept {
    if constexpr (requires { policy.look(evidence_, now, stay, part); }) {
      return policy.look(evidence_, now, stay, part);
    } else {
      return look(policy, now, stay);
    }
  }

  Standing arrive(const P& policy, Ticks now, const Stay& stay) noexcept
    requires requires(Evidence& evidence) { policy.arrive(evidence, now, stay); }
  {
    return policy.arrive(evidence_, now, stay);
  }

  [[nodiscard]] Standing ask(const P& policy, Ticks now, const Stay& stay) const noexcept
    requires requires(const Evidence& evidence) { policy.ask(evidence, now, stay); }
  {
    return policy.ask(evidence_, now, stay);
  }

  void depart(Ticks began, StayId stay) noexcept
    requires requires(Evidence& evidence) { evidence.depart(began, stay); }
  {
    evidence_.depart(began, stay);
  }

  [[nodiscard]] bool is_clean(StayId id) const noexcept
    requires requires(const Evidence& evidence) { evidence.is_clean(id); }
  {
    return evidence_.is_clean(id);
  }

  static constexpr bool is_clean_without_clock =
      requires { requires Evidence::is_clean_without_clock; };
  [[nodiscard]] ClockUse needs_clock() const noexcept
    requires requires(const Evidence& evidence) { evidence.needs_clock(); }
  {
    return evidence_.needs_clock();
  }

  [[nodiscard]] bool is_good(const Outcome& call) const noexcept
    requires requires(const Evidence& evidence) { evidence.is_good(call); }
  {
    return evidence_.is_good(call);
  }
  [[gnu::always_inline]] bool record_good(const Outcome& call, const Stay& stay) noexcept
    requires requires(Evidence& evidence) { evidence.record_good(call, stay); }
  {
    return evidence_.record_good(call, stay);
  }

  void begin(const Stay& stay) noexcept
    requires requires(Evidence& evidence) { evidence.begin(stay); }
  {
    evidence_.begin(stay);
  }

  [[nodiscard]] const auto& refusals() const noexcept
    requires requires(const Evidence& evidence) { evidence.refusals(); }
  {
    return evidence_.refusals();
  }

  void share() noexcept
    requires requires(Evidence& evidence) { evidence.share(); }
  {
    evidence_.share();
  }

  void adopt(const P& policy) noexcept
    requires requires(Evidence& evidence) { evidence.adopt(policy); }
  {
    evidence_.adopt(policy);
  }

  void advise(Ticks from, Ticks until) noexcept
    requires requires(Evidence& evidence) { evidence.advise(from, until); }
  {
    evidence_.advise(from, until);
  }
  [[nodiscard]] bool is_advised(Ticks now) const noexcept
    requires requires(const Evidence& evidence) { evidence.is_advised(now); }
  {
    return evidence_.is_advised(now);
  }

 private:
  Evidence evidence_;
};

template <class P>
struct PlaceOf {
  using type = Locked<P>;
};
template <CountsInWord P>
struct PlaceOf<P> {
  using type = OwnWord<P>;
};
template <CountsShared P>
struct PlaceOf<P> {
  using type = Shared<P>;
};

/// Where a policy's evidence lives, unless that is the state word.
template <class P>
using Place = typename PlaceOf<P>::type;

/// Whether a policy is asked when a call arrives.
template <class P>
concept HearsArrivals = requires(const P& policy, Place<P>& place, Ticks now, const Stay& stay) {
  place.arrive(policy, now, stay);
};

/// **Returns** how a policy stands when a call arrives, if it is asked.
template <class P>
Standing arrive_at(const P& policy, Place<P>& place, Ticks now, const Stay& stay) noexcept {
  if constexpr (HearsArrivals<P>) {
    return place.arrive(policy, now, stay);
  } else {
    return {};
  }
}

/// **Returns** how a policy stands that is asked when calls arrive, though none does; of a combined one
/// such parts alone count.
template <class P>
Standing ask_at(const P& policy, const Place<P>& place, Ticks now, const Stay& stay) noexcept {
  if constexpr (requires { place.ask(policy, now, stay); }) {
    return place.ask(policy, now, stay);
  } else if constexpr (HearsArrivals<P>) {
    return place.look(policy, now, stay);
  } else {
    return {};
  }
}

/// Whether a policy wants to know of each call that it has ended.
template <class P>
concept HearsDepartures =
    requires(Place<P>& place, Ticks began, StayId stay) { place.depart(began, stay); };

/// **Returns** how part number `part` of a policy stands.
template <class P>
Standing look_at(const P& policy, const Place<P>& place, Ticks now, const Stay& stay,
                 int part) noexcept {
  if constexpr (requires { place.look(policy, now, stay, part); }) {
    return place.look(policy, now, stay, part);
  } else {
    return place.look(policy, now, stay);
  }
}

/// The evidence of a policy whose evidence is in the state word.
struct NoPlace {
  template <class P>
  constexpr explicit NoPlace(const P& /*policy*/) noexcept {}
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
