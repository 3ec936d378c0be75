// All scenarios, see scenarios.hpp.
#include "proof/explore/scenarios.hpp"

#include <map>

namespace explore {

namespace {

// By file: the order in which files are linked must not matter.
std::map<std::string, std::vector<NamedScenario>>& files() {
  static std::map<std::string, std::vector<NamedScenario>> all;
  return all;
}

}  // namespace

Scenarios::Scenarios(std::initializer_list<NamedScenario> these, std::source_location file) {
  auto& its = files()[file.file_name()];
  its.insert(its.end(), these);
}

std::vector<NamedScenario> scenarios() {
  std::vector<NamedScenario> all;
  for (const auto& [file, its] : files()) all.insert(all.end(), its.begin(), its.end());
  return all;
}

}  // namespace explore
