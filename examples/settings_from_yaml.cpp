// Settings in a YAML file, by yaml-cpp: one sentence, or a key for each field.
#include <yaml-cpp/yaml.h>
#include <breaker/breaker.hpp>
#include <breaker/text/circuit.hpp>
#include <breaker/text/pairs.hpp>

#include <string>
#include <utility>
#include <vector>

#include "check.hpp"

namespace {

constexpr const char* file = R"(
quotes:
  breaker: 50 % of the last 80 calls; open 1 s doubling to 1 min
payments:
  trip: "5 failures in 10 s or slower than 1 s: 50 % in 10 s"  # quoted, for its colon
  open_for: 30 s
  probes: 3
  slow_start: true
broken:
  trip: 5 failures in 10
)";

/// **Returns** the settings of one service.
breaker::Parsed settings_of(const YAML::Node& service,
                            std::vector<std::pair<std::string, std::string>>& entries) {
  for (const auto& entry : service)
    entries.emplace_back(entry.first.as<std::string>(), entry.second.as<std::string>());
  return breaker::from_pairs(entries);
}

}  // namespace

int main() {
  const YAML::Node services = YAML::Load(file);
  std::vector<std::pair<std::string, std::string>> quotes, payments, broken;

  auto circuit = breaker::circuit(settings_of(services["quotes"], quotes).value());
  check(circuit.limits() == breaker::Limits{{50, 100, 20}}, "a sentence in YAML makes a circuit");

  const breaker::Settings read = settings_of(services["payments"], payments).value();
  check(
      breaker::in_words(read).view() ==
          "5 failures in 10 s or slower than 1 s: 50 % in 10 s, at least 20; open 30 s; 3 probes, "
          "slow start",
      "so does a key for each field");

  const breaker::Parsed wrong = settings_of(services["broken"], broken);
  check(!wrong && wrong.key() == "trip" && wrong.position() == 16,
        "what makes no sense is found by its key and place");
}
