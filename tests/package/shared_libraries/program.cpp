// What a shared library with hidden symbols throws or returns is known outside of it.
#include <cstdio>
#include <exception>
#include <string>

#include "breaker/breaker.hpp"
#include "library.hpp"

namespace {

int errors = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("not so: %s\n", what);
  ++errors;
}

template <class Exception>
bool throws(void (*function)()) {
  try {
    function();
  } catch (const Exception&) {
    return true;
  } catch (...) {
    return false;
  }
  return false;
}

}  // namespace

int main() {
  expect(throws<breaker::CircuitOpen>(refuse), "a CircuitOpen is caught as one");
  expect(throws<breaker::ConfigError>(configure), "a ConfigError is caught as one");
  expect(refused() == breaker::Errc::circuit_open, "its error is known");
  breaker::CircuitBreaker outer{breaker::Config{}, breaker::ConsecutiveFailures{1}};
  expect(!outer.call(
             [] {
               refuse();
               return true;
             },
             false),
         "the fallback runs");
  expect(outer.state() == breaker::State::closed, "its circuit is another one: no failure of ours");
  return errors;
}
