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

struct Log {
  void operator()(const Transition& transition) const { told->push_back(transition); }
  std::vector<Transition>* told;
};

/// Throws at every third transition.
struct ThrowingLog {
  void operator()(const Transition& transition) {
    told->push_back(transition);
    if (++heard % 3 == 0) throw 3;
  }
  std::vector<Transition>* told;
  int heard = 0;
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
  int most;
  Ticks slower_than;
  std::uint32_t calls = 0;
  std::uint32_t surplus = 0;

  bool record(const Outcome& outcome) noexcept {
    calls += 1;
    if (outcome.verdict == Verdict::failure)
      surplus += 1;
    else if (surplus > 0)
      surplus -= 1;
    return static_cast<int>(surplus) >= most;
  }
  void clear() noexcept { calls = surplus = 0; }
  [[nodiscard]] bool is_bad(const Outcome& outcome) const noexcept {
    return outcome.took > slower_than;
  }
  [[nodiscard]] Evidence evidence() const noexcept { return {calls, surplus, 0}; }
  [[nodiscard]] Limit limit() const noexcept { return {.rule = Rule::custom, .count = most}; }
};

template <class RealPolicy, class Listener>
class Real final : public Circuit {
  using Breaker = CircuitBreaker<TraceClock, RealPolicy, ByResult, Listener>;

 public:
  Real(const Setup& setup, const RealPolicy& policy)
      : now_{setup.start},
        circuit_{setup.config, TraceClock{&now_}, policy, ByResult{}, with_log()} {}

  Answer perform(const Operation& operation, const std::function<void()>& meanwhile) override {
    auto& permit = permits_[operation.slot];
    switch (operation.kind) {
      case Kind::acquire: {
        permit = operation.may_probe ? circuit_.try_acquire() : circuit_.try_acquire(never_probe);
        Answer answer{.yes = static_cast<bool>(permit), .generation = permit.generation()};
        if (!permit) answer.rejection = permit.rejection();
        return answer;
      }
      case Kind::settle:
        return {.yes = static_cast<bool>(permit), .settled = settle(permit, operation)};
      case Kind::call: return call(operation, meanwhile);
      case Kind::drop: permit = {}; return {};
      case Kind::if_dropped: permit.if_dropped(operation.verdict); return {};
      case Kind::move: permits_[operation.other] = std::move(permit); return {};
      case Kind::swap: std::swap(permit, permits_[operation.other]); return {};
      case Kind::linger: return {};  // Pair does it
      case Kind::advance: pass(operation.time); return {};
      case Kind::trip: return {.yes = circuit_.trip()};
      case Kind::trip_for: return {.yes = circuit_.trip(nanoseconds{operation.time})};
      case Kind::retry_in: return {.yes = circuit_.retry_in(nanoseconds{operation.time})};
      case Kind::force_open: circuit_.force_open(); return {};
      case Kind::disable: circuit_.disable(); return {};
      case Kind::reset: circuit_.reset(); return {};
      case Kind::save: return {};  // of what view() shows
      case Kind::restore:
      case Kind::restore_other: circuit_.restore(operation.saved); return {};
    }
    return {};
  }

  std::vector<Transition> told() override { return std::exchange(told_, {}); }

  [[nodiscard]] View view() const override {
    View view{.state = circuit_.state(),
              .would_admit = circuit_.would_admit(),
              .would_admit_no_probe = circuit_.would_admit(never_probe),
              .saved = circuit_.saved(),
              .snapshot = circuit_.snapshot(),
              .why = circuit_.why(),
              .totals = {}};
    if constexpr (requires { circuit_.listener().template get<Counters<1>>(); })
      view.totals = circuit_.listener().template get<Counters<1>>().totals();
    return view;
  }

  [[nodiscard]] PermitView permit(std::size_t slot) const override {
    const auto& permit = permits_[slot];
    return {static_cast<bool>(permit), permit.is_probe(), permit.generation(), permit.rejection()};
  }
  [[nodiscard]] Limit limit(int part) const override { return circuit_.limit(part); }
  [[nodiscard]] Ticks now() const override { return now_; }

 private:
  using Kind = Operation::Kind;

  Listener with_log() {
    if constexpr (std::is_same_v<Listener, Log>) {
      return Log{&told_};
    } else if constexpr (std::is_same_v<Listener, ThrowingLog>) {
      return ThrowingLog{&told_};
    } else {
      return Listener{Log{&told_}, Counters<1>{}};
    }
  }

