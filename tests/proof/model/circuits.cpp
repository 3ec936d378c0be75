#include "proof/model/circuits.hpp"

#include <array>
#include <utility>

namespace model {

namespace {

struct TraceClock {
  using time_point = std::chrono::time_point<TraceClock, nanoseconds>;
  using duration = nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  static constexpr bool is_steady = true;
  [[nodiscard]] time_point now() const noexcept { return time_point{nanoseconds{*ticks}}; }
  const Ticks* ticks;
};

/// What a listener of a circuit was told.
struct Heard {
  std::vector<Transition> transitions;
  std::optional<Reconfigured> kept;
};

struct Log {
  void operator()(const Transition& transition) const { heard->transitions.push_back(transition); }
  void on_reconfigured(const Reconfigured& kept) const { heard->kept = kept; }
  Heard* heard;
};

/// Throws at every third transition.
struct ThrowingLog : Log {
  void operator()(const Transition& transition) {
    Log::operator()(transition);
    if (++times % 3 == 0) throw 3;
  }
  int times = 0;
};

/// What the function of a call returns, and how it is judged: as the operation says.
struct Result {
  Judgement judgement;
  bool is_fallback = false;
};
struct ByResult {
  static Judgement on_result(const Result& result) { return result.judgement; }
};

/// A policy of a user's own, sequential: trips when failures outnumber successes by so many. A call
/// that takes too long is asked about.
struct Surplus {
  static constexpr ClockUse clock_use = ClockUse::both_ends;
  struct Evidence {
    std::uint32_t surplus = 0;
    std::uint32_t calls = 0;
  };
  Ticks slower_than;
  std::int64_t most;

  [[nodiscard]] Standing record(Evidence& seen, const Outcome& outcome) const noexcept {
    const bool failed = outcome.verdict == Verdict::failure;
    seen.calls += 1;
    if (failed)
      seen.surplus += 1;
    else if (seen.surplus > 0)
      seen.surplus -= 1;
    return failed || is_bad(outcome) ? look(seen) : Standing{.numbers = look(seen).numbers};
  }
  [[nodiscard]] Standing look(const Evidence& seen) const noexcept {
    return {.kind = seen.surplus >= most ? Standing::Kind::at_limit : Standing::Kind::below,
            .numbers = {{seen.surplus, seen.calls, 0}}};
  }
  [[nodiscard]] bool is_bad(const Outcome& outcome) const noexcept {
    return outcome.took > slower_than;
  }
  [[nodiscard]] Limits limits() const noexcept { return {{static_cast<std::uint32_t>(most)}}; }
  friend bool operator==(const Surplus&, const Surplus&) = default;
};

template <class Kind, class Listener>
class Real final : public Circuit {
  using RealPolicy = decltype(Kind::real(std::declval<const Setup&>()));
  using Breaker = CircuitBreaker<TraceClock, RealPolicy, ByResult, Listener>;

 public:
  explicit Real(const Setup& setup)
      : now_{setup.start},
        circuit_{setup.config, TraceClock{&now_}, Kind::real(setup), ByResult{}, with_log()} {}

  Answer perform(const Operation& operation, const std::function<void()>& meanwhile) override {
    auto& permit = permits_[operation.slot];
    switch (operation.kind) {
      case Do::acquire: {
        permit = acquire(operation);
        Answer answer{.yes = static_cast<bool>(permit), .generation = permit.generation()};
        if (!permit) answer.rejection = permit.rejection();
        return answer;
      }
      case Do::settle:
        return {.yes = static_cast<bool>(permit), .settled = settle(permit, operation)};
      case Do::call: return call(operation, meanwhile);
      case Do::drop: permit = {}; return {};
      case Do::if_dropped: permit.if_dropped(operation.verdict); return {};
      case Do::move: permits_[operation.other] = std::move(permit); return {};
      case Do::swap: std::swap(permit, permits_[operation.other]); return {};
      case Do::linger: return {};  // Pair does it
      case Do::advance: pass(operation.time); return {};
      case Do::check: return {.yes = check()};
      case Do::trip: return {.yes = circuit_.trip()};
      case Do::trip_for: return {.yes = circuit_.trip(nanoseconds{operation.time})};
      case Do::retry_in: return {.yes = circuit_.retry_in(nanoseconds{operation.time})};
      case Do::force_open: circuit_.force_open(); return {};
      case Do::disable: circuit_.disable(); return {};
      case Do::reset: circuit_.reset(); return {};
      case Do::save: return {};  // of what view() shows
      case Do::restore:
      case Do::restore_other: circuit_.restore(operation.saved); return {};
      case Do::reconfigure: {
        Answer answer{.kept = reconfigure(operation)};
        answer.told_kept = std::exchange(heard_.kept, {});
        return answer;
      }
    }
    return {};
  }

