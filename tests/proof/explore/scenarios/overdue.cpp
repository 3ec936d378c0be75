// Scenarios: calls that hang, while others end and arrive. Limits are an hour, and the clock moves by two.
#include <array>
#include <cstddef>

#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::Config;
using breaker::Numbers;
using breaker::Overdue;
using breaker::Settled;

/// A circuit that trips while `calls` calls are overdue, and how often it did.
struct Watch {
  using Circuit = breaker::CircuitBreaker<Clock, Overdue<4>>;
  using Permit = Circuit::Permit;

  explicit Watch(int count)
      : circuit{Config{.open_for = 24h}, Overdue<4>{{.limit = 1h, .calls = count}}, clock} {}

  [[nodiscard]] bool is_open() const { return circuit.state() == State::open; }
  [[nodiscard]] auto transitions() const { return circuit.snapshot().transitions; }

  Clock::Time time;
  Clock clock{time};
  Circuit circuit;
  std::array<Permit, 5> calls;
};

Watch& make_watch(Run& run, int calls, std::size_t hanging) {
  auto& w = run.make<Watch>(calls);
  for (std::size_t i = 0; i < hanging; ++i) w.calls[i] = w.circuit.try_acquire();
  w.clock.advance(2h);
  return w;
}

// Either the call had ended when the other arrived, or it was overdue then, and ends late.
void a_settle_against_an_arrival(Run& run) {
  auto& w = make_watch(run, 1, 1);
  run.thread([&run, &w] {
    const Settled settled = w.calls[0].success();
    run.check(settled == Settled::counted || w.is_open(),
              "a call was stale, and nothing had opened");
  });
  run.thread([&run, &w] {
    w.calls[1] = w.circuit.try_acquire();
    run.check(static_cast<bool>(w.calls[1]) != w.is_open(), "it opened for another arrival");
  });
  run.finally([&run, &w] {
    run.check(w.transitions() == (w.is_open() ? 1U : 0U), "it opened more than once");
    if (w.is_open()) return;
    run.check(w.circuit.numbers() == Numbers{{0, 1}}, "a place was lost, or kept");
    w.clock.advance(2h);
    run.check(!w.circuit.try_acquire(), "a call that hangs was not seen");
  });
}

// Two hang, one of them ends: one is left, and that is below the limit, whoever looks at whichever time.
void a_settle_frees_no_place_of_another(Run& run) {
  auto& w = make_watch(run, 2, 1);
  run.thread([&run, &w] {
    auto short_call = w.circuit.try_acquire();
    run.check(static_cast<bool>(short_call), "one overdue call opened what two should");
    short_call.success();
  });
  run.thread([&w] {
    w.calls[1] = w.circuit.try_acquire();
    w.calls[1].success();
  });
  run.finally([&run, &w] {
    run.check(w.circuit.numbers() == Numbers{{1, 1}}, "a place was lost, or kept");
  });
}

// Calls that begin at the same time in equal places, each with its own.
void two_arrive_at_once(Run& run) {
  auto& w = make_watch(run, 2, 0);
  for (std::size_t i = 0; i < 2; ++i) run.thread([&w, i] { w.calls[i] = w.circuit.try_acquire(); });
  run.thread([&w] { w.circuit.try_acquire().ignore(); });
  run.finally([&run, &w] {
    run.check(w.circuit.numbers() == Numbers{{0, 2}}, "two calls have one place");
    w.clock.advance(2h);
    run.check(w.circuit.check(), "calls that hang were not seen");
  });
}

// One arrives, and a timer looks: one of them opens.
void a_check_against_an_arrival(Run& run) {
  auto& w = make_watch(run, 1, 1);
  auto& opened = run.make<bool>();
  run.thread([&run, &w] {
    w.calls[1] = w.circuit.try_acquire();
    run.check(!w.calls[1], "a call arrived where one was overdue, and got in");
  });
  run.thread([&w, &opened] { opened = w.circuit.check(); });
  run.finally([&run, &w, &opened] {
    run.check(w.transitions() == 1, "it opened more than once");
    run.check(!opened || w.is_open(), "check() says that it opened what is closed");
  });
}

// A call of an earlier stay that comes late takes no place from the four of this stay.
void a_reset_against_arrivals(Run& run) {
  auto& w = make_watch(run, 2, 0);
  run.thread([&w] { w.calls[0] = w.circuit.try_acquire(); });
  run.thread([&w] {
    w.circuit.reset();
    for (std::size_t i = 1; i < 5; ++i) w.calls[i] = w.circuit.try_acquire();
  });
  run.finally([&run, &w] {
    run.check(w.circuit.numbers() == Numbers{{0, 4}}, "a call of this stay is not watched");
    for (auto& call : w.calls) call.success();
    run.check(w.circuit.numbers() == Numbers{}, "a call of this stay is watched for ever");
  });
}

// What a thread noted, to look again later, hides nobody.
void what_was_noted_against_an_arrival(Run& run) {
  auto& w = make_watch(run, 2, 1);
  run.thread([&w] { w.calls[1] = w.circuit.try_acquire(); });
  run.thread([&w] { w.circuit.try_acquire().success(); });
  run.finally([&run, &w] {
    run.check(!w.is_open(), "one overdue call opened what two should");
    w.clock.advance(2h);
    run.check(!w.circuit.try_acquire(), "calls that hang were not seen");
  });
}

// Whichever settings it is that an arrival is judged by: in the end the new ones.
void new_settings_against_an_arrival(Run& run) {
  auto& w = make_watch(run, 2, 1);
  run.thread([&w] { w.calls[1] = w.circuit.try_acquire(); });
  run.thread([&w] { w.circuit.reconfigure({}, Overdue<4>{{.limit = 30min, .calls = 1}}); });
  run.finally([&run, &w] {
    run.check(w.is_open() || !w.circuit.try_acquire(), "a call that hangs was not seen");
  });
}

const Scenarios overdue{
    {"overdue: a settle against an arrival that finds it", a_settle_against_an_arrival},
    {"overdue: short calls beside one that hangs", a_settle_frees_no_place_of_another, 1},
    {"overdue: two calls arrive at once", two_arrive_at_once, 1},
    {"overdue: a check against an arrival", a_check_against_an_arrival, 1},
    {"overdue: a reset against arrivals", a_reset_against_arrivals, 1},
    {"overdue: what was noted against an arrival", what_was_noted_against_an_arrival, 1},
    {"overdue: new settings against an arrival", new_settings_against_an_arrival, 1},
};

}  // namespace

}  // namespace explore
