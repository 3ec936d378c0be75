// A policy takes one header of its own, and nothing else knows its name: it opens circuits, alone and in
// any_of, explains itself, and is on the metrics page.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "breaker/breaker.hpp"
#include "breaker/metrics/prometheus.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;

namespace {

/// A leaky bucket: a failure adds `up` to a score, a success takes one off, and the score trips at
/// `trip_at`. It finds a rate of failures above 1 in `up` that lasts, however many successes come between.
struct Leaky {
  std::uint16_t up = 24;
  std::uint16_t trip_at = 216;

  using Evidence = InWord;

  constexpr Standing record(InWord& score, const Outcome& call) const noexcept {
    if (call.verdict == Verdict::success) {
      if (score.value > 0) --score.value;
      return {};
    }
    score.value += up;
    return look(score);
  }

  [[nodiscard]] constexpr Standing look(InWord score) const noexcept {
    return {.kind = score.value >= trip_at ? Standing::Kind::at_limit : Standing::Kind::below,
            .numbers = {{score.value}}};
  }

  [[nodiscard]] constexpr Limits limits() const noexcept { return {{trip_at, up}}; }
  [[nodiscard]] constexpr const Words& words() const noexcept { return in_words; }
  constexpr void require() const {
    detail::require_setting(up > 0 && up <= trip_at, "Leaky.up", up, "1 up to trip_at");
  }
  constexpr bool operator==(const Leaky&) const = default;

  static constexpr Words in_words{
      .rule = "leaky",
      .numbers = {"score"},
      .sentence = [](char* into, std::size_t size, const Numbers& seen, const Limits& limits) {
        return std::snprintf(into, size, "the score is %u (limit %u)", seen.at[0], limits.at[0]);
      }};
};

constinit CircuitBreaker in_constant_memory{Config{}, Leaky{}};

template <class Circuit>
void settle(Circuit& circuit, Verdict verdict, int times) {
  for (int i = 0; i < times; ++i) circuit.try_acquire().settle(verdict);
}

template <class Circuit>
bool has_line(const Circuit& circuit, const std::string& line) {
  const std::string page = PrometheusPage{}.add("a", circuit).text();
  return page.find("\nresilience4j_circuitbreaker_" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a policy of one's own in the word opens a circuit, and says why") {
  CircuitBreaker circuit{Config{}, Leaky{.up = 3, .trip_at = 7}, ManualClock{}};
  settle(circuit, Verdict::failure, 2);
  settle(circuit, Verdict::success, 2);
  CHECK(circuit.numbers() == Numbers{{4}});
  CHECK(circuit.limits() == Limits{{7, 3}});
  CHECK(circuit.state() == State::closed);

  settle(circuit, Verdict::failure, 1);

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().numbers == Numbers{{7}});
  CHECK(describe(circuit.why()) ==
        "closed -> open: the score is 7 (limit 7); calls are refused for 30000 ms");
}

TEST_CASE("the score of an earlier stay is forgotten, and successes below none change nothing") {
  CircuitBreaker circuit{Config{}, Leaky{.up = 3, .trip_at = 7}};
  settle(circuit, Verdict::failure, 2);

  circuit.reset();
  settle(circuit, Verdict::success, 5);

  CHECK(circuit.numbers() == Numbers{});
}

TEST_CASE("a policy of one's own is a part of any_of and of all_of as any other") {
  constexpr Leaky leaky{.up = 3, .trip_at = 7};
  CircuitBreaker either{Config{}, any_of(ConsecutiveFailures{9}, leaky)};
  CircuitBreaker both{Config{}, all_of(leaky, ConsecutiveFailures{3})};
  for (int i = 0; i < 3; ++i) {
    settle(either, Verdict::failure, 1);
    settle(both, Verdict::failure, 1);
    if (i == 0) settle(both, Verdict::success, 1);
  }
  CHECK(either.state() == State::open);
  CHECK(either.why().words == &either.words(1));
  CHECK(describe(either.why()).find("the score is 9 (limit 7)") != std::string::npos);

  CHECK(both.state() == State::closed);  // the score is 8, but two in a row
  CHECK(both.numbers(0) == Numbers{{8}});
  settle(both, Verdict::failure, 1);

  CHECK(both.state() == State::open);
  CHECK(both.why().numbers == Numbers{{11}});
}

TEST_CASE("the numbers of a policy of one's own are on the metrics page by its own words") {
  CircuitBreaker alone{Config{}, Leaky{.up = 3, .trip_at = 7}};
  CircuitBreaker either{Config{}, any_of(ConsecutiveFailures{9}, Leaky{.up = 3, .trip_at = 7})};
  settle(alone, Verdict::failure, 2);
  settle(either, Verdict::failure, 2);

  CHECK(has_line(alone, R"(policy_numbers{name="a",rule="leaky",number="score"} 6)"));
  CHECK(has_line(either, R"(policy_numbers{name="a",rule="leaky",number="score"} 6)"));
  CHECK(has_line(either, R"(buffered_calls{name="a",kind="failed"} 2)"));
  settle(alone, Verdict::failure, 1);
  CHECK(has_line(alone, R"(policy_numbers{name="a",rule="leaky",number="score"} 9)"));
}

TEST_CASE("new settings of a policy of one's own begin anew what was counted") {
  CircuitBreaker alone{Config{}, Leaky{.up = 3, .trip_at = 7}};
  CircuitBreaker either{Config{}, any_of(ConsecutiveFailures{9}, Leaky{.up = 3, .trip_at = 7})};
  settle(alone, Verdict::failure, 2);
  settle(either, Verdict::failure, 2);

  CHECK(alone.reconfigure(Config{}, Leaky{.up = 3, .trip_at = 7}).kept_evidence);
  CHECK(alone.numbers() == Numbers{{6}});
  CHECK_FALSE(alone.reconfigure(Config{}, Leaky{.up = 4, .trip_at = 7}).kept_evidence);
  CHECK_FALSE(
      either.reconfigure(Config{}, any_of(ConsecutiveFailures{9}, Leaky{.up = 4, .trip_at = 7}))
          .kept_evidence);
  CHECK(alone.numbers() == Numbers{});
  CHECK(either.numbers(1) == Numbers{});
  settle(alone, Verdict::failure, 1);
  settle(either, Verdict::failure, 1);
  CHECK(alone.numbers() == Numbers{{4}});
  CHECK(either.numbers(1) == Numbers{{4}});
  CHECK(either.limits(1) == Limits{{7, 4}});
  CHECK_THROWS_AS(alone.reconfigure(Config{}, Leaky{.up = 8, .trip_at = 7}), ConfigError);
  CHECK(alone.numbers() == Numbers{{4}});
}

TEST_CASE("the settings of a policy of one's own are checked, and can be constants") {
  CHECK_THROWS_AS((CircuitBreaker{Config{}, Leaky{.up = 0}}), ConfigError);
  CHECK(in_constant_memory.policy() == Leaky{});
  STATIC_REQUIRE(sizeof(in_constant_memory) == sizeof(CircuitBreaker<>));
}
