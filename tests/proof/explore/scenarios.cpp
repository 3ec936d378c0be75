// All scenarios, see scenarios.hpp.
#include "proof/explore/scenarios.hpp"

namespace explore {

std::vector<NamedScenario> scenarios() {
  std::vector<NamedScenario> all;
  for (auto* const part : {state_scenarios, window_scenarios, stay_scenarios, registry_scenarios}) {
    for (NamedScenario& scenario : part()) all.push_back(std::move(scenario));
  }
  return all;
}

}  // namespace explore
