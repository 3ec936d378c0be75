// A program whose own types meet every part of the library, in a namespace that is full of greedy templates; most of the
// types overload the operators that code uses without thinking.
#include "greedy.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/candidate.hpp"
#include "breaker/configured.hpp"
#include "breaker/metrics/prometheus.hpp"
#include "breaker/registry.hpp"
#include "breaker/testing/manual_clock.hpp"

namespace greedy {

/// What nobody may do with a type of the user's.
struct Touchy {
  Touchy* operator&() const = delete;
  template <class T>
  void operator,(const T&) const = delete;
  template <class T>
  bool operator==(const T&) const = delete;
  bool operator!() const = delete;
  template <class T>
  void operator<<(const T&) const = delete;
};
template <class T>
void operator,(const T&, const Touchy&) = delete;

struct Base {
  int status = 0;
};
class Response final : public Touchy, private Base {
 public:
  explicit Response(int number) { status = number; }
  [[nodiscard]] int number() const { return status; }
};
struct Failure : Touchy, std::exception {};

struct Error : Touchy {
  Error(const breaker::Rejection& /*why*/) {}
};
struct Expected : Touchy {
  struct unexpected_type {
    Error error_;
  };
  Expected() = default;
  Expected(unexpected_type) : has{false} {}
  [[nodiscard]] bool has_value() const { return has; }
  [[nodiscard]] static Error error() { return breaker::Rejection{}; }
  bool has = true;
};

struct Classifier final : Touchy {
  static breaker::Judgement on_result(const Response& response) {
    return response.number() >= 500 ? breaker::Verdict::failure : breaker::Verdict::success;
  }
  static breaker::Judgement on_exception(const std::exception_ptr& /*exception*/) {
    return breaker::Verdict::failure;
  }
};
struct Listener final : Touchy {
  void operator()(const breaker::Transition& /*transition*/) { ++heard; }
  void on_settled(const breaker::SettledCall& /*call*/) {}
  void on_refused(const breaker::Rejection& /*why*/) {}
  int heard = 0;
};
struct Clock : Touchy {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept { return time_point{duration{5}}; }
};
struct Policy {
  struct Evidence : Touchy {
    int failures = 0;
  };
  breaker::Standing record(Evidence& seen, const breaker::Outcome& outcome) const noexcept {
    if (outcome.verdict == breaker::Verdict::failure) ++seen.failures;
    return look(seen);
  }
  [[nodiscard]] breaker::Standing look(const Evidence& seen) const noexcept {
    return {.kind = seen.failures >= limit ? breaker::Standing::Kind::at_limit
                                           : breaker::Standing::Kind::below,
            .numbers = {{static_cast<unsigned>(seen.failures)}}};
  }
  bool operator==(const Policy&) const = default;
  int limit = 2;
};
struct Name : Touchy {
  [[nodiscard]] static std::string_view circuit_name() noexcept { return "greedy"; }
};

template <int status>
struct Returns : Touchy {
  Response operator()() const { return Response{status}; }
};
struct Throws : Touchy {
  Response operator()() const { throw Failure{}; }
};
struct Answers : Touchy {
  Expected operator()() const { return {}; }
};
struct OnRejection : Touchy {
  Response operator()(const breaker::Rejection& /*why*/) const { return Response{1}; }
};
struct OnNoResult : Touchy {
  Response operator()(const breaker::NoResult& /*why*/) const { return Response{2}; }
};

int errors = 0;
void expect(bool holds, int line) {
  if (!holds) std::printf("line %d\n", line), ++errors;
}

template <class Circuit>
void use(Circuit& circuit) {
  expect(circuit.call(Returns<200>{}).number() == 200, __LINE__);
  expect(circuit.call(Returns<200>{}, OnRejection{}).number() == 200, __LINE__);
  expect(circuit.call(Returns<500>{}, OnNoResult{}).number() == 2, __LINE__);
  expect(circuit.call(Throws{}, Response{3}).number() == 3, __LINE__);
  expect(circuit.state() == breaker::State::open, __LINE__);
  expect(!circuit.call(Answers{}).has_value(), __LINE__);
  expect(circuit.call(breaker::never_probe, Returns<200>{}, OnRejection{}).number() == 1, __LINE__);
  try {
    circuit.call(Returns<200>{});
    expect(false, __LINE__);
  } catch (const breaker::CircuitOpen& open) {
    expect(open.name() == std::string{"greedy"}, __LINE__);
  }
  circuit.reset();
  auto permit = circuit.try_acquire();
  expect(circuit.call(permit, Returns<200>{}).number() == 200, __LINE__);
  expect(permit.settle_by(Response{500}) == breaker::Settled::counted, __LINE__);
  expect(circuit.try_acquire().settle_by(std::make_exception_ptr(1)) == breaker::Settled::counted,
         __LINE__);
  circuit.reconfigure(breaker::Config{.probes = 2}, circuit.policy());
  expect(circuit.words().rule == std::string{"custom"}, __LINE__);
  expect(circuit.snapshot().generation > 0, __LINE__);
  expect(breaker::describe(circuit.why()).size() > 5, __LINE__);
  expect(breaker::PrometheusPage{}.add("greedy", circuit).text().size() > 100, __LINE__);
}

}  // namespace greedy

int main() {
  using namespace greedy;
  breaker::CircuitBreaker circuit{breaker::Config{}, Policy{}, Classifier{},
                                  Listener{},        Clock{},  greedy::Name{}};
  use(circuit);
  breaker::CircuitBreaker combined{
      breaker::Config{},
      breaker::any_of(Policy{}, breaker::FailureRate{{.threshold = breaker::Ratio{1, 2}}}),
      Classifier{} | breaker::ignoring<std::bad_alloc>(),
      breaker::Listeners{Listener{}, Listener{}},
      Clock{},
      greedy::Name{}};
  expect(combined.call(Returns<500>{}, OnNoResult{}).number() == 2, __LINE__);
  breaker::Configured configured{breaker::Config{}, Policy{}, Clock{}};
  configured.reconfigure(breaker::Config{.probes = 3});
  breaker::CircuitBreaker live{breaker::Config{}, Policy{},
                               breaker::Candidate{breaker::Config{.probes = 3}, Policy{}, Clock{}}};
  live.try_acquire().failure();
  live.listener().take_over(live);
  breaker::Registry circuits{{.capacity = 2}, Policy{}, Classifier{}};
  expect(circuits.of("a").call(Returns<200>{}).number() == 200, __LINE__);
  expect(circuits.handle("a").call(Returns<500>{}, OnNoResult{}).number() == 2, __LINE__);
  return errors;
}
