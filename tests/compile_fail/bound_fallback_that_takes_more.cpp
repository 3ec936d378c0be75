// EXPECT: breaker: a generic fallback fits two kinds, as one of std::bind_front may
// Whether it is for refused calls or for failed ones, too, its call operator does not say.
#include <functional>

#include "breaker/breaker.hpp"

struct Service {
  int down(const breaker::Rejection& why);
};

int fetch();

int use(breaker::CircuitBreaker<>& circuit, Service& service) {
  return circuit.call(fetch, std::bind_front(&Service::down, &service));
}