  std::vector<Transition> told() override { return std::exchange(heard_.transitions, {}); }

  [[nodiscard]] View view() const override {
    View view{.state = circuit_.state(),
              .would_admit = circuit_.would_admit(),
              .would_admit_no_probe = circuit_.would_admit(never_probe),
              .saved = circuit_.saved(),
              .snapshot = circuit_.snapshot(),
              .why = circuit_.why(),
              .numbers = {},
              .totals = {}};
    for (int i = 0; i < Breaker::part_count; ++i)
      view.numbers[static_cast<std::size_t>(i)] = circuit_.numbers(i);
    if constexpr (requires { circuit_.listener().template get<Counters<1>>(); })
      view.totals = circuit_.listener().template get<Counters<1>>().totals();
    return view;
  }

  [[nodiscard]] PermitView permit(std::size_t slot) const override {
    const auto& permit = permits_[slot];
    return {static_cast<bool>(permit), permit.is_probe(), permit.generation(), permit.rejection()};
  }
  [[nodiscard]] Limits limits(int part) const override { return circuit_.limits(part); }
  [[nodiscard]] const Words& words(int part) const override { return circuit_.words(part); }
  [[nodiscard]] Ticks now() const override { return now_; }

 private:
  using Do = Operation::Kind;

  Listener with_log() {
    if constexpr (std::is_same_v<Listener, Log>) {
      return Log{&heard_};
    } else if constexpr (std::is_same_v<Listener, ThrowingLog>) {
      return ThrowingLog{{&heard_}};
    } else {
      return Listener{Log{&heard_}, Counters<1>{}};
    }
  }

  typename Breaker::Permit acquire(const Operation& operation) {
    if (operation.is_within) return circuit_.try_acquire(permits_[operation.other]);
    return operation.may_probe ? circuit_.try_acquire() : circuit_.try_acquire(never_probe);
  }

  bool check() {
    if constexpr (requires { circuit_.check(); }) return circuit_.check();
    return false;
  }

  Reconfigured reconfigure(const Operation& operation) {
    const Setup& to = *operation.settings;
    if (!operation.with_policy) return circuit_.reconfigure(to.config);
    return circuit_.reconfigure(to.config, Kind::real(to));
  }

  static Judgement judgement_of(const Operation& operation) {
    const nanoseconds wait{operation.retry_after};
    return operation.trips ? Judgement::trip(wait) : Judgement{operation.verdict, wait};
  }

  static Settled settle(typename Breaker::Permit& permit, const Operation& operation) {
    if (operation.trips) return permit.settle(judgement_of(operation));
    if (operation.retry_after > 0)
      return permit.settle(operation.verdict, nanoseconds{operation.retry_after});
    if (operation.verdict == Verdict::success) return permit.success();
    return operation.verdict == Verdict::failure ? permit.failure() : permit.ignore();
  }

  Answer call(const Operation& operation, const std::function<void()>& meanwhile) {
    using Ending = Answer::Ending;
    Answer answer;
    const auto function = [&] {
      answer.yes = true;
      pass(operation.time);
      meanwhile();
      if (operation.throws) throw 42;
      return Result{judgement_of(operation)};
    };
    try {
      const auto enter = [&](const auto&... given) {
        return operation.may_probe ? circuit_.call(given...) : circuit_.call(never_probe, given...);
      };
      const Result result = call(operation.fallback, enter, function, answer);
      answer.ending = result.is_fallback ? Ending::fallback : Ending::result;
    } catch (const CircuitOpen& open) {
      answer.ending = Ending::refused;
      answer.rejection = open.rejection();
    } catch (int) {
      answer.ending = Ending::threw;
    }
    return answer;
  }

