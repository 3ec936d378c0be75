// One turn on circuits that other builds of this program share: each finds what the one before left, and does
// the next step.
// Usage: turn <path> <number of the turn>
#include <breaker/breaker.hpp>
#include <breaker/shared_memory.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace std::chrono_literals;
using namespace breaker::literals;

namespace {

int wrong = 0;

void expect(bool holds, const std::string& path, const char* what) {
  if (holds) return;
  std::printf("%s: wrong: %s\n", path.c_str(), what);
  ++wrong;
}

/// Four failures, then the one that opens, then a look, then a reset: a turn each.
template <class... Parts>
void take_turn(const std::string& path, unsigned turn, const Parts&... parts) {
  const breaker::SharedSettings settings{.capacity = 50,
                                         .config = {.open_for = 30s, .probe_lease = 1s}};
  breaker::SharedCircuits circuits{path.c_str(), settings, parts...};
  auto& circuit = circuits.of("payments.example");
  const unsigned step = turn % 7;
  expect(circuit.name() == "payments.example", path, "the name");
  expect(circuits.size() == (turn == 0 ? 1 : turn + 1), path, "how many keys there are");
  for (unsigned i = 0; i < turn; ++i)
    expect(circuits.find("turn " + std::to_string(i)) != nullptr, path, "a key of another turn");
  circuits.of("turn " + std::to_string(turn));
  if (step < 5) {
    expect(circuit.state() == breaker::State::closed, path, "closed");
    expect(circuit.numbers().at[0] == step, path, "failures before");
    circuit.try_acquire().failure();
  } else {
    const breaker::Transition last = circuit.why();
    expect(circuit.state() == breaker::State::open, path, "open");
    expect(last.reason == breaker::Reason::policy && last.numbers.at[0] == 5, path,
           "why it opened");
    expect(last.open_for == 30s, path, "for how long");
    expect(!circuit.try_acquire(), path, "a refusal");
    if (step == 6) circuit.reset();
  }
  std::printf("%zu ", sizeof circuit);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string path = argv[1];
  const auto turn = static_cast<unsigned>(std::atoi(argv[2]));
  take_turn(path + ".row", turn, breaker::ConsecutiveFailures{5});
  take_turn(path + ".last", turn,
            breaker::FailureRate{breaker::last_calls<5000>(), {100_percent, 5}});
  take_turn(path + ".time", turn,
            breaker::FailureRate{breaker::within<10, 4>(1h), {100_percent, 5}},
            breaker::CoarseClock{});
  take_turn(
      path + ".slow", turn,
      breaker::any_of(breaker::FailureCount{5, breaker::within(1h)},
                      breaker::SlowCallRate{breaker::last_calls<100>(), {1s, 50_percent, 10}}),
      breaker::ignoring<int>().up_to(1s));
  take_turn(path + ".counted", turn,
            breaker::Listeners{breaker::Counters{}, breaker::TimedCounters<3>{}},
            breaker::ConsecutiveFailures{5});
  std::printf("bytes a circuit\n");
  return wrong == 0 ? 0 : 1;
}
