// Settings in a JSON document, by nlohmann-json. Its numbers and truth values are texts here.
#include <breaker/breaker.hpp>
#include <breaker/text/circuit.hpp>
#include <breaker/text/pairs.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"

int main() {
  const auto document = nlohmann::json::parse(R"({
    "trip": "worse than 1 % to 10 % once per 30 d at 50 calls/s",
    "open_for": "1 s", "backoff_factor": 2, "backoff_max": "1 min",
    "probes": 3, "slow_start": true, "name": "payments"
  })");
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& [key, value] : document.items())
    entries.emplace_back(key, value.is_string() ? value.get<std::string>() : value.dump());

  const breaker::Settings settings = breaker::from_pairs(entries).value();
  check(breaker::in_words(settings).view() ==
            "worse than 1 % to 10 % once per 30 d at 50 calls/s; open 1 s doubling to 1 min; 3 "
            "probes, slow start; named payments",
        "JSON says what a sentence says");

  auto circuit = breaker::circuit(settings);
  for (int i = 0; i < 20; ++i) circuit.try_acquire().failure();
  check(circuit.state() == breaker::State::open, "a dead backend opens its circuit");
  check(circuit.name() == "payments", "which has the name of the document");

  entries.emplace_back("probe", "3");
  check(breaker::from_pairs(entries).expected() == std::string{"the key probes"},
        "an unknown key is refused, with the one most like it");
}
