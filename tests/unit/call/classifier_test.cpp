// Classifiers: how what came of a call becomes a verdict.
#include "breaker/classifier.hpp"

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

struct NotFound : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct PageNotFound : NotFound {
  using NotFound::NotFound;
};
struct Cancelled {};

struct Response {
  int status;
  std::chrono::seconds retry_after{0};
};

template <class Exception>
std::exception_ptr thrown(Exception exception) {
  return std::make_exception_ptr(exception);
}

template <class Classifier, class What>
Verdict verdict_of(const Classifier& classifier, const What& what) {
  return judge(classifier, what).verdict;
}

/// Takes the answer's word for how long to wait.
struct AsksToWait {
  static Judgement on_result(const Response& response) {
    if (response.status == 503) return {Verdict::failure, response.retry_after};
    if (response.status == 404) return Verdict::ignored;
    return Judgement::none();
  }
};

const auto failing_on_5xx = failing_on([](const Response& r) { return r.status >= 500; });

}  // namespace

TEST_CASE("by default an exception and a result with an error inside are failures") {
  const DefaultClassifier classifier;

  CHECK(verdict_of(classifier, thrown(1)) == Verdict::failure);
  CHECK(verdict_of(classifier, std::make_error_code(std::errc::timed_out)) == Verdict::failure);
  CHECK(verdict_of(classifier, std::error_code{}) == Verdict::success);
  CHECK(verdict_of(classifier, 0) == Verdict::success);
  CHECK(verdict_of(classifier, false) == Verdict::success);
  CHECK(verdict_of(classifier, Response{500}) == Verdict::success);
  CHECK(verdict_of(classifier, std::optional<int>{}) == Verdict::success);
}

TEST_CASE("ignoring takes exceptions of its types, and derived ones, for ignored") {
  const auto classifier = ignoring<NotFound, Cancelled>();

  CHECK(verdict_of(classifier, thrown(NotFound{"a"})) == Verdict::ignored);
  CHECK(verdict_of(classifier, thrown(PageNotFound{"a"})) == Verdict::ignored);
  CHECK(verdict_of(classifier, thrown(Cancelled{})) == Verdict::ignored);
  CHECK(verdict_of(classifier, thrown(std::runtime_error{"a"})) == Verdict::failure);
  CHECK(verdict_of(classifier, thrown(1)) == Verdict::failure);
  CHECK(verdict_of(classifier, std::make_error_code(std::errc::timed_out)) == Verdict::failure);
}

TEST_CASE("ignoring nothing ignores nothing") {
  CHECK(verdict_of(ignoring<>(), thrown(1)) == Verdict::failure);
}

TEST_CASE("ignoring looks into nested exceptions, however deep") {
  const auto classifier = ignoring<NotFound>();
  const auto nested = [](int depth, const auto& innermost) {
    std::exception_ptr cause = thrown(innermost);
    for (int i = 0; i < depth; ++i) {
      try {
        try {
          std::rethrow_exception(cause);
        } catch (...) {
          std::throw_with_nested(std::runtime_error{"load user"});
        }
      } catch (...) {
        cause = std::current_exception();
      }
    }
    return cause;
  };

  CHECK(verdict_of(classifier, nested(1, NotFound{"a"})) == Verdict::ignored);
  CHECK(verdict_of(classifier, nested(3, PageNotFound{"a"})) == Verdict::ignored);
  CHECK(verdict_of(classifier, nested(3, std::logic_error{"a"})) == Verdict::failure);
  CHECK(verdict_of(classifier, thrown(std::nested_exception{})) == Verdict::failure);
}

TEST_CASE("succeeding_on takes exceptions of its types for successes") {
  const auto classifier = succeeding_on<NotFound, Cancelled>();

  CHECK(verdict_of(classifier, thrown(PageNotFound{"a"})) == Verdict::success);
  CHECK(verdict_of(classifier, thrown(Cancelled{})) == Verdict::success);
  CHECK(verdict_of(classifier, thrown(std::runtime_error{"a"})) == Verdict::failure);
  CHECK(verdict_of(classifier | ignoring<int>(), thrown(1)) == Verdict::ignored);
  CHECK(verdict_of(classifier | ignoring<int>(), thrown(Cancelled{})) == Verdict::success);
}

TEST_CASE("an exception that is a success closes the circuit and still reaches the caller") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, succeeding_on<NotFound>(), clock};
  const auto misses = []() -> int { throw NotFound{"a"}; };
  circuit.trip();
  clock.advance(30s);

  CHECK_THROWS_AS(circuit.call(misses, 0), NotFound);

  CHECK(circuit.state() == State::closed);
}

