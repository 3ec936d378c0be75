// What fits a requirement and what does not: near-misses are named after their defect.
#include <chrono>
#include <cstdint>
#include <exception>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

namespace {

using namespace breaker;

// ---- clocks

struct GoodClock {
  using Time = std::chrono::time_point<std::chrono::steady_clock>;
  static constexpr bool is_steady = true;
  [[nodiscard]] Time now() const noexcept { return {}; }
};
struct NowMayThrow : GoodClock {
  [[nodiscard]] Time now() const { return {}; }
};
struct NowIsNotConst : GoodClock {
  Time now() noexcept { return {}; }
};
struct NowGivesANumber : GoodClock {
  [[nodiscard]] std::int64_t now() const noexcept { return 0; }
};
struct NowGivesADuration : GoodClock {
  [[nodiscard]] std::chrono::nanoseconds now() const noexcept { return {}; }
};
struct NotSteady : GoodClock {
  static constexpr bool is_steady = false;
};
struct DoesNotSayWhetherSteady {
  [[nodiscard]] GoodClock::Time now() const noexcept { return {}; }
};
struct ClockWithoutCopy : GoodClock {
  ClockWithoutCopy() = default;
  ClockWithoutCopy(const ClockWithoutCopy&) = delete;
};
struct AcceptedThoughUnsteady : NotSteady {};

// ---- policies

struct GoodPolicy {
  bool record(const Outcome& /*outcome*/) noexcept { return false; }
  void clear() noexcept {}
};
struct RecordMayThrow : GoodPolicy {
  bool record(const Outcome& /*outcome*/) { return false; }
};
struct RecordGivesANumber : GoodPolicy {
  int record(const Outcome& /*outcome*/) noexcept { return 0; }
};
struct RecordGivesNothing : GoodPolicy {
  void record(const Outcome& /*outcome*/) noexcept {}
};
struct RecordTakesAVerdict : GoodPolicy {
  bool record(Verdict /*verdict*/) noexcept { return false; }
};
struct ClearMayThrow : GoodPolicy {
  void clear() {}
};
struct NoClear {
  bool record(const Outcome& /*outcome*/) noexcept { return false; }
};
struct PolicyWithoutCopy : GoodPolicy {
  PolicyWithoutCopy() = default;
  PolicyWithoutCopy(const PolicyWithoutCopy&) = delete;
};

struct GoodConcurrentPolicy {
  static constexpr ClockUse clock_use = ClockUse::none;
  static constexpr int parts = 1;
  bool record(const Outcome& /*outcome*/, const Stay& /*stay*/, Finding* /*finding*/) noexcept {
    return false;
  }
  Finding ask(Ticks /*now*/, const Stay& /*stay*/) noexcept { return {}; }
  [[nodiscard]] bool is_bad(const Outcome& /*outcome*/) const noexcept { return false; }
  [[nodiscard]] Evidence evidence(Ticks /*now*/, const Stay& /*stay*/) const noexcept {
    return {0, 0, 0};
  }
  [[nodiscard]] Limit limit(int /*part*/) const noexcept { return {}; }
};
struct SharedRecordMayThrow : GoodConcurrentPolicy {
  bool record(const Outcome& /*outcome*/, const Stay& /*stay*/, Finding* /*finding*/) {
    return false;
  }
};
struct AskGivesABool : GoodConcurrentPolicy {
  bool ask(Ticks /*now*/, const Stay& /*stay*/) noexcept { return false; }
};
struct IsBadIsNotConst : GoodConcurrentPolicy {
  bool is_bad(const Outcome& /*outcome*/) noexcept { return false; }
};
struct EvidenceWithoutTheTime : GoodConcurrentPolicy {
  [[nodiscard]] Evidence evidence(const Stay& /*stay*/) const noexcept { return {0, 0, 0}; }
};
struct LimitWithoutThePart : GoodConcurrentPolicy {
  [[nodiscard]] Limit limit() const noexcept { return {}; }
};
struct ClockUseIsANumber : GoodConcurrentPolicy {
  static constexpr int clock_use = 0;
};

struct GoodWordPolicy {
  [[nodiscard]] std::uint64_t after(std::uint64_t held, Verdict /*verdict*/) const noexcept {
    return held;
  }
  [[nodiscard]] bool trips_at(std::uint64_t /*held*/) const noexcept { return false; }
  [[nodiscard]] Evidence evidence_of(std::uint64_t /*held*/) const noexcept { return {0, 0, 0}; }
  [[nodiscard]] Limit limit() const noexcept { return {}; }
};
struct AfterMayThrow : GoodWordPolicy {
  [[nodiscard]] std::uint64_t after(std::uint64_t held, Verdict /*verdict*/) const { return held; }
};
struct AfterGivesTooFewBits : GoodWordPolicy {
  [[nodiscard]] std::uint32_t after(std::uint64_t /*held*/, Verdict /*verdict*/) const noexcept {
    return 0;
  }
};
struct TripsAtGivesANumber : GoodWordPolicy {
  [[nodiscard]] int trips_at(std::uint64_t /*held*/) const noexcept { return 0; }
};

// ---- listeners

struct HearsRefusalsOnly {
  void on_refused(const Rejection& /*rejection*/) {}
};
struct GivesAnAnswer {
  bool operator()(const Transition& /*transition*/) { return true; }
};
struct WantsToChangeTheTransition {
  void operator()(Transition& /*transition*/) {}
};
struct TakesARejection {
  void operator()(const Rejection& /*rejection*/) {}
};
struct HookMisspelled {
  void on_settle(const SettledCall& /*call*/) {}
};

// ---- classifiers

struct JudgesOneResult {
  [[nodiscard]] Verdict on_result(const int& /*result*/) const { return Verdict::success; }
};
struct JudgesAnyResult {
  template <class R>
  [[nodiscard]] Verdict on_result(const R& /*result*/) const {
    return Verdict::success;
  }
};
struct JudgesExceptionsOnly {
  [[nodiscard]] Verdict on_exception(const std::exception_ptr& /*exception*/) const {
    return Verdict::failure;
  }
};
struct BareCallable {
  Verdict operator()(const int& /*result*/) const { return Verdict::success; }
};
struct ClassifierWithoutCopy : JudgesOneResult {
  ClassifierWithoutCopy() = default;
  ClassifierWithoutCopy(const ClassifierWithoutCopy&) = delete;
};

}  // namespace

