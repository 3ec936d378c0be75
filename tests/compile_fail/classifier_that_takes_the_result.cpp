// EXPECT: breaker: a classifier's on_result takes a const R&, and is const
// It would keep the caller's result, which can't be copied.
#include <memory>

#include "breaker/breaker.hpp"

struct Classifier {
  breaker::Verdict on_result(std::unique_ptr<int> result) const {
    return result ? breaker::Verdict::success : breaker::Verdict::failure;
  }
};
breaker::CircuitBreaker circuit{breaker::Config{}, Classifier{}};

auto use(std::unique_ptr<int> (*fetch)()) { return circuit.call(fetch); }
