// The scenarios: small programs of two to four threads, each about one promise that concurrency can break.
#pragma once

#include <string>
#include <vector>

#include "explore/runtime.hpp"

namespace explore {

struct NamedScenario {
  std::string name;
  Scenario body;
  int stale_reads = 2;  // depth first: how many loads may be old in one execution
};

/// **Returns** all scenarios over the shipping headers.
std::vector<NamedScenario> scenarios();

/// **Returns** those about the registry, which scenarios() contains.
std::vector<NamedScenario> registry_scenarios();

}  // namespace explore
