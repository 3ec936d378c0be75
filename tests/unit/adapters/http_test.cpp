// The rule for HTTP answers.
#include "breaker/adapters/http.hpp"

#include <chrono>
#include <string_view>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

TEST_CASE("429 and 5xx but 501 are failures, every other status is a success") {
  for (int status = 100; status < 1000; ++status) {
    CAPTURE(status);
    const bool is_failure = status == 429 || (status >= 500 && status != 501);
    CHECK(adapters::judge_http(status).verdict ==
          (is_failure ? Verdict::failure : Verdict::success));
  }
}

TEST_CASE("a status that is none of HTTP is a failure: no answer came") {
  for (const int status : {-1, 0, 1, 99}) {
    CAPTURE(status);
    CHECK(adapters::judge_http(status).verdict == Verdict::failure);
    CHECK_FALSE(adapters::judge_http(status, "120").retry_after.is_given());
  }
}

TEST_CASE("only a failure carries the wait that the answer asked for") {
  CHECK(adapters::judge_http(503, "120").retry_after.ticks() == Ticks{120'000'000'000});
  CHECK(adapters::judge_http(429, "7").retry_after.ticks() == Ticks{7'000'000'000});
  CHECK_FALSE(adapters::judge_http(503).retry_after.is_given());
  CHECK_FALSE(adapters::judge_http(301, "120").retry_after.is_given());
}

TEST_CASE("a response in the shape of Beast's is judged by its status and its Retry-After") {
  struct Response {
    [[nodiscard]] unsigned result_int() const { return status; }
    std::string_view operator[](std::string_view name) const {
      return name == "Retry-After" ? retry_after : std::string_view{};
    }
    unsigned status;
    std::string_view retry_after;
  };
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}, adapters::HttpResults{}};
  const auto failures_after = [&](Response response) {
    circuit.call([&] { return response; });
    return circuit.snapshot().numbers.at[0];
  };

  CHECK(failures_after({503, ""}) == 1);
  CHECK(failures_after({404, "9"}) == 0);
  CHECK(failures_after({429, ""}) == 1);
  CHECK(failures_after({500, "77"}) == 0);
  CHECK(circuit.why().open_for == std::chrono::seconds{77});
}
