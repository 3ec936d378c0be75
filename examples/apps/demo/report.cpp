// The end of the demo, see report.hpp.
#include "report.hpp"

#include <algorithm>
#include <string>

namespace demo {

namespace {

int count(const Run& run, Answer answer) {
  return static_cast<int>(std::ranges::count(run.payments, answer, &Payment::answer));
}

Clock::duration waited(const Run& run) {
  Clock::duration sum{};
  for (const Payment& payment : run.payments) sum += payment.took;
  return sum;
}

/// **Returns** the time that `percent` of the payments did not exceed.
Clock::duration percentile(const Run& run, std::size_t percent) {
  std::vector<Clock::duration> times;
  times.reserve(run.payments.size());
  for (const Payment& payment : run.payments) times.push_back(payment.took);
  if (times.empty()) return {};
  std::ranges::sort(times);
  return times.at((times.size() * percent + 99) / 100 - 1);
}

/// **Returns** "closed -> open -> …".
std::string path_of(std::vector<breaker::Transition> transitions) {
  // Those of different threads may be told out of order; their generations tell it.
  std::ranges::sort(transitions, {}, &breaker::Transition::generation);
  std::string path = "closed";
  for (const breaker::Transition& transition : transitions)
    path += std::string{" -> "} + to_string(transition.to);
  return path;
}

}  // namespace

bool check(Screen& screen, const Story& story, const Run& without, const Run& with,
           const CircuitRecord& circuit) {
  screen.say();
  screen.say(screen.paint("Do the numbers add up?", Colour::bold));
  bool all = true;
  const auto require = [&](bool holds, const std::string& what) {
    screen.say(
        (holds ? screen.paint("ok     ", Colour::green) : screen.paint("WRONG  ", Colour::red)) +
        what);
    all = all && holds;
  };
  const auto text = [](auto number) { return std::to_string(number); };

  for (const Run* run : {&without, &with}) {
    const int paid = count(*run, Answer::paid);
    const int queued = count(*run, Answer::queued);
    const int failed = count(*run, Answer::failed);
    const Statistics& service = run->service;
    const std::string which = run == &with ? "with:    " : "without: ";
    require(paid + queued + failed == story.payments(),
            which + text(story.payments()) + " payments = " + text(paid) + " paid + " +
                text(queued) + " queued + " + text(failed) + " failed");
    require(run->sent == service.arrived && service.paid + service.failed == service.arrived,
            which + text(run->sent) + " calls sent = " + text(service.arrived) +
                " the service got = " + text(service.paid) + " paid + " + text(service.failed) +
                " failed");
    require(paid <= service.paid && paid > 0 && failed > 0,
            which + "no client believes in a payment that the service did not make");
  }

  const breaker::CallTotals& totals = circuit.totals;
  require(totals.admitted == totals.succeeded + totals.failed + totals.ignored + totals.stale,
          "circuit: " + text(totals.admitted) + " admitted = " + text(totals.succeeded) +
              " succeeded + " + text(totals.failed) + " failed + " + text(totals.ignored) +
              " ignored + " + text(totals.stale) + " stale");
  require(totals.refused == static_cast<std::uint64_t>(count(with, Answer::queued)) &&
              totals.admitted + totals.refused == with.payments.size(),
          "circuit: " + text(totals.admitted) + " admitted + " + text(totals.refused) +
              " refused = " + text(with.payments.size()) + " payments, each refusal queued");
  require(with.service.arrived_while_stuck < without.service.arrived_while_stuck &&
              waited(with) < waited(without),
          "circuit: fewer calls reached the sick service, and clients waited less");
  const std::string path = path_of(circuit.transitions);
  // A busy machine may answer too late in the end, too.
  require(path.starts_with("closed -> open -> half_open -> closed"), "circuit: " + path);
  return all;
}

void compare(Screen& screen, const Story& story, const Run& without, const Run& with) {
  const auto row = [&](const char* what, const std::string& left, const std::string& right,
                       Colour colour = Colour::plain) {
    screen.say(fit(what, 38) + fit(left, -17) + "  " + screen.paint(fit(right, -16), colour));
  };
  const auto numbers = [&](const char* what, int left, int right, Colour colour = Colour::plain) {
    row(what, std::to_string(left), std::to_string(right), colour);
  };

  screen.say();
  screen.say("without  " + screen.ribbon(without.payments));
  screen.say("with     " + screen.ribbon(with.payments));
  screen.say("         " + screen.paint("+", Colour::green) + " paid   " +
             screen.paint("x", Colour::red) + " failed   " + screen.paint("q", Colour::yellow) +
             " queued by the fallback   (what most got)");
  screen.say();
  row("", story.hangs ? "failures alone" : "without a breaker",
      story.hangs ? "overdue calls" : "with a breaker", Colour::bold);
  numbers("calls that reached the sick service", without.service.arrived_while_stuck,
          with.service.arrived_while_stuck, Colour::green);
  row("time clients waited, in total", in_seconds(waited(without)), in_seconds(waited(with)),
      Colour::green);
  const auto long_waits = [&](const Run& run) {
    return static_cast<int>(std::ranges::count_if(
        run.payments, [&](const Payment& payment) { return payment.took > story.overdue_after; }));
  };
  if (story.hangs)
    numbers("payments that took too long", long_waits(without), long_waits(with), Colour::green);
  row("latency of a payment, p50", in_milliseconds(percentile(without, 50)),
      in_milliseconds(percentile(with, 50)), Colour::green);
  row("latency of a payment, p99", in_milliseconds(percentile(without, 99)),
      in_milliseconds(percentile(with, 99)), Colour::green);
  numbers("payments", static_cast<int>(without.payments.size()),
          static_cast<int>(with.payments.size()));
  numbers("  paid", count(without, Answer::paid), count(with, Answer::paid));
  numbers("  answered from the fallback", count(without, Answer::queued),
          count(with, Answer::queued), Colour::green);
  numbers("  failed", count(without, Answer::failed), count(with, Answer::failed), Colour::green);
  screen.say();
  const int spared = without.service.arrived_while_stuck - with.service.arrived_while_stuck;
  const auto bold = [&](const std::string& line) { screen.say(screen.paint(line, Colour::bold)); };
  bold("The breaker spared the sick service " + std::to_string(spared) +
       " calls, and the clients " + in_seconds(waited(without) - waited(with)) + " of waiting.");
  bold(std::to_string(count(with, Answer::queued)) + " payments were queued at once; " +
       std::to_string(count(with, Answer::failed)) + " failed instead of " +
       std::to_string(count(without, Answer::failed)) + ".");
}

}  // namespace demo
