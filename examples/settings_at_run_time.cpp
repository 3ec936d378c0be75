// Settings that operators change: a sentence in an environment variable at the start, one in a file
// when SIGHUP comes. What makes no sense changes nothing, and is answered by where and why.
#include <breaker/breaker.hpp>
#include <breaker/text/circuit.hpp>
#include <breaker/text/sentence.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "check.hpp"

namespace {
volatile std::sig_atomic_t is_told = 0;
breaker::Settings from_environment(const char* name) {
  const char* const sentence = std::getenv(name);
  return breaker::parse(sentence != nullptr ? sentence : "5 failures in a row").value();
}

/// What the main loop does now and then. A handler of signals may not do so much.
template <class Circuit>
void take_new_settings(Circuit& circuit, const char* file) {
  if (is_told == 0) return;
  is_told = 0;
  std::string sentence;
  std::getline(std::ifstream{file}, sentence);
  if (const breaker::Parsed read = breaker::parse(sentence)) {
    breaker::reconfigure(circuit, *read);
  } else {
    std::fprintf(stderr, "%s:\n%s\n", file, read.message().c_str());
  }
}

}  // namespace

int main() {
  constexpr const char* file = "settings_at_run_time.txt";
  const auto tell = [&](const char* sentence) {
    std::ofstream{file} << sentence << "\n";
    std::raise(SIGHUP);  // in the shell: kill -HUP
  };
  std::signal(SIGHUP, [](int) { is_told = 1; });
  setenv("QUOTES_BREAKER", "2 failures in a row, open 1 min, named quotes", 1);

  auto quotes = breaker::circuit(from_environment("QUOTES_BREAKER"));
  check(quotes.name() == "quotes", "the environment names the circuit");
  for (int i = 0; i < 2; ++i) quotes.try_acquire().failure();
  check(quotes.state() == breaker::State::open, "it opens as the environment says");

  tell("50 % of the last 80 calls, wait 2 min");
  take_new_settings(quotes, file);
  check(quotes.limits() == breaker::Limits{{2}}, "a sentence that makes no sense changes nothing");

  tell("50 % of the last 80 calls, open 2 min");
  take_new_settings(quotes, file);
  check(quotes.limits() == breaker::Limits{{50, 100, 20}}, "a signal brings another rule");
  check(quotes.state() == breaker::State::open, "and the outage is not forgotten");
  std::remove(file);
}