  template <class Enter, class Function>
  static Result call(Operation::Fallback fallback, const Enter& enter, const Function& function,
                     Answer& answer) {
    using Fallback = Operation::Fallback;
    const Result instead{Verdict::ignored, true};
    switch (fallback) {
      case Fallback::none: break;
      case Fallback::rejection:
        return enter(function, [&](const Rejection& why) {
          answer.rejection = why;
          return instead;
        });
      case Fallback::no_result:
        return enter(function, [&](const NoResult& why) {
          if (why.rejection() != nullptr) answer.rejection = *why.rejection();
          return instead;
        });
      case Fallback::plain: return enter(function, [&] { return instead; });
      case Fallback::value: return enter(function, instead);
    }
    return enter(function);
  }

  void pass(Ticks time) {
    constexpr Ticks farthest = Ticks{1} << 61;
    now_ = std::clamp(now_ + time, -farthest, farthest);
  }

  Ticks now_;
  Heard heard_;
  Breaker circuit_;
  std::array<typename Breaker::Permit, slots> permits_;
};

// ---- each policy, for the circuit and for the reference

Limits count_limit(int count) { return {{static_cast<std::uint32_t>(count)}}; }

struct Consecutive {
  static auto real(const Setup& setup) { return ConsecutiveFailures{setup.count}; }
  static Policy plain(const Setup& setup) {
    return {.rule = Rule::row, .limits = count_limit(setup.count), .words = &real(setup).words()};
  }
};

template <int N>
struct Last {
  static auto real(const Setup& /*setup*/) { return last_calls<N>(); }
  static void plain(Policy& policy, const Setup& /*setup*/) { policy.last_calls = N; }
  static int at_most(int count) { return std::min(count, N); }
};

template <int Slices, int Stripes>
struct InTime {
  static auto real(const Setup& setup) { return within<Slices, Stripes>(nanoseconds{setup.span}); }
  static void plain(Policy& policy, const Setup& setup) {
    policy.slices = Slices;
    policy.span = setup.span;
  }
  static int at_most(int count) { return count; }
};

/// A share of the calls in a window.
template <template <class> class RealRate, class Window, Rule rule>
struct Rate {
  static auto real(const Setup& setup) {
    const int min_calls = Window::at_most(setup.count);
    if constexpr (rule == Rule::failure_rate) {
      return RealRate{Window::real(setup), {.threshold = setup.share, .min_calls = min_calls}};
    } else {
      return RealRate{Window::real(setup),
                      {.slower_than = nanoseconds{setup.slower_than},
                       .threshold = setup.share,
                       .min_calls = min_calls}};
    }
  }
  static Policy plain(const Setup& setup) {
    Policy policy{.rule = rule,
                  .limits = {{static_cast<std::uint32_t>(setup.share.part()),
                              static_cast<std::uint32_t>(setup.share.whole()),
                              static_cast<std::uint32_t>(Window::at_most(setup.count))}},
                  .words = &real(setup).words()};
    if constexpr (rule != Rule::failure_rate) {
      policy.slower_than = setup.slower_than;
      policy.limits.at[3] =
          static_cast<std::uint32_t>(std::min<Ticks>(up_to_ms(setup.slower_than) / ms, 0xffffffff));
    }
    Window::plain(policy, setup);
    return policy;
  }
};
template <class Window>
using Failing = Rate<FailureRate, Window, Rule::failure_rate>;
template <class Window>
using Slow = Rate<SlowCallRate, Window, Rule::slow_rate>;
template <class Window>
using Bad = Rate<BadCallRate, Window, Rule::bad_rate>;

template <class Window>
struct Count {
  static auto real(const Setup& setup) {
    return FailureCount{Window::at_most(setup.count), Window::real(setup)};
  }
  static Policy plain(const Setup& setup) {
    Policy policy{.rule = Rule::failure_count,
                  .limits = count_limit(Window::at_most(setup.count)),
                  .words = &real(setup).words()};
    Window::plain(policy, setup);
    return policy;
  }
};

struct Own {
  static auto real(const Setup& setup) { return Surplus{setup.slower_than, setup.count}; }
  static Policy plain(const Setup& setup) {
    return {.rule = Rule::surplus,
            .limits = count_limit(setup.count),
            .slower_than = setup.slower_than};
  }
};

struct Watch {
  static Ticks limit(const Setup& setup) { return std::min(setup.slower_than, day); }
  static auto real(const Setup& setup) {
    return Overdue{{.limit = nanoseconds{limit(setup)}, .calls = setup.count}};
  }
  static Policy plain(const Setup& setup) {
    return {.rule = Rule::overdue,
            .limits = {{static_cast<std::uint32_t>(setup.count),
                        static_cast<std::uint32_t>(up_to_ms(limit(setup)) / ms)}},
            .words = &real(setup).words(),
            .out_for = limit(setup)};
  }
};

template <class... Parts>
struct Any {
  static auto real(const Setup& setup) { return any_of(Parts::real(setup)...); }
  static Policy plain(const Setup& setup) {
    return {.kind = Policy::Kind::any, .parts = {Parts::plain(setup)...}};
  }
};

template <class... Parts>
struct All {
  static auto real(const Setup& setup) { return all_of(Parts::real(setup)...); }
  static Policy plain(const Setup& setup) {
    return {.kind = Policy::Kind::all, .parts = {Parts::plain(setup)...}};
  }
};

template <class Kind, class Listener>
std::unique_ptr<Circuit> make(const Setup& setup) {
  return std::make_unique<Real<Kind, Listener>>(setup);
}

template <class Kind>
constexpr CircuitKind kind(const char* name) {
  return {name, make<Kind, Log>, Kind::plain};
}
template <class Kind>
constexpr CircuitKind counted(const char* name) {
  return {name, make<Kind, Listeners<Log, Counters<1>>>, Kind::plain};
}
template <class Kind>
constexpr CircuitKind throwing(const char* name) {
  return {name, make<Kind, ThrowingLog>, Kind::plain, 3};
}

constexpr std::array kinds = {
    kind<Consecutive>("ConsecutiveFailures"),
    kind<Failing<Last<5>>>("FailureRate, last 5 calls"),
    kind<Failing<Last<25>>>("FailureRate, last 25 calls"),
    kind<Failing<InTime<10, 1>>>("FailureRate, 10 slices"),
    kind<Failing<InTime<4, 8>>>("FailureRate, 4 slices, 8 stripes"),
    kind<Count<Last<12>>>("FailureCount, last 12 calls"),
    kind<Count<InTime<10, 1>>>("FailureCount, 10 slices"),
    kind<Count<InTime<3, 8>>>("FailureCount, 3 slices, 8 stripes"),
    kind<Slow<Last<13>>>("SlowCallRate, last 13 calls"),
    kind<Slow<InTime<2, 1>>>("SlowCallRate, 2 slices"),
    kind<Slow<InTime<10, 8>>>("SlowCallRate, 10 slices, 8 stripes"),
    kind<Bad<Last<12>>>("BadCallRate, last 12 calls"),
    kind<Bad<InTime<10, 8>>>("BadCallRate, 10 slices, 8 stripes"),
    kind<Any<Consecutive, Failing<Last<13>>>>("any_of: ConsecutiveFailures, FailureRate"),
    kind<Any<Count<InTime<10, 1>>, Slow<Last<12>>, Own>>("any_of: FailureCount, SlowCallRate, own"),
    kind<All<Consecutive, Failing<InTime<10, 8>>>>("all_of: ConsecutiveFailures, FailureRate"),
    kind<All<Count<Last<5>>, Own>>("all_of: FailureCount, own"),
    kind<Own>("a user's own"),
    kind<Watch>("Overdue"),
    kind<Any<Consecutive, Watch>>("any_of: ConsecutiveFailures, Overdue"),
    kind<All<Consecutive, Watch>>("all_of: ConsecutiveFailures, Overdue"),
    counted<Consecutive>("ConsecutiveFailures, counted"),
    counted<Failing<InTime<10, 1>>>("FailureRate, 10 slices, counted"),
    throwing<Consecutive>("ConsecutiveFailures, a listener that throws"),
};

}  // namespace

std::size_t circuit_kinds() { return kinds.size(); }
const CircuitKind& circuit_kind(std::size_t index) { return kinds[index % kinds.size()]; }

}  // namespace model
