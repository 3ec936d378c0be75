// EXPECT: breaker: a result that can't be moved can't be judged
// It is in its place at the caller before anybody could look at it.
#include "breaker/breaker.hpp"

struct Pinned {
  explicit Pinned(int number) : value{number} {}
  Pinned(const Pinned&) = delete;
  int value;
};

Pinned fetch();

int use() {
  breaker::CircuitBreaker circuit{breaker::Config{},
                                  breaker::failing_on([](const Pinned& p) { return p.value < 0; })};
  return circuit.call(fetch).value;
}
