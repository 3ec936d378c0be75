// A fleet of any size in simulated time: the shipping circuits and agents, on a store in memory. A fifth of the nodes make 100
// calls a second, the others 5; 1 % of calls fail while all is well; a circuit opens after 5 failures in a row, for 5 s.
//   simulate [NODES…]    default: 10 100 1000
// Prints a table, as in GUIDE.md, and fails if what a fleet must reach is not reached.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "support/fleet.hpp"

namespace {

using namespace breaker;
using namespace std::chrono_literals;
using fleet_test::Node;

constexpr int before = 5'000;  // ms; all is well
constexpr int shortest_outage =
    30'000;  // each second up to 4 s more is tried: when the next probe comes is chance
constexpr int runs = 5;
constexpr int after = 15'000;
constexpr int turn = 25;

struct Setting {
  int nodes;
  bool has_fleet;
  int sick = 0;                 // so many nodes fail all their calls, from `before` on
  bool is_backend_dead = true;  // from `before` on
  int run = 0;                  // 0 to runs - 1
};

struct Result {
  long doomed = 0;             // calls let through to the dead backend
  long probes = 0;             // of those, by circuits that had opened
  int last_open = 0;           // ms after the backend died
  int most_closed = 0;         // ms after it came back: when 90 % of the circuits were closed
  int opened = 0;              // nodes that are not sick and opened
  std::uint64_t commands = 0;  // in all
  std::uint64_t peak = 0;      // in one second
  std::uint64_t idle = 0;      // while all was well, after the first second
};

class Simulation {
 public:
  explicit Simulation(const Setting& setting)
      : setting_{setting},
        size_{static_cast<std::size_t>(setting.nodes)},
        fleet_{setting.nodes, Config{.open_for = 5s}},
        opened_at_(size_, -1),
        calls_(wheel),
        turns_(turn) {
    for (std::size_t i = 0; i < size_; ++i) {
      schedule(i, 0);
      turns_[random_() % turn].push_back(i);
    }
  }

  Result run() {
    std::uint64_t commands_then = 0;
    for (now_ = 0; now_ < before + outage_ + after; ++now_) {
      fleet_.clock.advance(1ms);
      const auto due = std::exchange(calls_[static_cast<std::size_t>(now_) % wheel], {});
      for (const std::size_t i : due) {
        call(i);
        schedule(i, now_);
      }
      if (setting_.has_fleet) {
        for (const std::size_t i : turns_[static_cast<std::size_t>(now_ % turn)]) {
          fleet_[i].agent.step();
          note_open(i);
        }
      }
      if (now_ % 1000 == 999) {
        const std::uint64_t commands = fleet_.hub.commands();
        if (now_ > 2500 && now_ < before) result_.idle += commands - commands_then;
        if (now_ > before) result_.peak = std::max(result_.peak, commands - commands_then);
        commands_then = commands;
        if (now_ == before - 1) result_.commands = commands;
      }
      if (now_ >= before + outage_ && result_.most_closed == 0 && now_ % 10 == 0)
        look_for_recovery();
    }
    result_.commands = fleet_.hub.commands() - result_.commands;
    for (std::size_t i = static_cast<std::size_t>(setting_.sick); i < size_; ++i)
      result_.opened += opened_at_[i] >= 0 ? 1 : 0;
    return result_;
  }

 private:
  static constexpr std::size_t wheel = 8192;  // ms; longer gaps are cut to that

  void schedule(std::size_t i, int now) {
    const double rate = i % 5 == 0 ? 100 : 5;
    const double gap = std::exponential_distribution<>{rate / 1000}(random_);
    const int next = now + std::clamp(static_cast<int>(gap + 0.5), 1, static_cast<int>(wheel) - 1);
    calls_[static_cast<std::size_t>(next) % wheel].push_back(i);
  }

  void call(std::size_t i) {
    const bool is_down = now_ >= before && now_ < before + outage_;
    const bool is_doomed = is_down && setting_.is_backend_dead;
    const bool is_sick = is_down && i < static_cast<std::size_t>(setting_.sick);
    auto& circuit = fleet_[i].circuit;
    const bool was_closed = circuit.state() == State::closed;
    const bool fails = is_doomed || is_sick || random_() % 100 == 0;
    if (!fleet_[i].call(!fails)) return;
    if (is_doomed) ++result_.doomed;
    if (is_doomed && !was_closed) ++result_.probes;
    note_open(i);
  }

  void note_open(std::size_t i) {
    const bool is_down = now_ >= before && now_ < before + outage_;
    if (!is_down || opened_at_[i] >= 0 || fleet_[i].circuit.state() == State::closed) return;
    opened_at_[i] = now_;
    result_.last_open = now_ - before;
  }

