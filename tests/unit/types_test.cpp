// The names of values, as logs and metric labels show them.
#include "breaker/types.hpp"

#include <chrono>
#include <string>

#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

/// **Returns** the names of the first `count` values of E, and of the one after them.
template <class E>
std::string names(int count) {
  std::string all;
  for (int value = 0; value <= count; ++value) {
    all += all.empty() ? "" : " ";
    all += to_string(static_cast<E>(value));
  }
  return all;
}

}  // namespace

TEST_CASE("each value is named as it stands in the source, a value outside by a question mark") {
  CHECK(names<State>(5) == "closed open half_open forced_open disabled ?");
  CHECK(names<Verdict>(3) == "success failure ignored ?");
  CHECK(names<Settled>(5) == "counted stale repeated unaccounted refused ?");
  CHECK(names<Reason>(13) ==
        "none policy wait_over probes_succeeded probes_failed probe_lost tripped forced_open "
        "disabled reset restored reconfigured classifier ?");
  CHECK(names<RejectionReason>(4) == "open probes_busy forced_open needs_probe ?");
}

TEST_CASE("a name is known at compile time") {
  STATIC_REQUIRE(to_string(State::half_open)[0] == 'h');
  STATIC_REQUIRE(to_string(static_cast<Verdict>(200))[0] == '?');
}

TEST_CASE("numbers, limits and words that were not given are none") {
  constexpr Numbers numbers;
  constexpr Limits limits;
  const Words words;

  STATIC_REQUIRE(numbers == Numbers{{0, 0, 0}});
  STATIC_REQUIRE(limits == Limits{{0, 0, 0, 0}});
  CHECK(words.rule == std::string{"custom"});
  for (const char* const name : words.numbers) CHECK(name == nullptr);
  CHECK(words.sentence == nullptr);
}

TEST_CASE("values that differ in one field are not equal") {
  constexpr Rejection rejection{.retry_after = 1ns, .generation = 2, .reason = {}};
  constexpr Numbers numbers{{1, 1, 1}};
  constexpr Limits limits{{1, 1, 1, 1}};
  constexpr Saved saved{.state = State::open, .left = 2ms, .step = 3};
  constexpr Snapshot snapshot{};
  constexpr Transition transition{};
  Snapshot later = snapshot;
  Transition other = transition;

  CHECK(rejection != Rejection{.retry_after = 1ns, .generation = 3, .reason = {}});
  CHECK(numbers != Numbers{{1, 1, 2}});
  CHECK(limits != Limits{{1, 1, 1, 2}});
  CHECK(saved != Saved{.state = State::open, .left = 2ms, .step = 4});
  CHECK(later == snapshot);
  later.stale = 1;
  CHECK(later != snapshot);
  CHECK(other == transition);
  other.has_numbers = true;
  CHECK(other != transition);
}
