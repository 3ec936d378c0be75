// The demo's client on the wire, with a breaker around it as the demo has it: each payment ends in an
// answer, in the fallback, or in an exception, whatever the server does.
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "apps/demo/client.hpp"
#include "proof/wire/faults.hpp"

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

/// One client. It pays as the demo does, by call(): every other failure is an exception.
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

/// One client, which holds the permit itself, so that a payment's number can be the generation that
/// admitted it: the server counts those.
class NumberingPayer {
 public:
  NumberingPayer(Circuit& circuit, const std::string& url, Ends& ends)
      : circuit_{circuit},
        client_{std::make_unique<demo::Client>(url, wire::timeout)},
        ends_{ends} {}

  void operator()() {
    ++ends_.wanted;
    auto permit = circuit_.try_acquire();
    if (!permit) {
      ++ends_.queued;
      std::this_thread::sleep_for(1ms);
      return;
    }
    ++ends_.begun;
    const Answer answer = client_->pay(static_cast<int>(permit.generation()));
    ++(answer == Answer::paid ? ends_.paid : ends_.failed);
    permit.settle(answer == Answer::paid ? Verdict::success : Verdict::failure);
  }

 private:
  Circuit& circuit_;
  std::unique_ptr<demo::Client> client_;
  Ends& ends_;
};

/// What must hold of all payments, however they were made.
void check_ends(const Ends& ends, const CallTotals& totals, const wire::Server& server) {
  CHECK(ends.wanted == ends.begun + ends.queued);
  CHECK(ends.begun == ends.paid + ends.failed + ends.thrown);
  CHECK(ends.failed > 0);
  CHECK(ends.paid <= static_cast<std::uint64_t>(server.paid()));  // an answer may have been lost

  CHECK(totals.admitted == ends.begun);
  CHECK(totals.refused == ends.queued);
  CHECK(totals.admitted == totals.succeeded + totals.failed + totals.stale);
  CHECK(totals.succeeded <= ends.paid);
  CHECK(totals.failed <= ends.failed + ends.thrown);
}

template <class Client>
wire::Callers clients(Circuit& circuit, const wire::Server& server, Ends& ends) {
  return {4, [&] { return Client{circuit, server.url(), ends}; }};
}

void tell(const wire::Faults& faults, int recoveries, const Ends& ends) {
  std::printf(
      "%d faults, %d recoveries; %llu payments: %llu paid, %llu failed, %llu exceptions, %llu "
      "queued; BREAKER_WIRE_SEED=%u\n",
      faults.cycles, recoveries, static_cast<unsigned long long>(ends.wanted),
      static_cast<unsigned long long>(ends.paid), static_cast<unsigned long long>(ends.failed),
      static_cast<unsigned long long>(ends.thrown), static_cast<unsigned long long>(ends.queued),
      faults.seed);
}

}  // namespace

TEST_CASE("no call of the demo's client is lost, whatever the wire does") {
  wire::Server server;
  const TransitionLog log;
  Circuit circuit = make_circuit(log);
  Ends ends;
  wire::Callers callers = clients<Payer>(circuit, server, ends);
  REQUIRE(wire::holds_within(5s, [&] { return ends.paid > 0; }));

  wire::Faults faults{server, log};
  faults.come_and_go(20ms);
  callers.stop();

  check_ends(ends, circuit.listener().get<Counters<>>().totals(), server);
  CHECK(ends.thrown > 0);
  const int recoveries = wire::recoveries(log);
  CHECK(recoveries >= faults.cycles);
  tell(faults, recoveries, ends);
}

TEST_CASE("no more of the demo's payments arrive at the server than it may be probed with") {
  wire::Server server;
  const TransitionLog log;
  Circuit circuit = make_circuit(log);
  Ends ends;
  wire::Callers callers = clients<NumberingPayer>(circuit, server, ends);
  REQUIRE(wire::holds_within(5s, [&] { return ends.paid > 0; }));

  wire::Faults faults{server, log};
  faults.come_and_go(20ms);
  callers.stop();

  check_ends(ends, circuit.listener().get<Counters<>>().totals(), server);
  wire::check_probes(server, log);
  const int recoveries = wire::recoveries(log);
  CHECK(recoveries >= faults.cycles);
  tell(faults, recoveries, ends);
}