  void look_for_recovery() {
    std::size_t closed = 0;
    for (Node& node : fleet_.nodes) closed += node.circuit.state() == State::closed ? 1 : 0;
    if (closed * 10 >= size_ * 9) result_.most_closed = now_ - before - outage_;
  }

  const Setting setting_;
  const std::size_t size_;
  const int outage_ = shortest_outage + 1000 * (setting_.run % runs);
  fleet_test::Fleet fleet_;
  std::vector<int> opened_at_;
  std::vector<std::vector<std::size_t>> calls_;  // by ms
  std::vector<std::vector<std::size_t>> turns_;
  std::mt19937 random_{20'261'128u + static_cast<unsigned>(setting_.run)};
  int now_ = 0;
  Result result_;
};

/// **Returns** the mean of all runs, but the worst of idle and peak.
Result simulate(Setting setting) {
  Result sum;
  for (setting.run = 0; setting.run < runs; ++setting.run) {
    const Result one = std::make_unique<Simulation>(setting)->run();
    sum.doomed += one.doomed;
    sum.probes += one.probes;
    sum.last_open += one.last_open;
    sum.most_closed += one.most_closed;
    sum.opened += one.opened;
    sum.commands += one.commands;
    sum.peak = std::max(sum.peak, one.peak);
    sum.idle = std::max(sum.idle, one.idle);
  }
  sum.doomed /= runs;
  sum.probes /= runs;
  sum.commands /= runs;
  return sum;
}

int broken = 0;
void must(bool holds, const char* what) {
  if (holds) return;
  std::printf("  BROKEN: %s\n", what);
  ++broken;
}

void outages(int nodes) {
  const Result alone = simulate({.nodes = nodes, .has_fleet = false});
  const Result fleet = simulate({.nodes = nodes, .has_fleet = true});
  std::printf(
      "| %d | %ld → %ld | %.1f → %.1f s | %ld → %ld | %.1f → %.1f s | %llu, %llu |\n", nodes,
      alone.doomed, fleet.doomed, alone.last_open / 1e3 / runs, fleet.last_open / 1e3 / runs,
      alone.probes, fleet.probes, alone.most_closed / 1e3 / runs, fleet.most_closed / 1e3 / runs,
      static_cast<unsigned long long>(fleet.commands), static_cast<unsigned long long>(fleet.peak));
  std::fflush(stdout);
  must(fleet.doomed * 2 <= alone.doomed, "no more than half of the doomed calls");
  must(fleet.probes <= shortest_outage / 5000 + 1, "one probe in an open wait");
  must(fleet.most_closed > 0 && fleet.most_closed * 2 <= alone.most_closed * 3,
       "a recovery that takes half as long again as alone at most");
  must(fleet.idle == 0, "no commands while all is well");
  must(fleet.peak <= 10'000, "10 000 commands a second at most");
}

/// **Returns** how many healthy nodes open beside `sick` ones: the mean of the runs, alone or in a fleet.
double mean_opened(int nodes, int sick, bool has_fleet) {
  std::vector<int> opened;
  Setting setting{.nodes = nodes, .has_fleet = has_fleet, .sick = sick, .is_backend_dead = false};
  for (setting.run = 0; setting.run < 3 * runs; ++setting.run)
    opened.push_back(std::make_unique<Simulation>(setting)->run().opened);
  const auto [least, most] = std::minmax_element(opened.begin(), opened.end());
  const double mean = std::accumulate(opened.begin(), opened.end(), 0.0) / (3 * runs);
  std::printf("%d sick of %d, %s: healthy nodes that open in half a minute: %d to %d, mean %.1f\n",
              sick, nodes, has_fleet ? "in a fleet" : "alone", *least, *most, mean);
  std::fflush(stdout);
  return mean;
}

void sick_nodes() {
  const auto more = [](int nodes, int sick) {
    return mean_opened(nodes, sick, true) - mean_opened(nodes, sick, false);
  };
  must(more(12, 1) <= 0, "one sick node of 12 opens none");
  must(more(100, 1) <= 0, "one sick node of 100 opens none");
  must(more(100, 2) <= 2, "two sick nodes of 100 open two at most");
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<int> sizes;
  for (int i = 1; i < count; ++i) sizes.push_back(std::atoi(arguments[i]));
  if (sizes.empty()) sizes = {10, 100, 1000};
  std::puts(
      "| nodes | doomed calls | last circuit open | probes while down | 90 % closed again | "
      "commands: all, most in 1 s |");
  std::puts("|---|---|---|---|---|---|");
  for (const int size : sizes) outages(size);
  sick_nodes();
  return broken == 0 ? 0 : 1;
}
