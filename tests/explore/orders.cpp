// Every memory order in the headers that is stronger than relaxed is taken for relaxed, one at a time: some scenario must
// then fail, else the order is stronger than it need be.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "explore/scenarios.hpp"

namespace {

using namespace explore;

std::string line_of(const SiteKey& site) {
  std::ifstream in{site.file};
  std::string text;
  for (unsigned line = 0; line < site.line; ++line) std::getline(in, text);
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? text : text.substr(first);
}

std::string name_of(const SiteKey& site) {
  const auto at = site.file.find("breaker/");
  return site.file.substr(at == std::string::npos ? 0 : at) + ":" + std::to_string(site.line);
}

/// **Returns** the name of a scenario of `users` that fails with this order weakened, or "".
std::string killer_of(const SiteKey& site, const std::vector<const NamedScenario*>& users,
                      std::uint64_t random) {
  for (const std::uint64_t executions : {random / 10, random}) {
    for (const Strategy strategy : {Strategy::random, Strategy::depth_first}) {
      for (const NamedScenario* scenario : users) {
        Options options;
        options.strategy = strategy;
        options.executions = strategy == Strategy::random ? executions : 4 * executions;
        options.weakened = &site;
        if (!explore::explore(scenario->body, options).failure.empty()) return scenario->name;
      }
    }
  }
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t random = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5000;
  const auto all = scenarios();
  std::map<SiteKey, std::vector<const NamedScenario*>> users;
  for (const NamedScenario& scenario : all) {
    const auto before = ordered_sites();
    Options options;
    options.strategy = Strategy::random;
    options.executions = 100;
    static_cast<void>(explore::explore(scenario.body, options));
    for (const auto& [site, uses] : ordered_sites()) {
      const auto earlier = before.find(site);
      if (earlier == before.end() || earlier->second != uses) users[site].push_back(&scenario);
    }
  }
  int failures = 0;
  for (const auto& [site, with] : users) {
    if (site.file.find("include/breaker/") == std::string::npos) continue;
    const std::string killer = killer_of(site, with, random);
    std::printf("%s %-42s %s\n         %s\n", killer.empty() ? "ALIVE  " : "killed ",
                name_of(site).c_str(), line_of(site).c_str(), killer.c_str());
    std::fflush(stdout);
    if (killer.empty()) ++failures;
  }
  std::printf("%d orders could be weaker\n", failures);
  return failures == 0 ? 0 : 1;
}
