// A fleet of twelve real processes over a real server, each of whose troubles is played: killed, frozen, restarted empty, slow,
// gone for half of the processes; nodes that are sick, or killed while they have a vote or the right to probe.
//   fleet_chaos [NAME…]    default: all. Half a minute for each of them in turn.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <vector>

#include "act.hpp"
#include "proof/fleet/slow_proxy.hpp"
#include "server.hpp"

namespace {

using namespace std::chrono_literals;

constexpr int processes = 12;

Act act_of(Together together, int port = 0) {
  return {.together = together,
          .processes = processes,
          .server_port = port,
          .dies = 700ms,
          .is_back = 2700ms,
          .ends = 5200ms};
}

int broken = 0;

/// **Returns** what was played, and prints it.
Outcome tell(std::string_view name, const Act& act) {
  const Outcome outcome = play(act);
  std::printf(
      "%-18.*s %3d doomed, %2d probes, %2d closed again after %4lld ms, %2d opened, %3llu "
      "commands\n",
      static_cast<int>(name.size()), name.data(), outcome.doomed_calls, outcome.probes,
      outcome.closed, static_cast<long long>(outcome.closed_after.count()), outcome.opened,
      outcome.commands);
  std::fflush(stdout);
  return outcome;
}

void must(bool holds, const char* what) {
  if (holds) return;
  std::printf("  BROKEN: %s\n", what);
  ++broken;
}

/// As few as alone, or fewer, but for chance.
bool is_no_more(int calls, const Outcome& alone) { return calls <= alone.doomed_calls + 4; }
bool is_as_alone(const Outcome& outcome, const Outcome& alone) {
  const int off = std::abs(outcome.doomed_calls - alone.doomed_calls);
  return off * 20 <= alone.doomed_calls + 20;  // 5 %, and one call
}

struct Trouble {
  const char* name;
  std::function<void(const Outcome& alone)> play;
};

const std::vector<Trouble>& troubles() {
  static const std::vector<Trouble> every{
      {"none",
       [](const Outcome& alone) {
         const Server server;
         const Outcome fleet = tell("fleet", act_of(Together::in_a_fleet, server.port()));
         must(fleet.doomed_calls * 2 <= alone.doomed_calls,
              "no more than half of the doomed calls");
         must(fleet.probes <= 3, "one probe in an open wait");
         must(fleet.closed == processes, "all close again");
       }},
      {"one circuit",
       [](const Outcome&) {
         const Outcome one = tell("one circuit", act_of(Together::on_one));
         must(one.doomed_calls <= 5 + 3 + 2,
              "the limit, calls in flight, and a probe for each wait");
         must(one.closed == processes, "all close again");
       }},
      {"dead",
       [](const Outcome& alone) {
         const Outcome dead = tell("dead all along", act_of(Together::in_a_fleet, 1));
         must(is_as_alone(dead, alone), "as alone");
         must(dead.closed == processes && dead.commands == 0, "as alone");
       }},
      {"frozen",
       [](const Outcome& alone) {
         const Server server;
         Act act = act_of(Together::in_a_fleet, server.port());
         act.events = {{400ms, [&](const auto&) { server.signal(SIGSTOP); }}};
         const Outcome frozen = tell("frozen before", act);
         server.signal(SIGCONT);
         must(is_as_alone(frozen, alone), "as alone");
         must(frozen.closed == processes, "all close again");
       }},
      {"frozen open",
       [](const Outcome& alone) {
         const Server server;
         Act act = act_of(Together::in_a_fleet, server.port());
         act.events = {{1300ms, [&](const auto&) { server.signal(SIGSTOP); }}};
         const Outcome frozen = tell("frozen while open", act);
         server.signal(SIGCONT);
         must(is_no_more(frozen.doomed_calls, alone), "no more than alone");
         must(frozen.closed == processes, "all close again");
       }},
      {"restarted",
       [](const Outcome& alone) {
         Server server;
         Act act = act_of(Together::in_a_fleet, server.port());
         act.events = {{1300ms, [&](const auto&) { server.kill(); }},
                       {1800ms, [&](const auto&) { server.start(); }}};
         const Outcome restarted = tell("restarted empty", act);
         must(is_no_more(restarted.doomed_calls, alone), "no more than alone");
         must(restarted.closed == processes, "all close again");
       }},
      {"slow",
       [](const Outcome& alone) {
         const Server server;
         const SlowProxy proxy{server.port(), 10ms};
         const Outcome slow = tell("slow", act_of(Together::in_a_fleet, proxy.port()));
         must(slow.doomed_calls * 20 <= alone.doomed_calls * 13,
              "two thirds of the doomed calls at most");
         must(slow.closed == processes, "all close again");
       }},
      {"half",
       [](const Outcome& alone) {
         const Server server;
         Act act = act_of(Together::in_a_fleet, server.port());
         act.cut_off = processes / 2;
         const Outcome half = tell("half cut off", act);
         must(is_no_more(half.doomed_calls, alone), "no more than alone");
         must(half.closed == processes, "all close again");
       }},
      {"killed",
       [](const Outcome& alone) {
         const Server server;
         Act act = act_of(Together::in_a_fleet, server.port());
         act.events = {
             {1400ms,
              [](const std::vector<int>& all) {  // the first voters, of whom one would probe
                for (const std::size_t i : {std::size_t{0}, std::size_t{1}})
                  ::kill(all[i], SIGKILL);
              }}};
         const Outcome killed = tell("voters killed", act);
         must(is_no_more(killed.doomed_calls, alone), "no more than alone");
         must(killed.closed >= processes - 2, "the others close again");
       }},
      {"sick",
       [](const Outcome&) {
         const Server server;
         Act act = act_of(Together::in_a_fleet, server.port());
         act.is_back = act.dies;
         act.sick = 1;
         must(tell("one sick", act).opened == 0, "one sick node opens no other");
         act.sick = 2;
         must(tell("two sick", act).opened <= 2, "two sick nodes open two at most");
       }},
  };
  return every;
}

}  // namespace

int main(int count, char** arguments) {
  if (!Server{}.runs()) {
    std::puts("SKIPPED: there is no redis-server (Debian: redis-server)");
    return 0;
  }
  const std::vector<std::string_view> wanted(arguments + 1, arguments + count);
  const Outcome alone = tell("alone", act_of(Together::no));
  must(alone.closed == processes, "all close again");
  for (const Trouble& trouble : troubles()) {
    const bool is_wanted = std::find(wanted.begin(), wanted.end(), trouble.name) != wanted.end();
    if (wanted.empty() || is_wanted) trouble.play(alone);
  }
  std::printf("%d broken\n", broken);
  return broken == 0 ? 0 : 1;
}
