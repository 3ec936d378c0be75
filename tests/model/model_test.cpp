// Random operations on the shipping headers and on a naive reference, compared after each step.
//   model_test [--operations N] [--seed N] [--only TEXT] [--trace HEX]
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>
#include <set>
#include <string>

#include "model/check.hpp"
#include "model/circuits.hpp"

namespace {

using namespace model;

std::string to_hex(const Bytes& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(byte));
    text += two;
  }
  return text;
}

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 2 <= text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

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

int report(const Bytes& trace) {
  const Bytes least = shrunk(trace);
  std::printf("The shortest trace, again with --trace %s\n%s", to_hex(least).c_str(),
              explained(least).c_str());
  return 1;
}

/// Every transition that there is.
const std::set<Edges::key_type>& all_edges() {
  using enum State;
  static const std::set<Edges::key_type> all = {
      {closed, open, Reason::policy},
      {closed, open, Reason::tripped},
      {closed, forced_open, Reason::forced_open},
      {closed, disabled, Reason::disabled},
      {closed, closed, Reason::reset},
      {open, half_open, Reason::wait_over},
      {open, forced_open, Reason::forced_open},
      {open, disabled, Reason::disabled},
      {open, closed, Reason::reset},
      {half_open, closed, Reason::probes_succeeded},
      {half_open, open, Reason::probes_failed},
      {half_open, half_open, Reason::probe_lost},
      {half_open, open, Reason::tripped},
      {half_open, forced_open, Reason::forced_open},
      {half_open, disabled, Reason::disabled},
      {half_open, closed, Reason::reset},
      {forced_open, disabled, Reason::disabled},
      {forced_open, closed, Reason::reset},
      {disabled, forced_open, Reason::forced_open},
      {disabled, closed, Reason::reset},
  };
  return all;
}

/// **Returns** whether each transition was seen often enough, and no other.
bool covers_all_edges(const Edges& edges, std::uint64_t at_least) {
  bool all = true;
  for (const auto& edge : all_edges()) {
    const auto found = edges.find(edge);
    const std::uint64_t times = found == edges.end() ? 0 : found->second;
    std::printf("  %-11s -> %-11s %-16s %9llu\n", to_string(std::get<0>(edge)),
                to_string(std::get<1>(edge)), to_string(std::get<2>(edge)),
                static_cast<unsigned long long>(times));
    all = all && times >= at_least;
  }
  if (edges.size() > all_edges().size()) std::printf("  and others, that there must not be\n");
  return all && edges.size() == all_edges().size();
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

  if (!trace.empty()) {
    std::fputs(explained(from_hex(trace)).c_str(), stdout);
    Work work;
    return difference(from_hex(trace), work) ? 1 : 0;
  }

  Work all;
  std::uint64_t traces = 0;
  for (std::size_t kind = 0; kind < circuit_kinds(); ++kind) {
    const std::string name = circuit_kind(kind).name;
    if (name.find(only) == std::string::npos) continue;
    Work work;
    work.edges.swap(all.edges);
    work.inexact_looks = all.inexact_looks;
    std::set<Bytes> setups;
    for (std::uint64_t i = 0; work.operations < operations / circuit_kinds(); ++i, ++traces) {
      const Bytes bytes = trace_of(seed + i, kind);
      if (setups.size() < 1000) setups.insert({bytes.begin(), bytes.begin() + setup_size});
      if (const auto what = difference(bytes, work)) {
        std::printf("FAILED %s, --seed %llu: %s\n", name.c_str(),
                    static_cast<unsigned long long>(seed + i), what->c_str());
        return report(bytes);
      }
    }
    std::printf("%-55s %9llu operations, %4zu configurations\n", name.c_str(),
                static_cast<unsigned long long>(work.operations), setups.size());
    all.operations += work.operations;
    all.edges.swap(work.edges);
    all.inexact_looks = work.inexact_looks;
  }
  std::printf("%llu operations in %llu traces agree with the reference. Transitions:\n",
              static_cast<unsigned long long>(all.operations),
              static_cast<unsigned long long>(traces));
  const bool covered =
      covers_all_edges(all.edges, only.empty() && operations >= 1'000'000 ? 1000 : 0);
  if (!covered) std::printf("FAILED: some transition was seen fewer than 1000 times\n");
  const double inexact = 100.0 * static_cast<double>(all.inexact_looks) /
                         static_cast<double>(std::max<std::uint64_t>(all.operations, 1));
  std::printf("%.1f %% of the looks at evidence left room\n", inexact);
  if (inexact > 15) std::printf("FAILED: more than 15 %%\n");
  return covered && inexact <= 15 ? 0 : 1;
}
