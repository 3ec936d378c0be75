// Random operations on the shipping headers and on a naive reference, compared after each step.
//   model_test [--operations N] [--seed N] [--only TEXT] [--trace HEX]
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "proof/model/check.hpp"
#include "proof/model/circuits.hpp"
#include "proof/model/crash.hpp"

namespace {

using namespace model;
using Number = unsigned long long;  // as printf has it

/// **Returns** the trace of `seed`, on circuit `kind`.
Bytes trace_of(std::uint64_t seed, std::size_t kind) {
  std::mt19937_64 random{seed * 64 + kind};
  Bytes trace(setup_size + (20 + static_cast<std::size_t>(random() % 180)) * operation_size);
  for (std::size_t i = 0; i < trace.size(); i += 8) {
    const std::uint64_t word = random();
    for (std::size_t j = 0; j < 8 && i + j < trace.size(); ++j)
      trace[i + j] = static_cast<std::uint8_t>(word >> (8 * j));
  }
  trace[0] = static_cast<std::uint8_t>(kind);
  return trace;
}

/// Of one kind of circuit.
struct Tested {
  std::size_t kind;
  Work work{};
  std::set<std::string> setups{};  // the first thousand
};

/// Run the trace of `seed`. **Returns** whether all is well.
bool run(Tested& tested, std::uint64_t seed) {
  const Bytes trace = trace_of(seed, tested.kind);
  begin_trace(trace);
  const Setup setup = setup_of(trace);
  if (tested.setups.size() < 1000) tested.setups.insert(to_text(setup));
  const auto what = difference(trace, tested.work);
  const bool jitters = setup.config.open_for.backoff().jitter.part() > 0;
  const bool repeats = what || !jitters || seed % 16 != 0 || repeats_itself(trace);
  if (!what && repeats) return true;
  std::printf("FAILED %s, --seed %llu: %s\n", circuit_kind(tested.kind).name, Number{seed},
              what ? what->c_str() : "run again, it tells of other transitions");
  const std::string text = what ? explained_shortly(trace) : "Again with --trace " + to_hex(trace);
  std::printf("%s\n", text.c_str());
  return false;
}

/// Prints a finding if `ok` is not. **Returns** it.
bool require(bool ok, const char* what) {
  if (!ok) std::printf("FAILED: %s\n", what);
  return ok;
}

/// **Returns** how many of the looks at evidence left room, in percent.
double inexact_share(const Work& work) {
  return 100.0 * static_cast<double>(work.inexact_looks) /
         static_cast<double>(std::max<std::uint64_t>(work.operations, 1));
}

/// What random traces must have come by, and how often. **Returns** whether they have.
bool covers_enough(const std::vector<Tested>& all, const Work& work, std::uint64_t operations,
                   std::uint64_t least) {
  // A run that a sanitizer or an emulator slows down is shorter.
  const std::uint64_t enough = std::min<std::uint64_t>(1000, operations / 25'000);
  bool policies = true;
  bool setups = true;
  for (const Tested& tested : all) {
    const auto trips = tested.work.edges.find({State::closed, State::open, Reason::policy});
    policies &= trips != tested.work.edges.end() && trips->second >= enough;
    setups &= tested.setups.size() >= 6;
  }
  std::uint64_t draws = 0;
  for (const std::uint64_t times : work.draws) draws += times;
  bool ok =
      require(least >= enough,
              "a transition was seen fewer than 1000 times, or than once in 25 000 operations");
  ok &= require(std::ranges::min(work.reconfigured) >= enough,
                "new settings seldom kept evidence or a wait, or seldom did not");
  ok &=
      require(policies,
              "a kind of policy tripped fewer than 1000 times, or than once in 25 000 operations");
  ok &= require(setups, "a kind of circuit was made in fewer than 6 ways");
  ok &= require(draws >= 100 && 16 * std::min(work.draws.front(), work.draws.back()) >= draws,
                "jitter seldom draws short waits, or long ones");
  return ok;
}

int run_all(std::uint64_t operations, std::uint64_t seed, const std::string& only) {
  std::vector<Tested> all;
  for (std::size_t kind = 0; kind < circuit_kinds(); ++kind) {
    if (std::string{circuit_kind(kind).name}.find(only) != std::string::npos)
      all.push_back(Tested{.kind = kind});
  }
  // The kinds take turns, so that a mistake that all show is found soon.
  std::uint64_t traces = 0;
  bool goes_on = true;
  for (std::uint64_t i = 0; goes_on; ++i) {
    goes_on = false;
    for (Tested& tested : all) {
      if (tested.work.operations >= operations / circuit_kinds()) continue;
      if (!run(tested, seed + i)) return 1;
      goes_on = true;
      ++traces;
    }
  }

  Work work;
  std::size_t setups = 0;
  bool is_exact = true;
  for (const Tested& tested : all) {
    const double inexact = inexact_share(tested.work);
    std::printf("%-55s %9llu operations, %4zu configurations, %4.1f %% of the looks left room\n",
                circuit_kind(tested.kind).name, Number{tested.work.operations},
                tested.setups.size(), inexact);
    is_exact &= inexact <= 20;
    work += tested.work;
    setups += tested.setups.size();
  }
  Edges::key_type rarest;
  std::uint64_t least = ~std::uint64_t{0};
  for (const auto& edge : all_edges()) {
    const auto& [from, to, reason] = edge;
    const std::uint64_t times = work.edges[edge];
    std::printf("  %-11s -> %-11s %-16s %9llu\n", to_string(from), to_string(to), to_string(reason),
                Number{times});
    if (times < least) rarest = edge, least = times;
  }
  const double inexact = inexact_share(work);
  std::printf("%.1f %% of the looks at evidence left room\n", inexact);
  std::printf(
      "reconfigured: %llu times evidence and wait kept, %llu evidence cleared, %llu the wait cut, "
      "%llu both\n",
      Number{work.reconfigured[0]}, Number{work.reconfigured[1]}, Number{work.reconfigured[2]},
      Number{work.reconfigured[3]});

  bool ok = require(!all.empty(), "no circuit of this name");
  ok &= require(work.edges.size() == all_edges().size(), "there were transitions that must not be");
  ok &= require(inexact <= 15, "more than 15 % of the looks at evidence left room");
  ok &= require(is_exact, "of one kind of circuit more than 20 % did");
  if (only.empty() && operations >= 5'000'000) ok &= covers_enough(all, work, operations, least);
  if (!ok) return 1;
  const auto& [from, to, reason] = rarest;
  std::printf(
      "%llu operations in %llu traces on %zu kinds of circuits in %zu configurations or more agree "
      "with the reference; the transition travelled least, %s -> %s (%s), came up %llu times; "
      "seed %llu.\n",
      Number{work.operations}, Number{traces}, all.size(), setups, to_string(from), to_string(to),
      to_string(reason), Number{least}, Number{seed});
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t operations = 20'000'000;
  std::uint64_t seed = 1;
  std::string only;
  std::string trace;
  CLI::App app{"Compares circuits with a naive reference"};
  app.add_option("--operations", operations, "How many, over all circuits")->capture_default_str();
  app.add_option("--seed", seed, "Of the first trace; the next have the next ones")
      ->capture_default_str();
  app.add_option("--only", only, "Circuits whose name contains this");
  app.add_option("--trace", trace, "Run this one, as printed by a failure");
  CLI11_PARSE(app, count, arguments);

  tell_of_crashes();
  if (trace.empty()) return run_all(operations, seed, only);
  const Bytes bytes = from_hex(trace);
  begin_trace(bytes);
  std::fputs(explained(bytes).c_str(), stdout);
  Work work;
  return difference(bytes, work) ? 1 : 0;
}
