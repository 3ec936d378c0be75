// Listeners: several as one.
#include "breaker/listener.hpp"

#include <cerrno>
#include <stdexcept>
#include <string>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;

namespace {

/// Writes its name for each transition it hears of.
struct Named {
  char name;
  std::string* heard;
  void operator()(const Transition&) { *heard += name; }
};

struct Throwing {
  void operator()(const Transition&) { throw std::runtime_error{"listener"}; }
};

/// Hears of calls only.
struct CallsOnly {
  static constexpr ClockUse clock_use = ClockUse::both_ends;
  std::string* heard;
  void on_admitted() { *heard += '+'; }
  void on_settled(const SettledCall& call) { *heard += to_string(call.settled)[0]; }
  void on_refused(const Rejection&) { *heard += '-'; }
};

}  // namespace

TEST_CASE("several listeners are told in the order in which they were given") {
  std::string heard;
  CircuitBreaker circuit{Config{}, Listeners{Named{'a', &heard}, Named{'b', &heard}}};

  circuit.trip();
  circuit.reset();

  CHECK(heard == "abab");
}

TEST_CASE("a listener that throws keeps nobody else from hearing, and is counted") {
  std::string heard;
  CircuitBreaker circuit{Config{}, Listeners{Throwing{}, Named{'b', &heard}, Throwing{}}};

  circuit.trip();

  CHECK(heard == "b");
  CHECK(circuit.snapshot().listener_errors == 2);
  CHECK(circuit.state() == State::open);
}

TEST_CASE("each listener hears only what it has a member for") {
  std::string heard;
  CircuitBreaker circuit{Config{}, Listeners{Named{'t', &heard}, CallsOnly{.heard = &heard}}};

  circuit.try_acquire().success();
  circuit.force_open();
  static_cast<void>(circuit.try_acquire());

  CHECK(heard == "+ct-");
}

TEST_CASE("errno is what the function of a call left there, whatever a listener does") {
  struct Careless {
    void operator()(const Transition&) { errno = ENOENT; }
    void on_admitted() { errno = ENOENT; }
    void on_settled(const SettledCall&) { errno = ENOENT; }
    void on_refused(const Rejection&) { errno = ENOENT; }
  };
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, Careless{},
                         failing_on([](int status) { return status < 0; })};

  errno = EDOM;
  auto permit = circuit.try_acquire();
  CHECK(errno == EDOM);
  permit.success();
  CHECK(errno == EDOM);
  circuit.call([] {
    errno = ECONNREFUSED;
    return -1;
  });
  CHECK(errno == ECONNREFUSED);
  CHECK(circuit.state() == State::open);
  CHECK(circuit.call([] { return 1; }, 2) == 2);
  CHECK(errno == ECONNREFUSED);
}

TEST_CASE("errno is what the function of a call left there, whatever a classifier does") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, failing_on([](int status) {
                           errno = ENOENT;
                           return status < 0;
                         })};

  circuit.call([] {
    errno = ECONNREFUSED;
    return -1;
  });

  CHECK(errno == ECONNREFUSED);
  CHECK(circuit.state() == State::open);
}

TEST_CASE("errno stays where a permit is settled by a result") {
  struct Careless {
    Judgement on_result(int) const {
      errno = ENOENT;
      return Verdict::failure;
    }
    Judgement on_exception(const std::exception_ptr&) const {
      errno = ENOENT;
      return Verdict::failure;
    }
  };
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}, Careless{}};

  errno = ECONNREFUSED;
  circuit.try_acquire().settle_by(-1);
  CHECK(errno == ECONNREFUSED);
  circuit.try_acquire().settle_by(std::make_exception_ptr(-1));
  CHECK(errno == ECONNREFUSED);
  CHECK(circuit.state() == State::open);
}

#if defined(_WIN32)
TEST_CASE("GetLastError is what the function of a call left there, whatever a listener does") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1},
                         [](const Transition&) { SetLastError(2); },
                         failing_on([](int status) { return status < 0; })};

  circuit.call([] {
    SetLastError(5);
    return -1;
  });

  CHECK(circuit.state() == State::open);
  CHECK(GetLastError() == 5);
}
#endif

TEST_CASE("a listener may have a function named record, as a policy has") {
  struct Metrics {
    std::string* heard;
    void operator()(const Transition&) { record("transition"); }
    void record(const char* what) const { *heard += what; }
  };
  std::string heard;
  CircuitBreaker circuit{Config{}, Metrics{&heard}};

  circuit.trip();

  CHECK(heard == "transition");
}

TEST_CASE("a listener is found by its type") {
  std::string heard;
  const Listeners both{Named{'a', &heard}, CallsOnly{.heard = &heard}};

  CHECK(both.get<Named>().name == 'a');
  CHECK(both.get<CallsOnly>().heard == &heard);
}

TEST_CASE("several listeners want the clock as often as the one that wants it most") {
  STATIC_REQUIRE(Listeners<Named, CallsOnly>::clock_use == ClockUse::both_ends);
  STATIC_REQUIRE(Listeners<CallsOnly, Named>::clock_use == ClockUse::both_ends);
  STATIC_REQUIRE(Listeners<Named, Throwing>::clock_use == ClockUse::none);
}

TEST_CASE("what nobody hears is not told") {
  STATIC_REQUIRE_FALSE(detail::hears_settled<NoListener>);
  STATIC_REQUIRE_FALSE(detail::hears_transitions<CallsOnly>);
  STATIC_REQUIRE(detail::hears_settled<Listeners<Named, CallsOnly>>);
  STATIC_REQUIRE(detail::hears_admitted<Listeners<CallsOnly, Named>>);
  STATIC_REQUIRE(detail::hears_refused<Listeners<Named, CallsOnly>>);
  STATIC_REQUIRE_FALSE(detail::hears_settled<Listeners<Named, Throwing>>);
}
