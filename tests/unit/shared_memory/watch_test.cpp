// A listener in one process for a circuit that others move.
#include "breaker/shared_memory/watch.hpp"

#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/shared_memory.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/shared_path.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

struct Heard {
  std::vector<Transition>* transitions;
  void operator()(const Transition& transition) const { transitions->push_back(transition); }
};

}  // namespace

TEST_CASE("a watch tells what another process did, once") {
  const SharedPath path;
  SharedCircuits circuits{path.c_str(), SharedSettings{.capacity = 1}, ConsecutiveFailures{2}};
  std::vector<Transition> heard;
  Watch watch{circuits.of("payments"), Heard{&heard}};
  watch.look();
  CHECK(heard.empty());

  in_child([&] {
    circuits.of("payments").try_acquire().failure();
    circuits.of("payments").try_acquire().failure();
    return 0;
  });
  watch.look();
  watch.look();

  REQUIRE(heard.size() == 1);
  CHECK(heard[0] == circuits.of("payments").why());
  CHECK(heard[0].reason == Reason::policy);
  CHECK(heard[0].numbers.at[0] == 2);
  CHECK(watch.missed() == 0);
}

TEST_CASE("a watch tells the last of several transitions, and counts the others") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, clock};
  circuit.trip();
  std::vector<Transition> heard;
  Watch watch{circuit, Heard{&heard}};
  watch.look();
  CHECK(heard.empty());  // it was before

  for (int i = 0; i < 10; ++i) circuit.reset();
  watch.look();
  circuit.force_open();
  watch.look();

  REQUIRE(heard.size() == 2);
  CHECK(heard[0].reason == Reason::reset);
  CHECK(heard[1].reason == Reason::forced_open);
  CHECK(heard[1].generation == heard[0].generation + 1);
  CHECK(watch.missed() == 9);
}

TEST_CASE("a watch counts through the end of the generations") {
  CircuitBreaker circuit;
  constexpr std::uint64_t last = (std::uint64_t{1} << 21) - 1;
  for (std::uint64_t i = 0; i < last; ++i) circuit.reset();
  std::vector<Transition> heard;
  Watch watch{circuit, Heard{&heard}};

  circuit.force_open();
  watch.look();
  circuit.reset();
  circuit.force_open();
  watch.look();

  REQUIRE(heard.size() == 2);
  CHECK(heard[0].generation == 0);
  CHECK(heard[1].generation == 2);
  CHECK(watch.missed() == 1);
}

TEST_CASE("a watch tells a renewed recovery as a lost probe") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s, .probe_lease = 1s}, ConsecutiveFailures{1}, clock};
  std::vector<Transition> heard;
  Watch watch{circuit, Heard{&heard}};
  circuit.trip();
  clock.advance(11s);
  auto lost = circuit.try_acquire();
  watch.look();
  clock.advance(2s);
  auto probe = circuit.try_acquire();
  watch.look();
  probe.success();
  watch.look();
  lost.ignore();

  REQUIRE(heard.size() == 3);
  CHECK(heard[0].reason == Reason::wait_over);
  CHECK(heard[1].reason == Reason::probe_lost);
  CHECK(heard[1].from == State::half_open);
  CHECK(heard[2].reason == Reason::probes_succeeded);
  CHECK(watch.missed() == 1);
}

TEST_CASE("a watch tells a recovery that follows another one as one of its own") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s}, ConsecutiveFailures{1}, clock};
  std::vector<Transition> heard;
  Watch watch{circuit, Heard{&heard}};
  for (int recovery = 0; recovery < 2; ++recovery) {
    circuit.trip();
    clock.advance(11s);
    auto probe = circuit.try_acquire();
    watch.look();
    probe.failure();
  }

  REQUIRE(heard.size() == 2);
  CHECK(heard[1].reason == Reason::wait_over);
  CHECK(heard[1].from == State::open);
  CHECK(heard[1].generation == heard[0].generation + 2);
}

TEST_CASE("who was killed before telling is known by the second look") {
  CircuitBreaker circuit;
  std::vector<Transition> heard;
  Watch watch{circuit, Heard{&heard}};
  // As a process leaves it that dies between its exchange and what it would have kept.
  const auto forced = static_cast<detail::Word>(State::forced_open) | 1U << 3;
  detail::Peek::at(circuit).machine.word.store(forced);

  watch.look();
  CHECK(heard.empty());
  watch.look();
  watch.look();

  REQUIRE(heard.size() == 1);
  CHECK(heard[0].from == State::closed);
  CHECK(heard[0].to == State::forced_open);
  CHECK(heard[0].reason == Reason::none);
  CHECK(heard[0].generation == 1);
  CHECK_FALSE(heard[0].has_numbers);
  circuit.reset();
  watch.look();
  REQUIRE(heard.size() == 2);
  CHECK(heard[1].reason == Reason::reset);
  CHECK(heard[1].generation == 2);
  CHECK(watch.missed() == 0);
}