template <>
inline constexpr bool breaker::accept_unsteady_clock<AcceptedThoughUnsteady> = true;

TEST_CASE("the shipped clocks, and the standard's steady ones, are clocks") {
  STATIC_REQUIRE(MonotonicClock<SteadyClock>);
  STATIC_REQUIRE(MonotonicClock<CoarseClock>);
  STATIC_REQUIRE(MonotonicClock<CachedClock>);
  STATIC_REQUIRE(MonotonicClock<AnyClock>);
  STATIC_REQUIRE(MonotonicClock<ManualClock>);
  STATIC_REQUIRE(MonotonicClock<std::chrono::steady_clock>);
  STATIC_REQUIRE(MonotonicClock<GoodClock>);
}

TEST_CASE("a clock that lacks something is no clock") {
  STATIC_REQUIRE(!MonotonicClock<NowMayThrow>);
  STATIC_REQUIRE(!MonotonicClock<NowIsNotConst>);
  STATIC_REQUIRE(!MonotonicClock<NowGivesANumber>);
  STATIC_REQUIRE(!MonotonicClock<NowGivesADuration>);
  STATIC_REQUIRE(!MonotonicClock<NotSteady>);
  STATIC_REQUIRE(!MonotonicClock<DoesNotSayWhetherSteady>);
  STATIC_REQUIRE(!MonotonicClock<ClockWithoutCopy>);
  STATIC_REQUIRE(!MonotonicClock<std::chrono::system_clock>);
  STATIC_REQUIRE(!MonotonicClock<int>);
}

TEST_CASE("an unsteady clock is taken from who says so") {
  STATIC_REQUIRE(MonotonicClock<AcceptedThoughUnsteady>);
}

TEST_CASE("each shipped policy is a policy of its kind") {
  STATIC_REQUIRE(WordPolicy<ConsecutiveFailures>);
  STATIC_REQUIRE(ConcurrentPolicy<FailureRate<LastCalls<100>>>);
  STATIC_REQUIRE(ConcurrentPolicy<FailureRate<Within<10, 1>>>);
  STATIC_REQUIRE(ConcurrentPolicy<FailureRate<Within<20, 8>>>);
  STATIC_REQUIRE(ConcurrentPolicy<FailureCount<LastCalls<1>>>);
  STATIC_REQUIRE(ConcurrentPolicy<FailureCount<Within<10, 1>>>);
  STATIC_REQUIRE(ConcurrentPolicy<SlowCallRate<LastCalls<100>>>);
  STATIC_REQUIRE(ConcurrentPolicy<SlowCallRate<Within<10, 1>>>);
  STATIC_REQUIRE(ConcurrentPolicy<AnyOf<ConsecutiveFailures, FailureRate<>>>);
  STATIC_REQUIRE(ConcurrentPolicy<AllOf<ConsecutiveFailures, GoodPolicy, SlowCallRate<>>>);
  STATIC_REQUIRE(ConcurrentPolicy<Synchronized<GoodPolicy>>);
}

