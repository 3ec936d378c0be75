// Explores the shipping headers: every scenario depth first up to two preemptions, then at random, then by priorities.
//   explore_headers [--random N] [--priorities N] [--only TEXT] [--replay "SCENARIO" CHOICES] [--orders]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

#include "explore/scenarios.hpp"

namespace {

using namespace explore;

struct Arguments {
  std::uint64_t random = 4'000;
  std::uint64_t priorities = 4'000;
  std::uint64_t limit = 3'000'000;
  int preemptions = 2;
  std::string only;
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

bool report(const NamedScenario& scenario, const char* how, const Result& result, double seconds) {
  if (result.failure.empty()) {
    std::printf("  %-55s %-10s %9llu executions %s %.2f s\n", scenario.name.c_str(), how,
                static_cast<unsigned long long>(result.executions),
                result.exhausted ? "(all)" : "     ", seconds);
    return true;
  }
  std::printf(
      "FAILED %s\n  %s\n  found %s after %llu executions; again with\n  --replay \"%s\" %s\n",
      scenario.name.c_str(), result.failure.c_str(), how,
      static_cast<unsigned long long>(result.executions), scenario.name.c_str(),
      to_text(result.choices).c_str());
  return false;
}

std::uint64_t executions = 0;  // of all scenarios

bool run(const NamedScenario& scenario, const char* how, const Options& options) {
  const auto began = std::chrono::steady_clock::now();
  const Result result = explore::explore(scenario.body, options);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  executions += result.executions;
  bool ok = report(scenario, how, result, took.count());
  if (options.strategy == Strategy::depth_first && ok && !result.exhausted) {
    std::printf("FAILED %s: not exhausted\n", scenario.name.c_str());
    ok = false;
  }
  return ok;
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
    else if (name == "--only" && i + 1 < argc)
      arguments.only = argv[++i];
    else if (name == "--replay" && i + 2 < argc) {
      arguments.only = argv[++i];
      arguments.replay = parse_choices(argv[++i]);
    } else {
      std::fprintf(stderr, "unknown argument %s\n", name.c_str());
      return 2;
    }
  }
  bool ok = true;
  std::uint64_t count = 0;
  for (const NamedScenario& scenario : scenarios()) {
    if (!arguments.only.empty() && scenario.name.find(arguments.only) == std::string::npos)
      continue;
    ++count;
    Options options;
    options.preemptions = arguments.preemptions;
    options.stale_reads = scenario.stale_reads;
    if (!arguments.replay.empty()) {
      options.strategy = Strategy::replay;
      options.replay = arguments.replay;
      ok = run(scenario, "replayed", options) && ok;
      continue;
    }
    options.executions = arguments.limit;
    ok = run(scenario, "all", options) && ok;
    options.strategy = Strategy::random;
    options.executions = arguments.random;
    if (options.executions > 0) ok = run(scenario, "random", options) && ok;
    options.strategy = Strategy::priorities;
    options.executions = arguments.priorities;
    if (options.executions > 0) ok = run(scenario, "priorities", options) && ok;
    std::fflush(stdout);
  }
  std::printf("%llu scenarios, %llu executions, %s\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(executions), ok ? "passed" : "FAILED");
  return ok ? 0 : 1;
}
