// EXPECT: breaker: a classifier that takes how long a call took says so
// Nobody would tell it.
#include <chrono>

#include "breaker/breaker.hpp"

struct Response {
  int status;
};

Response fetch();

struct ByTime {
  breaker::Verdict on_result(const Response&, std::chrono::nanoseconds) const {
    return breaker::Verdict::success;
  }
};

int use() {
  breaker::CircuitBreaker circuit{breaker::Config{}, ByTime{}};
  return circuit.call(fetch).status;
}