TEST_CASE("a policy of one's own needs two functions") {
  STATIC_REQUIRE(TripPolicy<GoodPolicy>);
  STATIC_REQUIRE(AnyPolicy<GoodPolicy>);
  STATIC_REQUIRE(ConcurrentPolicy<GoodConcurrentPolicy>);
  STATIC_REQUIRE(WordPolicy<GoodWordPolicy>);
}

TEST_CASE("a policy that lacks something is no policy") {
  STATIC_REQUIRE(!AnyPolicy<RecordMayThrow>);
  STATIC_REQUIRE(!AnyPolicy<RecordGivesANumber>);
  STATIC_REQUIRE(!AnyPolicy<RecordGivesNothing>);
  STATIC_REQUIRE(!AnyPolicy<RecordTakesAVerdict>);
  STATIC_REQUIRE(!AnyPolicy<ClearMayThrow>);
  STATIC_REQUIRE(!AnyPolicy<NoClear>);
  STATIC_REQUIRE(!AnyPolicy<PolicyWithoutCopy>);
}

TEST_CASE("a concurrent policy that lacks something is none") {
  STATIC_REQUIRE(!AnyPolicy<SharedRecordMayThrow>);
  STATIC_REQUIRE(!AnyPolicy<AskGivesABool>);
  STATIC_REQUIRE(!AnyPolicy<IsBadIsNotConst>);
  STATIC_REQUIRE(!AnyPolicy<EvidenceWithoutTheTime>);
  STATIC_REQUIRE(!AnyPolicy<LimitWithoutThePart>);
  STATIC_REQUIRE(!AnyPolicy<ClockUseIsANumber>);
}

TEST_CASE("a policy for the state word that lacks something is none") {
  STATIC_REQUIRE(!AnyPolicy<AfterMayThrow>);
  STATIC_REQUIRE(!AnyPolicy<AfterGivesTooFewBits>);
  STATIC_REQUIRE(!AnyPolicy<TripsAtGivesANumber>);
}

TEST_CASE("whatever hears of something is a listener") {
  const auto bare = [](const Transition&) {};
  const auto by_value = [](Transition) {};
  const auto generic = [](const auto&) {};
  STATIC_REQUIRE(TransitionListener<decltype(bare)>);
  STATIC_REQUIRE(TransitionListener<decltype(by_value)>);
  STATIC_REQUIRE(TransitionListener<decltype(generic)>);
  STATIC_REQUIRE(TransitionListener<void (*)(const Transition&)>);
  STATIC_REQUIRE(TransitionListener<TransitionLog>);
  STATIC_REQUIRE(TransitionListener<Counters<>>);
  STATIC_REQUIRE(TransitionListener<TimedCounters<>>);
  STATIC_REQUIRE(TransitionListener<HearsRefusalsOnly>);
}

TEST_CASE("what hears of nothing is no listener") {
  STATIC_REQUIRE(!TransitionListener<GivesAnAnswer>);
  STATIC_REQUIRE(!TransitionListener<WantsToChangeTheTransition>);
  STATIC_REQUIRE(!TransitionListener<TakesARejection>);
  STATIC_REQUIRE(!TransitionListener<HookMisspelled>);
  STATIC_REQUIRE(!TransitionListener<int>);
}

TEST_CASE("a classifier is told by the names of its members") {
  const auto is_500 = [](int status) { return status >= 500; };
  STATIC_REQUIRE(ResultClassifier<JudgesOneResult>);
  STATIC_REQUIRE(ResultClassifier<JudgesAnyResult>);
  STATIC_REQUIRE(ResultClassifier<JudgesExceptionsOnly>);
  STATIC_REQUIRE(ResultClassifier<decltype(ignoring<int>())>);
  STATIC_REQUIRE(ResultClassifier<decltype(failing_on(is_500))>);
  STATIC_REQUIRE(ResultClassifier<decltype(ignoring<int>() | failing_on(is_500))>);
}

TEST_CASE("what has neither name is no classifier") {
  STATIC_REQUIRE(!ResultClassifier<BareCallable>);
  STATIC_REQUIRE(!ResultClassifier<ClassifierWithoutCopy>);
  STATIC_REQUIRE(!ResultClassifier<ConsecutiveFailures>);
  STATIC_REQUIRE(!ResultClassifier<int>);
}
