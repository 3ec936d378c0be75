// The two runs, see acts.hpp.
#include "acts.hpp"

#include <breaker/breaker.hpp>
#include <breaker/describe.hpp>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "client.hpp"
#include "load.hpp"
#include "processes.hpp"
#include "promise.hpp"
#include "report.hpp"
#include "screen.hpp"

namespace demo {

namespace {

/// **Returns** what the service counted, once it works on nothing any more.
Statistics at_rest(Client& service, const Story& story) {
  const auto deadline = Clock::now() + story.query_limit + std::chrono::seconds{5};
  Statistics statistics = service.statistics();
  while (statistics.paid + statistics.failed < statistics.arrived && Clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds{10});
    statistics = service.statistics();
  }
  return statistics;
}

/// The story, once: the load runs, and meanwhile the database gets stuck and well again.
Run tell(const Story& story, const std::string& url, Screen& screen, const Pay& pay,
         const std::function<std::string()>& circuit_state) {
  Client service{url, std::chrono::seconds{5}};
  service.set_stuck(false);
  const Statistics before = at_rest(service, story);

  Load load{story, url, pay};
  screen.set_start(load.start());
  const auto phase = [&](bool stuck, Clock::duration until, const char* what) {
    service.set_stuck(stuck);
    const auto elapsed = [&] { return Clock::now() - load.start(); };
    screen.event(what, stuck ? Colour::red : Colour::green);
    while (elapsed() < until) {
      screen.show({.database = stuck ? "stuck" : "well",
                   .circuit = circuit_state(),
                   .time = elapsed(),
                   .payments = load.payments()});
      std::this_thread::sleep_for(milliseconds{50});
    }
  };
  const auto stuck_from = story.well_at_first;
  const auto stuck_until = stuck_from + story.stuck;
  phase(false, stuck_from, "the database is well");
  phase(true, stuck_until, "the database is stuck: payments hang, or get a 503");
  phase(false, story.whole, "the database is well again");
  load.wait();
  screen.end_show();

  return {.start = load.start(),
          .payments = load.payments(),
          .sent = load.sent(),
          .service = at_rest(service, story) - before};
}

Run run_without_breaker(const Story& story, const std::string& url, Screen& screen) {
  screen.say();
  screen.say(screen.paint("1. Without a breaker", Colour::bold));
  return tell(
      story, url, screen, [](Client& client, int number) { return client.pay(number); },
      [] { return "none"; });
}

/// `title`: of this run. `policy`: when the circuit opens.
template <class Policy>
Run run_with_breaker(const Story& story, const std::string& url, Screen& screen,
                     CircuitRecord& record, const char* title, const Policy& policy) {
  screen.say();
  screen.say(screen.paint(title, Colour::bold));

  std::mutex mutex;
  const auto tell_transition = [&](const breaker::Transition& transition) {
    screen.event(breaker::describe(transition), Colour::yellow);
    const std::lock_guard lock{mutex};
    record.transitions.push_back(transition);
  };

  breaker::CircuitBreaker circuit{
      breaker::Config{.open_for = story.open_for}, policy,
      breaker::failing_on([](Answer answer) { return answer == Answer::failed; }),
      breaker::Listeners{tell_transition, breaker::Counters<>{}}};

  // The fallback takes a Rejection: only payments that were never sent are queued. One that timed
  // out may have been made, and must not be made twice.
  const auto pay = [&](Client& client, int number) {
    return circuit.call([&] { return client.pay(number); },
                        [](const breaker::Rejection&) { return Answer::queued; });
  };

  const Run run =
      tell(story, url, screen, pay, [&] { return std::string{to_string(circuit.state())}; });
  record.totals = circuit.listener().template get<breaker::Counters<>>().totals();
  return run;
}

}  // namespace

bool run_demo(const Story& story, const std::string& url) {
  Screen screen{story};
  screen.say(
      screen.paint("A payment service's database gets stuck, and gets well again.", Colour::bold));
  screen.say(std::to_string(story.clients) + " clients pay over HTTP at " + url + ", " +
             in_milliseconds(story.client_timeout) + " timeout.");
  screen.say("The breaker: " + std::to_string(story.failures) + " failures in " +
             in_seconds(story.window) + " open the circuit for " + in_seconds(story.open_for) +
             "; meanwhile");
  screen.say("payments are refused at once, and the fallback queues them for later.");
  if (story.hangs)
    screen.say("In the second run five calls that are out for more than " +
               in_milliseconds(story.overdue_after) + " open it, too.");
  if (story.speed > 1) {
    screen.say("All times are divided by " + std::to_string(story.speed) +
               ": these stand for 5 failures in 10 s, 30 s.");
    screen.say("--real-time runs it in full.");
  }
  if (!story.hangs) show_promise(screen, story);

  CircuitRecord circuit;
  CircuitRecord by_timeout;
  const breaker::FailureCount failures{story.failures, breaker::within(story.window)};
  const Run without = story.hangs ? run_with_breaker(story, url, screen, by_timeout,
                                                     "1. Failures alone open the circuit", failures)
                                  : run_without_breaker(story, url, screen);
  const Run with =
      story.hangs
          ? run_with_breaker(
                story, url, screen, circuit, "2. Calls that hang open it, too",
                any_of(failures, breaker::Overdue{{.limit = story.overdue_after, .calls = 5}}))
          : run_with_breaker(story, url, screen, circuit, "2. With a breaker", failures);
  bool is_right = check(screen, story, without, with, circuit);
  compare(screen, story, without, with);
  if (is_right && !story.hangs) {  // so it opened
    show_outcome(screen, story, with, circuit);
    is_right = show_processes(screen);
  }
  if (!is_right) screen.say(screen.paint("A number above is WRONG.", Colour::red));
  return is_right;
}

}  // namespace demo
