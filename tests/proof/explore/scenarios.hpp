// The scenarios: small programs of two to four threads, each about one promise that concurrency can break. Each file in
// scenarios/ adds its own.
#pragma once

#include <initializer_list>
#include <source_location>
#include <string>
#include <vector>

#include "proof/explore/runtime.hpp"

namespace explore {

struct NamedScenario {
  std::string name;
  Scenario body;
  int stale_reads = 2;  // depth first: how many loads may be old in one execution
};

/// The scenarios of a file: one that exists is among all.
class Scenarios {
 public:
  Scenarios(std::initializer_list<NamedScenario> these,
            std::source_location file = std::source_location::current());
};

/// **Returns** all scenarios over the shipping headers, by the names of their files.
std::vector<NamedScenario> scenarios();

}  // namespace explore
