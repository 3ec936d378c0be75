// One act of the demo: processes that call a backend, which dies and comes back.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

/// How the circuits of the processes stand to each other.
enum class Together {
  no,          ///< Each is alone.
  in_a_fleet,  ///< They tell each other, by an agent in each process, over a server.
  on_one,      ///< They are one, of breaker::SharedCircuits.
};

struct Act {
  static constexpr std::chrono::milliseconds bar{100};
  static constexpr int bars = 60;

  Together together = Together::no;
  int processes = 10;   ///< The first two make 100 calls a second, the others 10. At most 16.
  int server_port = 0;  ///< In a fleet.
  int cut_off = 0;      ///< That many of them, the last, never reach the server.
  int sick = 0;         ///< All calls of that many processes fail, from `dies` on.
  std::chrono::milliseconds dies{700};
  std::chrono::milliseconds is_back{3700};  ///< The same as `dies`: it never dies.
  std::chrono::milliseconds ends{5700};
  /// What else happens: to be done at that time.
  struct Event {
    std::chrono::milliseconds at;
    std::function<void(const std::vector<int>& processes)> what;
  };
  std::vector<Event> events = {};
};

struct Outcome {
  std::array<int, Act::bars> doomed = {};  ///< Calls that the dead backend got, by the time.
  int doomed_calls = 0;                    ///< All of them.
  int probes = 0;  ///< Those of them that were probes: their circuit had opened.
  int opened = 0;  ///< Processes that are not sick and whose circuit opened.
  int closed = 0;  ///< Processes whose circuit was closed in the end.
  /// When the last of them closed, after the backend was back.
  std::chrono::milliseconds closed_after{0};
  unsigned long long commands = 0;  ///< That the agents had carried out.
};

/// Play it: it takes as long as `act.ends`. To be called by a process of one thread.
Outcome play(const Act& act);
