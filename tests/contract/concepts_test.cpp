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
  struct Evidence {};
  Standing record(Evidence& /*seen*/, const Outcome& /*outcome*/) const noexcept { return {}; }
  bool operator==(const GoodPolicy&) const = default;
};
struct RecordMayThrow : GoodPolicy {
  Standing record(Evidence& /*seen*/, const Outcome& /*outcome*/) const { return {}; }
  bool operator==(const RecordMayThrow&) const = default;
};
struct RecordIsNotConst : GoodPolicy {
  Standing record(Evidence& /*seen*/, const Outcome& /*outcome*/) noexcept { return {}; }
  bool operator==(const RecordIsNotConst&) const = default;
};
struct RecordGivesABool : GoodPolicy {
  bool record(Evidence& /*seen*/, const Outcome& /*outcome*/) const noexcept { return false; }
  bool operator==(const RecordGivesABool&) const = default;
};
struct RecordGivesNothing : GoodPolicy {
  void record(Evidence& /*seen*/, const Outcome& /*outcome*/) const noexcept {}
  bool operator==(const RecordGivesNothing&) const = default;
};
struct RecordTakesAVerdict : GoodPolicy {
  Standing record(Evidence& /*seen*/, Verdict /*verdict*/) const noexcept { return {}; }
  bool operator==(const RecordTakesAVerdict&) const = default;
};
struct NoEvidence {
  Standing record(int& /*seen*/, const Outcome& /*outcome*/) const noexcept { return {}; }
  bool operator==(const NoEvidence&) const = default;
};
struct EvidenceOfAnother : GoodPolicy {
  using Evidence = int;
  Standing record(long& /*seen*/, const Outcome& /*outcome*/) const noexcept { return {}; }
  bool operator==(const EvidenceOfAnother&) const = default;
};
struct NoEquality {
  struct Evidence {};
  Standing record(Evidence& /*seen*/, const Outcome& /*outcome*/) const noexcept { return {}; }
};
struct CopyIsNotTrivial : GoodPolicy {
  CopyIsNotTrivial() = default;
  CopyIsNotTrivial(const CopyIsNotTrivial& /*other*/) noexcept {}
  bool operator==(const CopyIsNotTrivial&) const = default;
};
struct PolicyWithoutCopy : GoodPolicy {
  PolicyWithoutCopy() = default;
  PolicyWithoutCopy(const PolicyWithoutCopy&) = delete;
  bool operator==(const PolicyWithoutCopy&) const = default;
};
struct OldProtocol {
  bool record(const Outcome& /*outcome*/) noexcept { return false; }
  void clear() noexcept {}
  bool operator==(const OldProtocol&) const = default;
};

struct GoodSharedPolicy {
  struct Evidence {};
  Standing record(Evidence& /*seen*/, const Outcome& /*outcome*/,
                  const Stay& /*stay*/) const noexcept {
    return {};
  }
  bool operator==(const GoodSharedPolicy&) const = default;
};
struct SharedRecordMayThrow : GoodSharedPolicy {
  Standing record(Evidence& /*seen*/, const Outcome& /*outcome*/, const Stay& /*stay*/) const {
    return {};
  }
  bool operator==(const SharedRecordMayThrow&) const = default;
};
struct SharedRecordChangesTheStay : GoodSharedPolicy {
  Standing record(Evidence& /*seen*/, const Outcome& /*outcome*/, Stay& /*stay*/) const noexcept {
    return {};
  }
  bool operator==(const SharedRecordChangesTheStay&) const = default;
};

struct GoodWordPolicy {
  using Evidence = InWord;
  Standing record(InWord& /*seen*/, const Outcome& /*outcome*/) const noexcept { return {}; }
  bool operator==(const GoodWordPolicy&) const = default;
};
struct WordRecordMayThrow : GoodWordPolicy {
  Standing record(InWord& /*seen*/, const Outcome& /*outcome*/) const { return {}; }
  bool operator==(const WordRecordMayThrow&) const = default;
};
struct WordRecordTakesANumber : GoodWordPolicy {
  Standing record(std::uint32_t& /*seen*/, const Outcome& /*outcome*/) const noexcept { return {}; }
  bool operator==(const WordRecordTakesANumber&) const = default;
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
  STATIC_REQUIRE(detail::CountsInWord<ConsecutiveFailures>);
  STATIC_REQUIRE(detail::CountsShared<FailureRate<LastCalls<100>>>);
  STATIC_REQUIRE(detail::CountsShared<FailureRate<Within<10, 1>>>);
  STATIC_REQUIRE(detail::CountsShared<FailureRate<Within<20, 8>>>);
  STATIC_REQUIRE(detail::CountsShared<FailureCount<LastCalls<1>>>);
  STATIC_REQUIRE(detail::CountsShared<FailureCount<Within<10, 1>>>);
  STATIC_REQUIRE(detail::CountsShared<SlowCallRate<LastCalls<100>>>);
  STATIC_REQUIRE(detail::CountsShared<BadCallRate<Within<10, 1>>>);
  STATIC_REQUIRE(detail::CountsShared<AnyOf<ConsecutiveFailures, FailureRate<>>>);
  STATIC_REQUIRE(detail::CountsShared<AllOf<ConsecutiveFailures, GoodPolicy, SlowCallRate<>>>);
  STATIC_REQUIRE(TripPolicy<AnyOf<ConsecutiveFailures, FailureRate<>>>);
  STATIC_REQUIRE(TripPolicy<BadCallRate<>>);
}

TEST_CASE("a policy of one's own is a value with a type for its evidence and one function") {
  STATIC_REQUIRE(TripPolicy<GoodPolicy>);
  STATIC_REQUIRE(TripPolicy<GoodSharedPolicy>);
  STATIC_REQUIRE(TripPolicy<GoodWordPolicy>);
  STATIC_REQUIRE(detail::CountsAlone<GoodPolicy>);
  STATIC_REQUIRE(!detail::CountsAlone<GoodWordPolicy>);
}

TEST_CASE("a policy that lacks something is no policy") {
  STATIC_REQUIRE(!TripPolicy<RecordMayThrow>);
  STATIC_REQUIRE(!TripPolicy<RecordIsNotConst>);
  STATIC_REQUIRE(!TripPolicy<RecordGivesABool>);
  STATIC_REQUIRE(!TripPolicy<RecordGivesNothing>);
  STATIC_REQUIRE(!TripPolicy<RecordTakesAVerdict>);
  STATIC_REQUIRE(!TripPolicy<NoEvidence>);
  STATIC_REQUIRE(!TripPolicy<EvidenceOfAnother>);
  STATIC_REQUIRE(!TripPolicy<NoEquality>);
  STATIC_REQUIRE(!TripPolicy<CopyIsNotTrivial>);
  STATIC_REQUIRE(!TripPolicy<PolicyWithoutCopy>);
  STATIC_REQUIRE(!TripPolicy<OldProtocol>);
  STATIC_REQUIRE(!TripPolicy<int>);
}

TEST_CASE("a policy for shared evidence, or for the state word, that lacks something is none") {
  STATIC_REQUIRE(!TripPolicy<SharedRecordMayThrow>);
  STATIC_REQUIRE(!TripPolicy<SharedRecordChangesTheStay>);
  STATIC_REQUIRE(!TripPolicy<WordRecordMayThrow>);
  STATIC_REQUIRE(!TripPolicy<WordRecordTakesANumber>);
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
