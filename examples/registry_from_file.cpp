// A registry that a text file configures: a line for each key, or, with a star, for all that begin so.
// SIGHUP takes it over anew. A file that makes no sense changes nothing, and is answered by where and why.
#include <breaker/registry.hpp>
#include <breaker/text/circuit.hpp>
#include <breaker/text/sentence.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

#include "check.hpp"

using Policy = breaker::AnyRule<100>;
constexpr const char* file = "registry_from_file.txt";
volatile std::sig_atomic_t is_told = 0;

breaker::RegistrySettings<Policy> from_file() {
  breaker::RegistrySettings<Policy> all;
  std::ifstream lines{file};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos) throw std::runtime_error{line + ": expected a key and a colon"};
    const breaker::Settings said = breaker::parse(line.substr(colon + 1)).value();
    const std::string key = line.substr(0, colon);
    auto& row = key.ends_with('*') ? all.for_prefix : all.for_key;
    row.push_back({key.substr(0, key.find_last_not_of('*') + 1), said.config, Policy{said.rules}});
  }
  if (all.for_prefix.empty()) throw std::runtime_error{"expected a line with a star"};
  return all;
}

/// What the main loop does now and then. **Returns** how many circuits took other settings.
std::size_t take_new_settings(breaker::RegistryOf<Policy>& circuits) try {
  if (is_told == 0) return 0;
  is_told = 0;
  return circuits.reconfigure(from_file()).changed;
} catch (const std::exception& wrong) {
  std::fprintf(stderr, "%s: %s\n", file, wrong.what());
  return 0;
}

int main() {
  std::signal(SIGHUP, [](int) { is_told = 1; });
  const auto tell = [](const char* text) {
    std::ofstream{file} << text;
    std::raise(SIGHUP);  // in the shell: kill -HUP
  };
  tell("*: 5 failures in a row\npay.*: 1 failure in 10 s, open 1 min\n");
  breaker::Registry circuits{from_file(), Policy{breaker::Settings{}.rules}};
  for (const char* key : {"pay.eu", "quotes"}) circuits.of(key).try_acquire().failure();
  check(circuits.of("pay.eu").state() == breaker::State::open, "a prefix has its own rule");
  check(circuits.of("quotes").state() == breaker::State::closed, "others have the star's");
  tell("*: 5 failures in a row, open 2 s\npay.eu: 50 % of the last 80 calls, wait 1 min\n");
  check(take_new_settings(circuits) == 0, "one mistake: nothing changes");
  tell("*: 5 failures in a row\npay.eu: 50 % of the last 80 calls, open 1 min\n");
  check(take_new_settings(circuits) == 1, "a signal brings one key another rule");
  check(circuits.of("pay.eu").state() == breaker::State::open, "and its outage is not forgotten");
  std::remove(file);
}
