// Parts of a circuit are deduced, in every order and in every selection.
#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

namespace {

using namespace breaker;

using Clock = ManualClock;
using Policy = FailureRate<LastCalls<10>>;
using Classifier = Ignoring<std::exception>;
using Listener = TransitionLog;
using Parts = std::tuple<Clock, Policy, Classifier, Listener>;
using Expected = CircuitBreaker<Clock, Policy, Classifier, Listener>;

template <class... Given>
using Deduced = decltype(CircuitBreaker{Config{}, std::declval<Given>()...});

constexpr std::size_t orders = 24;  // of four parts

/// **Returns** the `number`th order of 0, 1, 2, 3.
constexpr std::array<std::size_t, 4> order(std::size_t number) {
  std::array<std::size_t, 4> rest{0, 1, 2, 3};
  std::array<std::size_t, 4> result{};
  for (std::size_t place = 0; place < 4; ++place) {
    const std::size_t choices = 4 - place;
    const std::size_t chosen = number % choices;
    number /= choices;
    result[place] = rest[chosen];
    for (std::size_t i = chosen; i + 1 < choices; ++i) rest[i] = rest[i + 1];
  }
  return result;
}

template <std::size_t number, std::size_t... place>
constexpr bool deduces_in_order(std::index_sequence<place...> /*places*/) {
  return std::is_same_v<Deduced<std::tuple_element_t<order(number)[place], Parts>...>, Expected>;
}

template <std::size_t... number>
constexpr bool deduces_in_every_order(std::index_sequence<number...> /*numbers*/) {
  return (deduces_in_order<number>(std::make_index_sequence<4>{}) && ...);
}

}  // namespace

TEST_CASE("four parts are told apart in every order") {
  STATIC_REQUIRE(deduces_in_every_order(std::make_index_sequence<orders>{}));
}

TEST_CASE("a part that is not given has its default") {
  STATIC_REQUIRE(std::is_same_v<Deduced<>, CircuitBreaker<>>);
  STATIC_REQUIRE(std::is_same_v<Deduced<Clock>, CircuitBreaker<Clock>>);
  STATIC_REQUIRE(std::is_same_v<Deduced<Policy>, CircuitBreaker<SteadyClock, Policy>>);
  STATIC_REQUIRE(std::is_same_v<Deduced<Classifier>,
                                CircuitBreaker<SteadyClock, ConsecutiveFailures, Classifier>>);
  STATIC_REQUIRE(std::is_same_v<Deduced<Listener>, CircuitBreaker<SteadyClock, ConsecutiveFailures,
                                                                  DefaultClassifier, Listener>>);
}

TEST_CASE("the defaults may also be given by name") {
  STATIC_REQUIRE(
      std::is_same_v<Deduced<SteadyClock, ConsecutiveFailures, DefaultClassifier, NoListener>,
                     CircuitBreaker<>>);
}

TEST_CASE("a part is deduced as a value, however it is passed") {
  STATIC_REQUIRE(std::is_same_v<Deduced<Clock&>, CircuitBreaker<Clock>>);
  STATIC_REQUIRE(std::is_same_v<Deduced<const Clock&>, CircuitBreaker<Clock>>);
}

TEST_CASE("several listeners go in as one part") {
  using Both = Listeners<TransitionLog, Counters<>>;
  STATIC_REQUIRE(std::is_same_v<decltype(Listeners{TransitionLog{}, Counters<>{}}), Both>);
  STATIC_REQUIRE(
      std::is_same_v<Deduced<Both>,
                     CircuitBreaker<SteadyClock, ConsecutiveFailures, DefaultClassifier, Both>>);
}

TEST_CASE("a window is deduced from the function that names it") {
  constexpr FailureRateSettings settings{.threshold = Ratio{1, 2}, .min_calls = 5};
  using Tenths = Within<10, 1>;
  using Twentieths = Within<20, 1>;
  STATIC_REQUIRE(std::is_same_v<decltype(FailureRate{settings}), FailureRate<LastCalls<100>>>);
  STATIC_REQUIRE(
      std::is_same_v<decltype(FailureRate{last_calls<7>(), settings}), FailureRate<LastCalls<7>>>);
  STATIC_REQUIRE(std::is_same_v<decltype(FailureRate{within(std::chrono::seconds{1}), settings}),
                                FailureRate<Tenths>>);
  STATIC_REQUIRE(std::is_same_v<decltype(FailureCount{5, within<20>(std::chrono::seconds{1})}),
                                FailureCount<Twentieths>>);
}

TEST_CASE("a circuit member is written with its config in braces") {
  struct Service {
    CircuitBreaker<> circuit{{.open_for = std::chrono::seconds{10}}};
  };
  const Service service;

  CHECK(service.circuit.state() == State::closed);
}

TEST_CASE("CircuitOf is the type that is deduced from the same parts, in any order") {
  using Listener = Counters<8>;
  using Rate = FailureRate<>;

  STATIC_REQUIRE(std::is_same_v<CircuitOf<>, CircuitBreaker<>>);
  STATIC_REQUIRE(std::is_same_v<CircuitOf<AnyClock>, CircuitBreaker<AnyClock>>);
  STATIC_REQUIRE(std::is_same_v<CircuitOf<Listener, Rate>,
                                CircuitBreaker<SteadyClock, Rate, DefaultClassifier, Listener>>);
  STATIC_REQUIRE(std::is_same_v<CircuitOf<Rate, Listener>, CircuitOf<Listener, Rate>>);
  STATIC_REQUIRE(
      std::is_same_v<CircuitOf<Name>, CircuitBreaker<SteadyClock, ConsecutiveFailures,
                                                     DefaultClassifier, NoListener, Name>>);
}
