// The traffic of memory that calls cause: the shipping headers over atomics that write down what each call does to which
// line, replayed on cores with caches of their own.
//
//   breaker_bench_traffic locked                             how many instructions of a call lock a line, in each case
//   breaker_bench_traffic cores [locked_ns [transfer_ns]]    million calls a second in total, on 1 to 16 cores, as JSON
#include <cstdio>
#include <cstdlib>
#include <queue>
#include <string_view>
#include <vector>

#include "traffic/caches.hpp"
#include "traffic/cases.hpp"

namespace {

using namespace traffic;

/// **Returns** what one call by `by` does to the circuit's memory.
std::vector<Access> trace(const Case& subject, unsigned by, bench::Dice& dice) {
  core = by;
  written.clear();
  subject.once(dice);
  std::erase_if(written, [&](const Access& access) { return !subject.holds(access.address); });
  return written;
}

/// Print how often a call locks, on average, when no other core is there.
void print_locked() {
  constexpr int calls = 10'000;
  for (const Case& subject : all_cases()) {
    bench::Dice dice{1};
    int locked = 0;
    for (int i = 0; i < calls; ++i) {
      for (const Access& access : trace(subject, 0, dice)) locked += access.kind == Kind::locked;
    }
    std::printf("%-28s %.2f\n", subject.name.c_str(), static_cast<double>(locked) / calls);
  }
}

/// A core in the middle of a call.
struct Core {
  bench::Dice dice;
  std::vector<Access> call;
  std::size_t done = 0;
};

struct Turn {
  double at;
  unsigned core;
  bool operator>(const Turn& other) const {
    return at != other.at ? at > other.at : core > other.core;
  }
};

struct Replay {
  double calls_per_us;
  double transfers_per_call;
};

/// Let `count` cores call, each as soon as its last call is over, access by access in order of time.
Replay replay(const Case& subject, unsigned count, const Costs& costs) {
  constexpr int calls = 40'000;
  Caches caches{costs};
  std::vector<Core> cores;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns;
  for (unsigned i = 0; i < count; ++i) {
    cores.push_back({bench::Dice{i + 1}, {}, 0});
    turns.push({0, i});
  }
  double now = 0;
  for (int ended = 0; ended < calls;) {
    const Turn turn = turns.top();
    turns.pop();
    now = turn.at;
    Core& own = cores[turn.core];
    if (own.done < own.call.size()) {
      turns.push({caches.access(turn.core, own.call[own.done++], now), turn.core});
      continue;
    }
    ++ended;
    own.call = trace(subject, turn.core, own.dice);
    own.done = 0;
    turns.push({now + costs.call, turn.core});
  }
  return {calls / now * 1000, static_cast<double>(caches.transfers()) / calls};
}

void print_cores(const Costs& costs) {
  std::printf("{\"locked\": %g, \"transfer\": %g, \"cases\": {", costs.locked, costs.transfer);
  const char* comma = "";
  for (const Case& subject : all_cases()) {
    std::printf("%s\n\"%s\": [", comma, subject.name.c_str());
    comma = ",";
    for (const unsigned cores : {1U, 2U, 4U, 8U, 16U}) {
      const Replay found = replay(subject, cores, costs);
      std::printf("%s{\"cores\": %u, \"rate\": %.4g, \"transfers\": %.3g}", cores == 1 ? "" : ", ",
                  cores, found.calls_per_us, found.transfers_per_call);
    }
    std::printf("]");
  }
  std::printf("}}\n");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "locked") {
    print_locked();
    return 0;
  }
  Costs costs;
  if (argc > 2) costs.locked = std::atof(argv[2]);
  if (argc > 3) costs.transfer = std::atof(argv[3]);
  if (what == "cores") print_cores(costs);
  return what == "cores" ? 0 : 2;
}
