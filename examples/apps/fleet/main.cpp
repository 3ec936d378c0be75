// Ten processes call one backend, which is killed and comes back: each with a circuit of its own, in a fleet, and all on one
// circuit. Ends within 10 s. Needs a redis-server or valkey-server for the fleet, which it starts itself.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "act.hpp"
#include "server.hpp"

namespace {

/// Play an act in a process of its own, beside others.
class Beside {
 public:
  explicit Beside(const Act& act) {
    int ends[2];
    if (::pipe(ends) != 0) return;
    process_ = ::fork();
    if (process_ == 0) {
      const Outcome outcome = play(act);
      ::_exit(::write(ends[1], &outcome, sizeof outcome) == sizeof outcome ? 0 : 1);
    }
    ::close(ends[1]);
    from_ = ends[0];
  }

  Outcome outcome() const {
    Outcome outcome;
    if (::read(from_, &outcome, sizeof outcome) != sizeof outcome)
      std::puts("an act was broken off");
    ::close(from_);
    ::waitpid(process_, nullptr, 0);
    return outcome;
  }

 private:
  pid_t process_ = -1;
  int from_ = -1;
};

/// Bars, the highest of which stands for `most`.
std::string bars_of(const Outcome& outcome, int most) {
  static constexpr const char* heights[] = {"·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string text;
  for (const int calls : outcome.doomed) text += heights[calls == 0 ? 0 : 1 + calls * 7 / most];
  return text;
}

void tell(const char* title, const Act& act, const Outcome& outcome, int most) {
  std::printf("%s\n  %s\n", title, bars_of(outcome, most).c_str());
  std::printf("  %d doomed calls\n  %d of them probes at the dead backend\n", outcome.doomed_calls,
              outcome.probes);
  if (outcome.closed == act.processes)
    std::printf("  all closed %.1f s after it was back\n\n",
                static_cast<double>(outcome.closed_after.count()) / 1e3);
  else
    std::printf("  %d of %d closed in the end\n\n", outcome.closed, act.processes);
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1) {
    std::puts(
        "breaker-fleet shows ten processes and a backend that dies, in ten seconds. It takes no "
        "arguments.");
    return std::string_view{arguments[1]} == "--help" ? 0 : 2;
  }
  Server server;
  const Act alone{};
  Act fleet{.together = Together::in_a_fleet};
  fleet.server_port = server.port();
  const Act one{.together = Together::on_one};

  std::puts(
      "Ten processes call a backend, which is killed after 0.7 s and is back after 3.7 s. A bar: "
      "doomed calls in 100 ms.\n");
  std::fflush(stdout);
  const Beside first{alone};
  const Beside second{server.runs() ? fleet : alone};
  const Beside third{one};
  const Outcome outcomes[] = {first.outcome(), second.outcome(), third.outcome()};

  int most = 1;
  for (const Outcome& outcome : outcomes)
    most = std::max(most, *std::max_element(outcome.doomed.begin(), outcome.doomed.end()));
  tell("each alone", alone, outcomes[0], most);
  if (server.runs())
    tell("in a fleet", fleet, outcomes[1], most);
  else
    std::puts("in a fleet: left out, there is no redis-server (Debian: redis-server)\n");
  tell("all on one circuit, in shared memory", one, outcomes[2], most);

  const bool fleet_helps = !server.runs() || outcomes[1].doomed_calls < outcomes[0].doomed_calls;
  return fleet_helps && outcomes[2].doomed_calls < outcomes[0].doomed_calls ? 0 : 1;
}
