// Explores the shipping headers: every scenario depth first up to two preemptions, then at random, then by priorities.
//   explore_headers [--random N] [--priorities N] [--only TEXT] [--part I/N] [--seed TEXT] [--preemptions N] [--limit N]
//   explore_headers --replay "SCENARIO" CHOICES
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/base/mix.hpp"
#include "proof/explore/scenarios.hpp"

namespace {

using namespace explore;

/// A part of the scenarios, every third, say: what takes long stands together, and is so shared out.
struct Part {
  std::size_t number = 1;
  std::size_t of = 1;
  [[nodiscard]] bool has(std::size_t index) const { return index % of == number - 1; }
};

/// **Returns** the part that `text` names, as in "1/3"; one of none if it names no part.
Part parse_part(const char* text) {
  Part part;
  const bool is_whole = std::sscanf(text, "%zu/%zu", &part.number, &part.of) == 2;
  return is_whole && part.number >= 1 && part.number <= part.of ? part : Part{0, 0};
}

struct Arguments {
  std::uint64_t random = 2'000;
  std::uint64_t priorities = 2'000;
  std::uint64_t limit = 3'000'000;
  int preemptions = 2;
  std::string only;
  Part part;
  std::string seed = "1";
  std::vector<int> replay;
};

std::vector<int> parse_choices(const std::string& text) {
  std::vector<int> choices;
  std::istringstream in{text};
  for (std::string item; std::getline(in, item, '.');) choices.push_back(std::atoi(item.c_str()));
  return choices;
}

std::string to_text(const std::vector<int>& choices) {
  std::string text;
  for (const int choice : choices) text += (text.empty() ? "" : ".") + std::to_string(choice);
  return text.empty() ? "0" : text;
}

using Count = unsigned long long;  // as printf knows it

/// How the executions of all scenarios were chosen, and how many there were.
struct Kind {
  Strategy strategy;
  const char* name;
  Count executions = 0;
};
Kind kinds[] = {{Strategy::depth_first, "all"},
                {Strategy::random, "random"},
                {Strategy::priorities, "priorities"},
                {Strategy::replay, "replayed"}};

/// **Returns** a seed of the scenario's own.
std::uint64_t seed_of(std::string_view seed, std::string_view scenario) {
  std::uint64_t sum = 0;
  for (const std::string_view text : {seed, scenario}) {
    for (const char letter : text)
      sum = breaker::detail::mix(sum ^ static_cast<unsigned char>(letter));
  }
  return sum;
}

void report(const NamedScenario& scenario, const Kind& kind, const Result& result, double seconds,
            const std::string& seed) {
  const Count count = result.executions;
  if (result.failure.empty()) {
    std::printf("  %-55s %-10s %9llu executions %s %.2f s", scenario.name.c_str(), kind.name, count,
                result.exhausted ? "(all)" : "     ", seconds);
    if (kind.strategy == Strategy::depth_first)
      std::printf(", at most %d old loads", scenario.stale_reads);
    std::printf("\n");
    return;
  }
  std::printf(
      "FAILED %s\n  %s\n  found (%s) after %llu executions, --seed %s; again with\n  --replay "
      "\"%s\" %s\n",
      scenario.name.c_str(), result.failure.c_str(), kind.name, count, seed.c_str(),
      scenario.name.c_str(), to_text(result.choices).c_str());
}

/// **Returns** whether the scenario holds.
bool run(const NamedScenario& scenario, Options options, const std::string& seed) {
  Kind& kind = kinds[static_cast<int>(options.strategy)];
  options.seed = seed_of(seed, scenario.name);
  const auto began = std::chrono::steady_clock::now();
  Result result = explore::explore(scenario.body, options);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  kind.executions += result.executions;
  if (kind.strategy == Strategy::depth_first && result.failure.empty() && !result.exhausted)
    result.failure = "not exhausted";
  report(scenario, kind, result, took.count(), seed);
  return result.failure.empty();
}

bool run_all_ways(const NamedScenario& scenario, const Arguments& arguments) {
  Options options;
  if (!arguments.replay.empty()) {
    options.strategy = Strategy::replay;
    options.replay = arguments.replay;
    return run(scenario, options, arguments.seed);
  }
  options.preemptions = arguments.preemptions;
  options.stale_reads = scenario.stale_reads;
  options.executions = arguments.limit;
  bool holds = run(scenario, options, arguments.seed);
  for (const auto& [strategy, executions] :
       {std::pair{Strategy::random, arguments.random},
        std::pair{Strategy::priorities, arguments.priorities}}) {
    options.strategy = strategy;
    options.executions = executions;
    if (executions > 0) holds = run(scenario, options, arguments.seed) && holds;
  }
  return holds;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--random" && i + 1 < argc)
      arguments.random = std::strtoull(argv[++i], nullptr, 10);
    else if (name == "--priorities" && i + 1 < argc)
      arguments.priorities = std::strtoull(argv[++i], nullptr, 10);
    else if (name == "--preemptions" && i + 1 < argc)
      arguments.preemptions = std::atoi(argv[++i]);
    else if (name == "--limit" && i + 1 < argc)
      arguments.limit = std::strtoull(argv[++i], nullptr, 10);
    else if (name == "--seed" && i + 1 < argc)
      arguments.seed = argv[++i];
    else if (name == "--only" && i + 1 < argc)
      arguments.only = argv[++i];
    else if (name == "--part" && i + 1 < argc)
      arguments.part = parse_part(argv[++i]);
    else if (name == "--replay" && i + 2 < argc) {
      arguments.only = argv[++i];
      arguments.replay = parse_choices(argv[++i]);
    } else {
      std::fprintf(stderr, "unknown argument %s\n", name.c_str());
      return 2;
    }
  }
  if (arguments.part.of == 0) {
    std::fprintf(stderr, "--part wants 1/3, 2/3 or 3/3, say\n");
    return 2;
  }
  Count held = 0;
  Count count = 0;
  std::size_t index = 0;
  for (const NamedScenario& scenario : scenarios()) {
    const bool is_asked_for = scenario.name.find(arguments.only) != std::string::npos;
    if (!is_asked_for || !arguments.part.has(index++)) continue;
    ++count;
    if (run_all_ways(scenario, arguments)) ++held;
    std::fflush(stdout);
  }
  if (!arguments.replay.empty()) return held == count ? 0 : 1;
  std::printf(
      "%llu of %llu scenarios held in all schedules of up to %d preemptions and the old loads that "
      "stand beside each (%llu executions), in %llu executions at random and %llu by priorities, "
      "--seed %s%s\n",
      held, count, arguments.preemptions, kinds[0].executions, kinds[1].executions,
      kinds[2].executions, arguments.seed.c_str(), held == count ? "" : ": FAILED");
  return held == count && count > 0 ? 0 : 1;
}