TEST_CASE("failing_on judges results and leaves exceptions to the default rule") {
  CHECK(verdict_of(failing_on_5xx, Response{500}) == Verdict::failure);
  CHECK(verdict_of(failing_on_5xx, Response{499}) == Verdict::success);
  CHECK(verdict_of(failing_on_5xx, thrown(1)) == Verdict::failure);
}

TEST_CASE("failing_on has the last word on a result with an error inside") {
  const auto never = failing_on([](std::error_code) { return false; });

  CHECK(verdict_of(never, std::make_error_code(std::errc::timed_out)) == Verdict::success);
}

TEST_CASE("of two classifiers each judges what it knows") {
  const auto both = ignoring<NotFound>() | failing_on_5xx;
  const auto other_way = failing_on_5xx | ignoring<NotFound>();

  for (const bool first : {true, false}) {
    CAPTURE(first);
    const auto verdict = [&](const auto& what) {
      return first ? verdict_of(both, what) : verdict_of(other_way, what);
    };
    CHECK(verdict(thrown(NotFound{"a"})) == Verdict::ignored);
    CHECK(verdict(thrown(1)) == Verdict::failure);
    CHECK(verdict(Response{503}) == Verdict::failure);
    CHECK(verdict(Response{200}) == Verdict::success);
  }
}

TEST_CASE("the first of two classifiers that objects is heard") {
  const auto waits_first = AsksToWait{} | failing_on_5xx;

  CHECK(verdict_of(waits_first, Response{404}) == Verdict::ignored);
  CHECK(verdict_of(waits_first, Response{503}) == Verdict::failure);
  CHECK(verdict_of(waits_first, Response{500}) == Verdict::failure);
  CHECK(verdict_of(waits_first, Response{200}) == Verdict::success);
  CHECK(judge(waits_first, Response{503, 9s}).retry_after.ticks() == 9'000'000'000);
}

TEST_CASE("a second classifier is asked where the first says success") {
  const auto never = failing_on([](const Response&) { return false; });

  CHECK(verdict_of(never | failing_on_5xx, Response{500}) == Verdict::failure);
  CHECK(verdict_of(failing_on_5xx | never, Response{500}) == Verdict::failure);
  CHECK(verdict_of(never | never, Response{500}) == Verdict::success);
}

TEST_CASE("what one of two classifiers calls a success stays one where the other says nothing") {
  struct LeavesAlone {
    static Judgement on_result(const std::error_code&) { return Judgement::none(); }
  };
  struct Forgives {
    static Judgement on_result(const std::error_code&) { return Verdict::success; }
    static Judgement on_exception(const std::exception_ptr&) { return Verdict::success; }
  };
  const std::error_code error = std::make_error_code(std::errc::timed_out);

  CHECK(verdict_of(Forgives{} | LeavesAlone{}, error) == Verdict::success);
  CHECK(verdict_of(LeavesAlone{} | Forgives{}, error) == Verdict::success);
  CHECK(verdict_of(LeavesAlone{} | LeavesAlone{}, error) == Verdict::failure);
  CHECK(verdict_of(Forgives{} | ignoring<NotFound>(), thrown(1)) == Verdict::success);
  CHECK(verdict_of(ignoring<NotFound>() | Forgives{}, thrown(1)) == Verdict::success);
}

TEST_CASE("three classifiers combine") {
  const auto all = ignoring<NotFound>() | ignoring<Cancelled>() | failing_on_5xx;

  CHECK(verdict_of(all, thrown(NotFound{"a"})) == Verdict::ignored);
  CHECK(verdict_of(all, thrown(Cancelled{})) == Verdict::ignored);
  CHECK(verdict_of(all, thrown(1)) == Verdict::failure);
  CHECK(verdict_of(all, Response{500}) == Verdict::failure);
}

TEST_CASE("a judgement is a verdict, with or without a wait, or none") {
  const Judgement plain = Verdict::failure;
  const Judgement waits{Verdict::failure, 3s};

  CHECK(plain.is_made);
  CHECK(plain.retry_after.ticks() == 0);
  CHECK(waits.retry_after.ticks() == 3'000'000'000);
  CHECK_FALSE(Judgement::none().is_made);
}

TEST_CASE("a result that a classifier leaves alone goes by the default rule") {
  struct LeavesAlone {
    static Judgement on_result(const std::error_code&) { return Judgement::none(); }
  };

  CHECK(verdict_of(LeavesAlone{}, std::make_error_code(std::errc::timed_out)) == Verdict::failure);
  CHECK(verdict_of(LeavesAlone{}, std::error_code{}) == Verdict::success);
}

TEST_CASE("a judgement that asks for a wait decides how long the circuit is open") {
  CircuitBreaker circuit{Config{.open_for = 30s, .retry_after_max = 60s}, ConsecutiveFailures{1},
                         AsksToWait{}, ManualClock{}};

  circuit.call([] { return Response{503, 45s}; });

  CHECK(circuit.why().open_for == 45s);
}
