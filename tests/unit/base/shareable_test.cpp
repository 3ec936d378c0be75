// Which parts of a circuit may lie in memory that processes share.
#include "breaker/base/shareable.hpp"

#include <chrono>
#include <type_traits>

#include "breaker/breaker.hpp"
#include "breaker/policy/advised.hpp"
#include "breaker/policy/any_rule.hpp"
#include "breaker/policy/overdue.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/text/rule.hpp"
#include "support/catch.hpp"

namespace {

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

struct WithAMember {
  int a;
};
struct WithADestructor {
  ~WithADestructor() {}  // NOLINT: its own, so that it is not trivial
};
struct Marked {
  int a;
};

struct Plain {  // evidence of this needs a lock
  struct Evidence {
    int failures = 0;
  };
  Standing record(Evidence& /*seen*/, const Outcome& /*call*/) const noexcept { return {}; }
  bool operator==(const Plain&) const = default;
};

template <class Policy>
constexpr bool may_be_shared(const Policy& /*policy*/) {
  return is_shareable<Policy> && !detail::has_lock<Policy>;
}

}  // namespace

template <>
inline constexpr bool breaker::is_shareable<Marked> = true;

TEST_CASE("what has members is shareable only if somebody says so") {
  STATIC_REQUIRE(is_shareable<NoListener>);
  STATIC_REQUIRE(is_shareable<DefaultClassifier>);
  STATIC_REQUIRE(!is_shareable<WithAMember>);
  STATIC_REQUIRE(!is_shareable<WithADestructor>);
  STATIC_REQUIRE(!is_shareable<int*>);
  STATIC_REQUIRE(!is_shareable<void (*)()>);
  STATIC_REQUIRE(is_shareable<Marked>);
}

TEST_CASE("clocks without an address are shareable") {
  STATIC_REQUIRE(is_shareable<SteadyClock>);
  STATIC_REQUIRE(is_shareable<CoarseClock>);
  STATIC_REQUIRE(!is_shareable<AnyClock>);
  STATIC_REQUIRE(!is_shareable<CachedClock>);
  STATIC_REQUIRE(!is_shareable<ManualClock>);
}

TEST_CASE("the library's policies are shareable, alone and combined") {
  STATIC_REQUIRE(may_be_shared(ConsecutiveFailures{5}));
  STATIC_REQUIRE(may_be_shared(FailureCount{5, within(10s)}));
  STATIC_REQUIRE(may_be_shared(FailureRate{last_calls<100>(), {50_percent, 10}}));
  STATIC_REQUIRE(may_be_shared(SlowCallRate{within(10s), {1s, 50_percent, 10}}));
  STATIC_REQUIRE(may_be_shared(BadCallRate{last_calls<20>(), {1s, 50_percent, 10}}));
  STATIC_REQUIRE(may_be_shared(any_of(ConsecutiveFailures{5}, FailureCount{5, within(10s)})));
  STATIC_REQUIRE(is_shareable<Cusum>);
  STATIC_REQUIRE(may_be_shared(advised(FailureCount{5, within(10s)})));
  constexpr AnyRule<> rule{rule_of(ConsecutiveFailures{5})};
  STATIC_REQUIRE(may_be_shared(rule));
  STATIC_REQUIRE(may_be_shared(advised(rule)));
}

TEST_CASE("a policy with a lock around its evidence is not shareable, alone or combined") {
  STATIC_REQUIRE(is_shareable<Plain>);
  STATIC_REQUIRE(!may_be_shared(Plain{}));
  STATIC_REQUIRE(!may_be_shared(any_of(Plain{}, ConsecutiveFailures{5})));
  STATIC_REQUIRE(!may_be_shared(any_of(Plain{}, Plain{})));
  STATIC_REQUIRE(!may_be_shared(Advised<Plain>{Plain{}, Plain{}}));
  STATIC_REQUIRE(!may_be_shared(all_of(ConsecutiveFailures{5}, Plain{})));
}

TEST_CASE("calls that hang are watched in one process: a killed one's never end") {
  STATIC_REQUIRE(!may_be_shared(Overdue{{.limit = 1s}}));
  STATIC_REQUIRE(!may_be_shared(advised(Overdue{{.limit = 1s}})));
  STATIC_REQUIRE(!may_be_shared(any_of(ConsecutiveFailures{5}, Overdue{{.limit = 1s}})));
}

TEST_CASE("a combination of classifiers or listeners is shareable if each part is") {
  const auto of_time = ignoring<int>().up_to(1s) | succeeding_on<char>();
  STATIC_REQUIRE(is_shareable<std::remove_const_t<decltype(of_time)>>);
  const auto of_pointer = failing_on(static_cast<bool (*)(int)>(nullptr)) | ignoring<int>();
  STATIC_REQUIRE(!is_shareable<std::remove_const_t<decltype(of_pointer)>>);
  STATIC_REQUIRE(is_shareable<Counters<>>);
  STATIC_REQUIRE(is_shareable<Listeners<Counters<>, TimedCounters<>>>);
  STATIC_REQUIRE(!is_shareable<Listeners<Counters<>, void (*)(const Transition&)>>);
}
