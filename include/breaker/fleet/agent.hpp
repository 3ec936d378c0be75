// Agent: speaks for the circuits of this process with those of the same names elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string_view>
#include <unordered_map>

#include "breaker/base/atomic.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/clock.hpp"
#include "breaker/fleet/link.hpp"
#include "breaker/fleet/member.hpp"
#include "breaker/fleet/protocol.hpp"
#include "breaker/fleet/settings.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {

/// Tells the fleet when circuits of this process have tripped, and them what the fleet says. Every
/// circuit still decides by itself; the fleet shortens the way:
/// - "Bad", said by a quorum, lowers the limits of circuits whose policy is advised(). It opens none.
/// - While "bad" stands, few nodes probe at a time; the others wait a while longer.
/// - "Good" lets the next call of an open circuit be its probe. It closes none.
/// - Without its store a fleet is what its circuits are alone.
/// ```
/// breaker::fleet::RedisStore store{{.host = "valkey", .prefix = "shop", .tenant = "prod"}};
/// breaker::fleet::Agent agent{store, circuits, {.quorum = 2}};
/// std::jthread thread{[&](std::stop_token stop) { while (!stop.stop_requested()) agent.step(); }};
/// ```
/// `CircuitSet`: a Registry, fleet::Circuits, or what else has such a `for_each`. `S`: a Store. `Clock`: any
/// steady one.
/// **Thread safety** one thread at a time calls step(), any thread status(). Calls through the circuits
/// never wait for it. **After fork** the child makes a store and an agent of its own.
template <class CircuitSet, Store S, MonotonicClock Clock = SteadyClock>
class Agent {
 public:
  /// **Requires** that store and circuits outlive it. **Throws** ConfigError naming the setting that
  /// is out of its range.
  Agent(S& store, CircuitSet& circuits, const AgentSettings& settings = {}, const Clock& clock = {})
      : circuits_{circuits}, link_{store, seeded(settings), clock} {}
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent() = default;

  /// One turn: wait for news, at most as long as a turn, look at every circuit, and say what there is to
  /// say. It takes no longer than two turns, of 25 ms at least, and one command that is not answered. To
  /// stop is not to call it again.
  /// **Throws** std::bad_alloc. **Complexity** O(circuits): a snapshot each.
  void step() {
    listen();
    link_.begin_turn();
    std::size_t place = 0;
    std::uint32_t verdicts = 0;
    const Ticks now = link_.now();
    const auto visit = [&](std::string_view name, auto& circuit) {
      detail::Member& member = member_at(place++, name);
      member.visit(circuit, link_);
      if (member.has_verdict(now)) ++verdicts;
    };
    if constexpr (requires { circuits_.for_each_in_place(visit); }) {
      circuits_.for_each_in_place(visit);  // a Registry
    } else {
      circuits_.for_each(visit);
    }
    link_.totals().verdicts.store(verdicts, breaker::detail::relaxed);
    if (members_.size() > 2 * place + 100) forget();
  }

  /// **Returns** what it has done, and how it stands.
  [[nodiscard]] AgentStatus status() const noexcept {
    constexpr auto relaxed = breaker::detail::relaxed;
    const detail::Totals& totals = link_.totals();
    return {.is_store_up = totals.is_store_up.load(relaxed),
            .verdicts = totals.verdicts.load(relaxed),
            .commands = totals.commands.load(relaxed),
            .votes = totals.votes.load(relaxed),
            .late = totals.late.load(relaxed),
            .failures = totals.failures.load(relaxed),
            .messages = totals.messages.load(relaxed)};
  }

 private:
  static AgentSettings seeded(AgentSettings settings) {
    detail::validate(settings);
    if (settings.seed == 0) settings.seed = std::random_device{}() | 1U;
    return settings;
  }

  /// Take what was told: the first message ends the waiting, no more than a few hundred are taken.
  void listen() {
    auto most = std::chrono::milliseconds{detail::to_milliseconds(link_.settings().turn.ticks())};
    Message message;
    for (int taken = 0; taken < 500; ++taken) {
      const Heard heard = link_.store().wait(most, message);
      most = std::chrono::milliseconds{0};
      if (heard == Heard::message) {
        const auto found = by_name_.find(message.circuit);
        if (found != by_name_.end()) found->second->hear(message, link_);
      } else {
        if (heard == Heard::lost) ask_anew();
        return;
      }
    }
  }

  void ask_anew() {
    link_.lose();
    for (detail::Member& member : members_) member.query_at(soon());
  }

  /// **Returns** a random time within a second from now, so that not all ask at once.
  Ticks soon() { return link_.now() + link_.any_below(1000 * breaker::detail::millisecond); }

  /// **Returns** the member of that name. Usually it is where it was found last.
  detail::Member& member_at(std::size_t place, std::string_view name) {
    if (place < order_.size() && order_[place]->name() == name) return *order_[place];
    const auto found = by_name_.find(name);
    detail::Member* member = found == by_name_.end() ? nullptr : found->second;
    if (member == nullptr) {
      member = &members_.emplace_back(name);
      member->query_at(soon());
      by_name_.emplace(member->name(), member);
    }
    if (place >= order_.size()) order_.resize(place + 1, member);
    order_[place] = member;
    return *member;
  }

  /// Most of the names that it knows are no more. What is not remembered is never wrong.
  void forget() {
    order_.clear();
    by_name_.clear();
    members_.clear();
  }

  CircuitSet& circuits_;
  detail::Link<S, Clock> link_;
  std::deque<detail::Member> members_;  // stay where they are
  std::unordered_map<std::string_view, detail::Member*> by_name_;
  std::deque<detail::Member*> order_;  // by place in for_each
};

}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