  static Settled settle(typename Breaker::Permit& permit, const Operation& operation) {
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
      return Result{{operation.verdict, nanoseconds{operation.retry_after}}};
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
  std::vector<Transition> told_;
  Breaker circuit_;
  std::array<typename Breaker::Permit, slots> permits_;
};

// ---- each policy, for the circuit and for the reference

struct Consecutive {
  static auto real(const Setup& setup) { return ConsecutiveFailures{setup.count}; }
  static Policy plain(const Setup& setup) {
    return {.limit = {.rule = Rule::consecutive_failures, .count = setup.count}};
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
    policy.slice = setup.span / Slices;
  }
  static int at_most(int count) { return count; }
};

template <class Window>
struct Rate {
  static auto real(const Setup& setup) {
    return FailureRate{Window::real(setup),
                       {.threshold = setup.share, .min_calls = Window::at_most(setup.count)}};
  }
  static Policy plain(const Setup& setup) {
    Policy policy{.limit = {.rule = Rule::failure_rate,
                            .share = setup.share,
                            .min_calls = Window::at_most(setup.count)}};
    Window::plain(policy, setup);
    return policy;
  }
};

template <class Window>
struct Count {
  static auto real(const Setup& setup) {
    return FailureCount{Window::at_most(setup.count), Window::real(setup)};
  }
  static Policy plain(const Setup& setup) {
    Policy policy{.limit = {.rule = Rule::failure_count, .count = Window::at_most(setup.count)}};
    Window::plain(policy, setup);
    return policy;
  }
};

template <class Window>
struct Slow {
  static auto real(const Setup& setup) {
    return SlowCallRate{Window::real(setup),
                        {.slower_than = nanoseconds{setup.slower_than},
                         .threshold = setup.share,
                         .min_calls = Window::at_most(setup.count)}};
  }
  static Policy plain(const Setup& setup) {
    Policy policy{.limit = {.rule = Rule::slow_call_rate,
                            .share = setup.share,
                            .min_calls = Window::at_most(setup.count)},
                  .slower_than = setup.slower_than};
    Window::plain(policy, setup);
    return policy;
  }
};

struct Own {
  static auto real(const Setup& setup) { return Surplus{setup.count, setup.slower_than}; }
  static Policy plain(const Setup& setup) {
    return {.limit = {.rule = Rule::custom, .count = setup.count},
            .slower_than = setup.slower_than};
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
  const auto policy = Kind::real(setup);
  return std::make_unique<Real<std::remove_const_t<decltype(policy)>, Listener>>(setup, policy);
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
    kind<Rate<Last<5>>>("FailureRate, last 5 calls"),
    kind<Rate<Last<25>>>("FailureRate, last 25 calls"),
    kind<Rate<InTime<10, 1>>>("FailureRate, 10 slices"),
    kind<Rate<InTime<4, 8>>>("FailureRate, 4 slices, 8 stripes"),
    kind<Count<Last<12>>>("FailureCount, last 12 calls"),
    kind<Count<InTime<10, 1>>>("FailureCount, 10 slices"),
    kind<Count<InTime<3, 8>>>("FailureCount, 3 slices, 8 stripes"),
    kind<Slow<Last<13>>>("SlowCallRate, last 13 calls"),
    kind<Slow<InTime<2, 1>>>("SlowCallRate, 2 slices"),
    kind<Slow<InTime<10, 8>>>("SlowCallRate, 10 slices, 8 stripes"),
    kind<Any<Consecutive, Rate<Last<13>>>>("any_of: ConsecutiveFailures, FailureRate"),
    kind<Any<Count<InTime<10, 1>>, Slow<Last<12>>, Own>>("any_of: FailureCount, SlowCallRate, own"),
    kind<All<Consecutive, Rate<InTime<10, 8>>>>("all_of: ConsecutiveFailures, FailureRate"),
    kind<All<Count<Last<5>>, Own>>("all_of: FailureCount, own"),
    kind<Own>("a user's own"),
    counted<Consecutive>("ConsecutiveFailures, counted"),
    counted<Rate<InTime<10, 1>>>("FailureRate, 10 slices, counted"),
    throwing<Consecutive>("ConsecutiveFailures, a listener that throws"),
};

}  // namespace

std::size_t circuit_kinds() { return kinds.size(); }
const CircuitKind& circuit_kind(std::size_t index) { return kinds[index % kinds.size()]; }

}  // namespace model
