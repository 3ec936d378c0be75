// What the tests of faults on the wire have in common: a server in a process of its own, callers that
// never pause, and the faults, which come and go in random order.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/transition_log.hpp"
#include "proof/wire/shared.hpp"
#include "support/catch.hpp"
#include "support/loopback.hpp"
#include "support/process.hpp"

namespace wire {

using namespace std::chrono_literals;

inline constexpr int probes = 2;
inline constexpr std::chrono::milliseconds timeout{50};  // of the clients
inline constexpr breaker::Config config =
    breaker::checked({.open_for = 20ms,
                      .probes = probes,
                      .close_after = 1,  // the first verdict ends the generation …
                      .reopen_after = 1,
                      .probe_lease = 5s,  // … for no probe is ever out for so long
                      .retry_after_max = 40ms});

inline bool holds_within(std::chrono::milliseconds time, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(500us);
  }
  return true;
}

/// The server's process, and the page that it shares with us.
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
  /// **Returns** how many requests of this generation have arrived.
  [[nodiscard]] int arrived(breaker::Generation generation) const {
    return (*shared_)->arrived[generation % Shared::generations];
  }
  /// **Returns** how many payments the server has made.
  [[nodiscard]] int paid() const { return (*shared_)->paid; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  const int port_ = free_port();
  std::filesystem::path path_;
  std::optional<Mapping> shared_;
  std::optional<Process> process_;
};

/// Threads, each of which does one thing again and again until they are stopped.
class Callers {
 public:
  /// `make()` makes what a thread repeats.
  template <class Make>
  Callers(int count, const Make& make) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, call = make()]() mutable {
        while (!stops_) call();
      });
    }
  }
  ~Callers() { stop(); }

  void stop() {
    stops_ = true;
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }

 private:
  std::atomic<bool> stops_{false};
  std::vector<std::thread> threads_;
};

/// Faults, one after the other, in random order: while the callers go on, the circuit opens at each and
/// recovers from it.
class Faults {
 public:
  Faults(Server& server, const breaker::TransitionLog& log) : server_{server}, log_{log} {}

  /// `longest_wait`: what the circuit waits where the server asks for more than it may.
  void come_and_go(std::chrono::milliseconds longest_wait) {
    std::mt19937 random{seed};
    auto order = all;
    for (int cycle = 0; cycle < cycles; ++cycle) {
      const std::size_t place = static_cast<std::size_t>(cycle) % order.size();
      if (place == 0) std::shuffle(order.begin(), order.end(), random);
      const Manner fault = order[place];
      CAPTURE(seed, cycle, int(fault));
      const auto waited = fault == Manner::unavailable ? longest_wait : 20ms;
      come(fault, waited, random() % 3);
      go(fault);
    }
  }

  /// `BREAKER_WIRE_SEED`: the order of the faults, as a run before had it.
  const unsigned seed = set_by("BREAKER_WIRE_SEED", std::random_device{}());
  /// `BREAKER_WIRE_CYCLES`: so many faults; a multiple of six shows each equally often.
  const int cycles = static_cast<int>(set_by("BREAKER_WIRE_CYCLES", 204));

 private:
  static unsigned set_by(const char* name, unsigned otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
  }

  static constexpr std::array all{Manner::is_gone, Manner::resets,      Manner::stalls,
                                  Manner::drips,   Manner::unavailable, Manner::is_killed};

  /// Some faults outlast the first probes, so that the circuit opens `again`.
  void come(Manner fault, std::chrono::milliseconds waited, std::size_t again) {
    const std::size_t before = log_.size();
    server_.set_manner(fault);
    if (fault == Manner::is_killed) server_.kill();
    REQUIRE(holds_within(30s, [&] { return openings(before, waited) > again; }));
  }
  void go(Manner fault) {
    server_.set_manner(Manner::answers);
    if (fault == Manner::is_killed) server_.start();
    REQUIRE(holds_within(30s, [&] { return log_.last().to == breaker::State::closed; }));
  }

  /// **Returns** how many openings for so long there were since there were `before` transitions. (On a
  /// busy machine an answer may come too late although nothing is wrong: then the circuit opens, too.)
  [[nodiscard]] std::size_t openings(std::size_t before, std::chrono::milliseconds waited) const {
    const auto all_so_far = log_.transitions();
    return static_cast<std::size_t>(std::count_if(
        all_so_far.begin() + static_cast<std::ptrdiff_t>(before), all_so_far.end(),
        [&](const breaker::Transition& transition) {
          return transition.to == breaker::State::open && transition.open_for == waited;
        }));
  }

  Server& server_;
  const breaker::TransitionLog& log_;
};

/// **Returns** how often the circuit recovered.
inline int recoveries(const breaker::TransitionLog& log) {
  const auto all = log.transitions();
  return static_cast<int>(std::count_if(all.begin(), all.end(), [](const auto& transition) {
    return transition.reason == breaker::Reason::probes_succeeded;
  }));
}

/// Of each generation no more probes arrived at the server than there may be, of one that closed the
/// circuit at least one, and none was lost. **Returns** the most that arrived of one.
inline int check_probes(const Server& server, const breaker::TransitionLog& log) {
  int most = 0;
  for (const breaker::Transition& transition : log.transitions()) {
    CHECK(transition.reason != breaker::Reason::probe_lost);
    if (transition.to == breaker::State::half_open) {
      CHECK(server.arrived(transition.generation) <= probes);
      most = std::max(most, server.arrived(transition.generation));
    }
    if (transition.reason == breaker::Reason::probes_succeeded)
      CHECK(server.arrived(transition.generation - 1) >= 1);
  }
  CHECK(most == probes);
  return most;
}

}  // namespace wire
