// The scenarios: small programs of two to four threads, each about one promise that concurrency can break.
#pragma once

#include <string>
#include <vector>

#include "proof/explore/runtime.hpp"

namespace explore {

struct NamedScenario {
  std::string name;
  Scenario body;
  int stale_reads = 2;  // depth first: how many loads may be old in one execution
};

/// **Returns** all scenarios over the shipping headers.
std::vector<NamedScenario> scenarios();

// Its parts, by what they are about.
std::vector<NamedScenario> state_scenarios();  // deadlines, probes, late verdicts, hands, listeners
std::vector<NamedScenario> window_scenarios();  // what policies count, and when they trip
std::vector<NamedScenario> stay_scenarios();    // evidence belongs to one stay
std::vector<NamedScenario> registry_scenarios();

}  // namespace explore
