// The demo's client on the wire, with a breaker around it as the demo has it: each payment ends in an
// answer, in the fallback, or in an exception, whatever the server does.
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "demo/client.hpp"
#include "wire/faults.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

using demo::Answer;

struct Unpaid : std::runtime_error {
  Unpaid() : std::runtime_error{"not paid"} {}
};

/// How the payments ended, as their callers saw it, and how many calls began to be made.
struct Ends {
  std::atomic<std::uint64_t> wanted{0}, begun{0}, paid{0}, failed{0}, queued{0}, thrown{0};
};

/// The client's timeout is for each read: where bytes drip only the time that a call takes shows that
/// something is wrong.
auto make_circuit(const TransitionLog& log) {
  return CircuitBreaker{
      wire::config,
      any_of(ConsecutiveFailures{3},
             SlowCallRate{last_calls<4>(),
                          {.slower_than = 60ms, .threshold = 100_percent, .min_calls = 4}}),
      failing_on([](Answer answer) { return answer == Answer::failed; }),
      Listeners{log, Counters<>{}}};
}
using Circuit = decltype(make_circuit(std::declval<const TransitionLog&>()));

/// One client, which pays.
class Payer {
 public:
  Payer(Circuit& circuit, const std::string& url, Ends& ends)
      : circuit_{circuit},
        client_{std::make_unique<demo::Client>(url, wire::timeout)},
        ends_{ends} {}

  void operator()() {
    ++ends_.wanted;
    try {
      const Answer answer =
          circuit_.call([this] { return pay(); }, [](const Rejection&) { return Answer::queued; });
      ++(answer == Answer::paid     ? ends_.paid
         : answer == Answer::failed ? ends_.failed
                                    : ends_.queued);
      if (answer == Answer::queued) std::this_thread::sleep_for(1ms);
    } catch (const Unpaid&) {
      ++ends_.thrown;
    }
  }

 private:
  /// Every other failure is an exception.
  Answer pay() {
    ++ends_.begun;
    const Answer answer = client_->pay(++number_);
    if (answer == Answer::failed && number_ % 2 == 0) throw Unpaid{};
    return answer;
  }

  Circuit& circuit_;
  std::unique_ptr<demo::Client> client_;
  Ends& ends_;
  int number_ = 0;
};

}  // namespace

TEST_CASE("no call of the demo's client is lost, whatever the wire does") {
  wire::Server server;
  const TransitionLog log;
  Circuit circuit = make_circuit(log);
  Ends ends;
  wire::Callers callers{4, [&] { return Payer{circuit, server.url(), ends}; }};
  REQUIRE(wire::holds_within(5s, [&] { return ends.paid > 0; }));

  wire::Faults faults{server, log};
  faults.come_and_go(20ms);
  callers.stop();

  CHECK(ends.wanted == ends.paid + ends.failed + ends.queued + ends.thrown);
  CHECK(ends.begun == ends.paid + ends.failed + ends.thrown);
  CHECK(ends.failed > 0);
  CHECK(ends.thrown > 0);
  CHECK(ends.paid <= static_cast<std::uint64_t>(server.paid()));  // an answer may have been lost

  const CallTotals totals = circuit.listener().get<Counters<>>().totals();
  CHECK(totals.admitted == ends.begun);
  CHECK(totals.refused == ends.queued);
  CHECK(totals.admitted == totals.succeeded + totals.failed + totals.stale);
  CHECK(totals.succeeded <= ends.paid);
  CHECK(totals.failed <= ends.failed + ends.thrown);

  const auto all = log.transitions();
  const auto recoveries = std::count_if(all.begin(), all.end(), [](const Transition& transition) {
    return transition.reason == Reason::probes_succeeded;
  });
  CHECK(recoveries >= faults.cycles);
  std::printf(
      "%d faults, %d recoveries; %llu payments: %llu paid, %llu failed, %llu exceptions, %llu "
      "queued; --seed %u\n",
      faults.cycles, static_cast<int>(recoveries), static_cast<unsigned long long>(ends.wanted),
      static_cast<unsigned long long>(ends.paid), static_cast<unsigned long long>(ends.failed),
      static_cast<unsigned long long>(ends.thrown), static_cast<unsigned long long>(ends.queued),
      faults.seed);
}
