// Probes on the wire: each request says which generation admitted it, and the server counts. libcurl
// is the client, and tells the circuit of the server's Retry-After.
#include <curl/curl.h>

#include <cstdio>

#include "breaker/adapters/curl.hpp"
#include "proof/wire/faults.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using Circuit = CircuitBreaker<SteadyClock, ConsecutiveFailures, DefaultClassifier,
                               Listeners<TransitionLog, Counters<>>>;

/// How the calls ended, as their callers saw it.
struct Ends {
  std::atomic<std::uint64_t> good{0}, failed{0}, refused{0};
};

std::size_t drop(char*, std::size_t size, std::size_t count, void*) { return size * count; }

/// **Returns** what came of a request that says it was admitted in `generation`.
Judgement request(const std::string& url, Generation generation) {
  const std::string header = "Generation: " + std::to_string(generation);
  curl_slist* const headers = curl_slist_append(nullptr, header.c_str());
  CURL* const easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(wire::timeout.count()));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
  const Judgement judgement = adapters::judge_curl(easy, curl_easy_perform(easy));
  curl_easy_cleanup(easy);
  curl_slist_free_all(headers);
  return judgement;
}

void call(Circuit& circuit, const std::string& url, Ends& ends) {
  auto permit = circuit.try_acquire();
  if (!permit) {
    ++ends.refused;
    std::this_thread::sleep_for(1ms);
    return;
  }
  const Judgement judgement = request(url, permit.generation());
  ++(judgement.verdict == Verdict::success ? ends.good : ends.failed);
  permit.settle(judgement.verdict, judgement.retry_after);
}

}  // namespace

TEST_CASE(
    "the circuit opens at each fault on the wire, recovers from it, and probes no more than "
    "it may") {
  wire::Server server;
  const TransitionLog log;
  Circuit circuit{wire::config, ConsecutiveFailures{3}, Listeners{log, Counters{}}};
  Ends ends;
  wire::Callers callers{4, [&] { return [&, url = server.url()] { call(circuit, url, ends); }; }};
  REQUIRE(wire::holds_within(5s, [&] { return ends.good > 0; }));

  wire::Faults faults{server, log};
  faults.come_and_go(40ms);
  callers.stop();

  const CallTotals totals = circuit.listener().get<Counters<>>().totals();
  CHECK(totals.admitted == ends.good + ends.failed);
  CHECK(totals.admitted == totals.succeeded + totals.failed + totals.stale);
  CHECK(totals.refused == ends.refused);

  const int most = wire::check_probes(server, log);
  const int recoveries = wire::recoveries(log);
  CHECK(recoveries >= faults.cycles);
  std::printf(
      "%d faults, %d recoveries, at most %d of %d probes at the server; %llu calls, "
      "BREAKER_WIRE_SEED=%u\n",
      faults.cycles, recoveries, most, wire::probes,
      static_cast<unsigned long long>(totals.admitted + totals.refused), faults.seed);
}
