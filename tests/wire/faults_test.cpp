// A client and a server, two processes, over real sockets. Faults come and go in random order; the
// circuit opens and recovers each time, and the server counts what arrives.
#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "breaker/adapters/curl.hpp"
#include "breaker/breaker.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"
#include "support/loopback.hpp"
#include "support/process.hpp"
#include "wire/shared.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using wire::Manner;

constexpr int probes = 2;
constexpr Config config = checked({.open_for = 20ms,
                                   .probes = probes,
                                   .close_after = 1,  // the first verdict ends the generation …
                                   .reopen_after = 1,
                                   .probe_lease = 5s,  // … for no probe is ever out for so long
                                   .retry_after_max = 40ms});
constexpr long timeout_ms = 50;

using Circuit = CircuitBreaker<SteadyClock, ConsecutiveFailures, DefaultClassifier,
                               Listeners<TransitionLog, Counters<>>>;

std::size_t drop(char*, std::size_t size, std::size_t count, void*) { return size * count; }

// The server's process, and the page that it shares with us.
class Server {
 public:
  Server() {
    std::string name = std::filesystem::temp_directory_path() / "breaker_wire_XXXXXX";
    ::close(::mkstemp(name.data()));
    path_ = name;
    shared_.emplace(name);
    start();
    while (http_get(port_, "/").empty()) std::this_thread::sleep_for(1ms);
  }
  ~Server() { std::filesystem::remove(path_); }

  void start() {
    process_.emplace(std::vector<std::string>{SERVER_PATH, std::to_string(port_), path_});
  }
  void kill() { process_.reset(); }

  void set_manner(Manner manner) { (*shared_)->manner = manner; }
  [[nodiscard]] int arrived(Generation generation) const {
    return (*shared_)->arrived[generation % wire::Shared::generations];
  }
  [[nodiscard]] int port() const { return port_; }

 private:
  const int port_ = free_port();
  std::filesystem::path path_;
  std::optional<wire::Mapping> shared_;
  std::optional<Process> process_;
};

// Calls without a pause, each on a connection of its own, until told to stop.
class Caller {
 public:
  Caller(Circuit& circuit, int port) : circuit_{circuit}, port_{port} {
    thread_ = std::thread{[this] {
      while (!stops_) call();
    }};
  }
  ~Caller() { stop(); }

  void stop() {
    stops_ = true;
    if (thread_.joinable()) thread_.join();
  }

  std::atomic<int> made{0}, good{0}, failed{0}, refused{0};

 private:
  void call() {
    made.fetch_add(1);
    auto permit = circuit_.try_acquire();
    if (!permit) {
      refused.fetch_add(1);
      std::this_thread::sleep_for(1ms);
      return;
    }
    const std::string generation = "Generation: " + std::to_string(permit.generation());
    curl_slist* const headers = curl_slist_append(nullptr, generation.c_str());
    CURL* const easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, ("http://127.0.0.1:" + std::to_string(port_)).c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    const Judgement judgement = adapters::judge_curl(easy, curl_easy_perform(easy));
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    (judgement.verdict == Verdict::success ? good : failed).fetch_add(1);
    permit.settle(judgement.verdict, judgement.retry_after);
  }

  Circuit& circuit_;
  const int port_;
  std::atomic<bool> stops_{false};
  std::thread thread_;
};

bool holds_within(std::chrono::milliseconds time, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(500us);
  }
  return true;
}

/// `BREAKER_WIRE_CYCLES`: so many faults; a multiple of six shows each equally often.
int number_of_cycles() {
  const char* const told = std::getenv("BREAKER_WIRE_CYCLES");
  return told == nullptr ? 24 : std::atoi(told);
}

constexpr std::array faults{Manner::is_gone, Manner::resets,      Manner::stalls,
                            Manner::drips,   Manner::unavailable, Manner::answers};  // killed

}  // namespace

TEST_CASE(
    "the circuit opens at each fault on the wire, recovers from it, and probes no more than "
    "it may") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  Server server;
  const TransitionLog log;
  Circuit circuit{config, ConsecutiveFailures{3}, Listeners{log, Counters{}}};
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 4; ++i) callers.push_back(std::make_unique<Caller>(circuit, server.port()));
  REQUIRE(holds_within(5s, [&] { return callers[0]->good > 0; }));

  for (int cycle = 0; cycle < number_of_cycles(); ++cycle) {
    static std::array<Manner, faults.size()> order = faults;
    if (cycle % int(order.size()) == 0) std::shuffle(order.begin(), order.end(), random);
    const Manner fault = order[static_cast<std::size_t>(cycle) % order.size()];
    CAPTURE(cycle, int(fault));
    const std::size_t before = log.size();

    server.set_manner(fault);
    if (fault == Manner::answers) server.kill();
    REQUIRE(holds_within(5s, [&] { return log.size() > before; }));
    const Transition opening = log.transitions()[before];
    CHECK(opening.to == State::open);
    CHECK(opening.open_for == (fault == Manner::unavailable ? 40ms : 20ms));
    // Sometimes the fault outlasts the first probes.
    const std::size_t more = random() % 3;
    REQUIRE(holds_within(5s, [&] { return log.size() > before + 2 * more; }));

    server.set_manner(Manner::answers);
    if (fault == Manner::answers) server.start();
    REQUIRE(holds_within(5s, [&] { return log.last().to == State::closed; }));
  }
  for (const auto& caller : callers) caller->stop();

  const CallTotals totals = circuit.listener().get<Counters<>>().totals();
  std::uint64_t made = 0, good = 0, failed = 0, refused = 0;
  for (const auto& caller : callers) {
    made += static_cast<unsigned>(caller->made);
    good += static_cast<unsigned>(caller->good);
    failed += static_cast<unsigned>(caller->failed);
    refused += static_cast<unsigned>(caller->refused);
  }
  CHECK(made == good + failed + refused);
  CHECK(totals.admitted == good + failed);
  CHECK(totals.admitted == totals.succeeded + totals.failed + totals.stale);
  CHECK(totals.refused == refused);
  int recoveries = 0;
  for (const Transition& transition : log.transitions()) {
    CHECK(transition.reason != Reason::probe_lost);
    if (transition.to == State::closed) ++recoveries;
    if (transition.to == State::half_open) CHECK(server.arrived(transition.generation) <= probes);
  }
  CHECK(recoveries == number_of_cycles());
}
