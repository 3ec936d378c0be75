// Agent: the rules of a fleet, one test each, without a thread and on a clock that moves when told.
#include "breaker/fleet/agent.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/fleet/fleet.hpp"
#include "breaker/registry.hpp"
#include "support/catch.hpp"
#include "support/fleet.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using fleet_test::Fleet;
using fleet_test::Node;

namespace {

const Config config{.open_for = 1s};

/// All have asked what there is to know, and two find the backend down.
void find_down(Fleet& fleet) {
  fleet.pass(2s);
  fleet[0].fail(5);
  fleet[1].fail(5);
  fleet.turn();
  fleet.turn();
}

}  // namespace

TEST_CASE("fleet: a quorum that says bad lowers the limits of the others, and opens none") {
  Fleet fleet{3, config};
  find_down(fleet);
  for (int i = 0; i < 40; ++i) {
    fleet.pass(25ms);
    CHECK(fleet[2].call(true));
  }
  CHECK(fleet[2].agent.status().verdicts == 1);
  CHECK(fleet[2].circuit.snapshot().transitions == 0);

  fleet[2].fail(1);
  CHECK(fleet[2].circuit.state() == State::closed);
  fleet[2].fail(1);
  CHECK(fleet[2].circuit.state() == State::open);
}

TEST_CASE("fleet: one node alone lowers nobody's limits") {
  Fleet fleet{3, config};
  fleet.pass(2s);
  for (int i = 0; i < 20; ++i) {
    fleet[0].fail(5);
    fleet.pass(250ms);
    CHECK(fleet[2].agent.status().verdicts == 0);
    fleet[2].fail(4);
    fleet[2].call(true);
  }
  CHECK(fleet[2].circuit.snapshot().transitions == 0);
}

TEST_CASE("fleet: processes of one voter are one vote") {
  Fleet fleet{3, config};
  fleet.nodes.clear();
  for (int i = 0; i < 3; ++i)
    fleet.nodes.emplace_back(fleet.hub, fleet.clock, config, fleet::AgentSettings{.voter = "host"});
  fleet.pass(2s);
  fleet[0].fail(5);
  fleet[1].fail(5);
  fleet.pass(100ms);
  CHECK(fleet[2].agent.status().verdicts == 0);
}

TEST_CASE("fleet: what a node has seen before the news counts, and its own evidence opens it") {
  Fleet fleet{3, config};
  fleet.pass(2s);
  fleet[2].fail(2);
  fleet[0].fail(5);
  fleet[1].fail(5);
  fleet.turn();
  fleet.turn();
  CHECK(fleet[2].circuit.state() != State::closed);
  CHECK(fleet[2].circuit.snapshot().transitions == 1);
  CHECK(fleet[2].circuit.why().reason == Reason::policy);
  CHECK(fleet[2].circuit.why().limits == Limits{{2}});
}

TEST_CASE("fleet: who trips under advice asks whether to probe at once, and does not vote") {
  Fleet fleet{4, config};
  find_down(fleet);
  fleet[2].fail(2);
  fleet.turn();
  CHECK(fleet[2].agent.status().votes == 0);
  CHECK(fleet[2].circuit.would_admit());  // nobody else probes
  CHECK(fleet[2].call(true));
  fleet.turn();
  fleet.turn();
  CHECK(fleet[2].circuit.state() == State::closed);
  CHECK(fleet[0].agent.status().verdicts == 0);

  CHECK(fleet::detail::score_of(fleet[0].circuit, fleet[0].circuit.why()) == 100);
}

TEST_CASE(
    "fleet: where the store has forgotten the verdict, who trips under advice votes for what was "
    "seen") {
  Fleet fleet{4, config};
  find_down(fleet);
  fleet.hub.set_up(false);
  fleet.hub.set_up(true);
  fleet[2].fail(2);
  CHECK(fleet::detail::score_of(fleet[2].circuit, fleet[2].circuit.why()) == 40);
  fleet[2].agent.step();
  fleet[2].agent.step();
  CHECK(fleet[2].agent.status().votes == 1);
  fleet::MemoryStore other{fleet.hub};
  const auto now = other.exchange("payments", {}).now;
  for (const std::uint32_t score : {100u, 59u})
    CHECK(other
              .exchange("payments",
                        {.op = fleet::Op::vote, .voter = "x", .score = score, .sent = now})
              .bad_for == 0);
  CHECK(other.exchange("payments", {.op = fleet::Op::vote, .voter = "y", .score = 60, .sent = now})
            .bad_for == 0);
  CHECK(other.exchange("payments", {.op = fleet::Op::vote, .voter = "x", .score = 100, .sent = now})
            .bad_for > 0);
}

TEST_CASE("fleet: while bad stands one probe at a time goes out") {
  Fleet fleet{12, config};
  find_down(fleet);
  for (Node& node : fleet.nodes) node.fail(5);
  int probes = 0;
  for (int i = 0; i < 10 * 40; ++i) {  // 10 s, a dead backend, calls all the time
    fleet.pass(25ms);
    for (Node& node : fleet.nodes) probes += node.call(false) ? 1 : 0;
  }
  CHECK(probes <= 10);  // 120 alone
  CHECK(probes >= 5);
}

TEST_CASE("fleet: a success of the one that probes opens the way for all, within the spread") {
  const auto spread = GENERATE(std::chrono::milliseconds{0}, std::chrono::milliseconds{500});
  Fleet fleet{12, config, {.spread = spread}};
  find_down(fleet);
  for (Node& node : fleet.nodes) node.fail(5);
  for (int i = 0; i < 3 * 40; ++i) {
    fleet.pass(25ms);
    for (Node& node : fleet.nodes) node.call(false);
  }
  int closed = 0;
  for (int i = 0; i < 40 * 2 && closed == 0; ++i) {  // it comes back
    fleet.pass(25ms);
    for (Node& node : fleet.nodes) {
      node.call(true);
      closed += node.circuit.state() == State::closed ? 1 : 0;
    }
  }
  CHECK(closed == 1);

  fleet.pass(spread + 50ms);
  closed = 0;
  for (Node& node : fleet.nodes) {
    node.call(true);
    closed += node.circuit.state() == State::closed ? 1 : 0;
    CHECK(node.agent.status().verdicts == 0);
  }
  CHECK(closed == 12);
}

TEST_CASE("fleet: good closes none, and opens none that waits by hand") {
  Fleet fleet{4, config};
  find_down(fleet);
  fleet[3].circuit.trip(1h);
  fleet.turn();
  fleet.pass(1s);
  CHECK(int{fleet[0].call(true)} + int{fleet[1].call(true)} == 1);
  fleet.pass(50ms);
  CHECK(fleet[0].agent.status().verdicts == 0);
  CHECK(fleet[3].circuit.saved().left > 59min);
  CHECK(fleet[2].circuit.snapshot().transitions == 0);
}

TEST_CASE(
    "fleet: who waits for a probe that fails elsewhere is next within an open wait and a half") {
  Fleet fleet{2, config};
  find_down(fleet);
  fleet.pass(1s);
  const std::size_t first = fleet[0].circuit.would_admit() ? 0 : 1;
  CHECK(fleet[first].call(false));
  Node& other = fleet[1 - first];
  int waited = 0;
  for (; !other.circuit.would_admit() && waited < 200; ++waited) fleet.pass(25ms);
  CHECK(waited * 25 >= 900);
  CHECK(waited * 25 <= 1600);  // the right of the first would last for 3 s
}

TEST_CASE("fleet: a prober that dies holds nobody up longer than its lease and an open wait") {
  Fleet fleet{2, config};
  find_down(fleet);
  int refused = 0;
  fleet.pass(900ms);
  fleet.pass(100ms);  // one has the right to probe; nobody calls through it
  std::size_t holder = fleet[0].circuit.would_admit() ? 0 : 1;
  CHECK(fleet[holder].circuit.would_admit());
  CHECK_FALSE(fleet[1 - holder].circuit.would_admit());
  fleet[holder].store.is_cut_off = true;
  Node& other = fleet[1 - holder];
  while (!other.circuit.would_admit() && refused < 1000) {
    fleet.pass(25ms);
    ++refused;
  }
  CHECK(refused * 25 <= 4000);
}

TEST_CASE("fleet: who holds all rights to probe delays a node by three of its open waits at most") {
  Fleet fleet{2, config};
  find_down(fleet);
  fleet::MemoryStore bad_node{fleet.hub};
  int waited = 0;
  const auto hold = [&] {
    const auto now = bad_node.exchange("payments", {}).now;
    bad_node.exchange("payments",
                      {.op = fleet::Op::ask, .voter = "bad", .lease = 60'000, .sent = now});
    bad_node.exchange("payments",
                      {.op = fleet::Op::vote, .voter = "bad", .open = 60'000, .sent = now});
  };
  while (!fleet[0].circuit.would_admit() && waited < 1000) {
    hold();
    fleet.pass(25ms);
    ++waited;
  }
  CHECK(waited * 25 >= 1000);
  CHECK(waited * 25 <= 4100);
}

TEST_CASE("fleet: who forges failed probes, too, delays a node by ten of its open waits at most") {
  Fleet fleet{2, config};
  find_down(fleet);
  fleet::MemoryStore bad_node{fleet.hub};
  int waited = 0;
  for (; !fleet[0].circuit.would_admit() && waited < 1000; ++waited) {
    const auto now = bad_node.exchange("payments", {}).now;
    for (const fleet::Op op : {fleet::Op::probe_failed, fleet::Op::vote, fleet::Op::ask})
      bad_node.exchange("payments", {.op = op, .voter = "bad", .lease = 60'000, .sent = now});
    fleet.pass(25ms);
  }
  CHECK(waited * 25 > 4100);
  CHECK(waited * 25 <= 11'100);
}

TEST_CASE("fleet: who waits for others and loses the store goes back to its own deadline at once") {
  Fleet fleet{2, config};
  find_down(fleet);
  fleet.pass(1000ms);
  const std::size_t waiting = fleet[0].circuit.would_admit() ? 1 : 0;
  CHECK_FALSE(fleet[waiting].circuit.would_admit());
  fleet.hub.set_up(false);
  int turns = 0;
  while (!fleet[waiting].circuit.would_admit() && turns < 400) {
    fleet.pass(25ms);
    ++turns;
  }
  CHECK(turns <= 1);
}

TEST_CASE("fleet: a store that is gone leaves what the circuits are alone") {
  // Twins: the same calls, with an agent whose store always fails and with none.
  Fleet fleet{4, config};
  fleet.hub.set_up(false);
  std::vector<std::unique_ptr<Node::Circuit>> alone;
  for (std::size_t i = 0; i < 4; ++i)
    alone.push_back(std::make_unique<Node::Circuit>(
        config, fleet.clock, advised(ConsecutiveFailures{5}), named("payments")));
  std::mt19937 random{7};
  std::uint64_t calls = 0;
  for (int i = 0; i < 20'000; ++i) {
    const bool is_down = i / 2000 % 2 == 1;
    fleet.clock.advance(std::chrono::microseconds{random() % 5000});
    const std::size_t n = random() % 4;
    if (random() % 3 == 0) fleet[n].agent.step();
    const bool succeeds = is_down ? random() % 20 == 0 : random() % 20 != 0;
    auto permit = alone[n]->try_acquire();
    const bool admitted = static_cast<bool>(permit);
    if (admitted) permit.settle(succeeds ? Verdict::success : Verdict::failure);
    REQUIRE(fleet[n].call(succeeds) == admitted);
    REQUIRE(fleet[n].circuit.why() == alone[n]->why());
    REQUIRE(fleet[n].circuit.saved() == alone[n]->saved());
    calls += admitted ? 1 : 0;
  }
  CHECK(alone[0]->snapshot().transitions > 10);
  CHECK(calls > 9000);
  CHECK(fleet[0].agent.status().failures > 10);
  CHECK(fleet[0].agent.status().commands == 0);
}

TEST_CASE("fleet: a healthy fleet says nothing") {
  Fleet fleet{3, config};
  fleet.pass(2s);
  const auto commands = fleet.hub.commands();
  CHECK(commands == 3);  // one question each, at the beginning
  for (int i = 0; i < 1000; ++i) {
    for (Node& node : fleet.nodes) node.call(i % 3 != 0);
    fleet.pass(100ms);
  }
  CHECK(fleet.hub.commands() == commands);
}

TEST_CASE(
    "fleet: a command that the store refuses as late is said once more, with the right time") {
  ManualClock clock;
  ManualClock clock_of_store;
  clock.set(1h);
  clock_of_store.set(1h);
  fleet::MemoryHub hub = fleet_test::hub_with(clock_of_store);
  Node node{hub, clock, config, {.seed = 1}};
  for (int i = 0; i < 80; ++i) {
    clock.advance(25ms);
    clock_of_store.advance(25ms);
    node.agent.step();
  }
  CHECK(node.agent.status().commands == 1);

  clock_of_store.advance(5s);  // as if the command had been in a queue for so long
  node.fail(5);
  node.agent.step();
  CHECK(node.agent.status().late == 1);
  CHECK(node.agent.status().votes == 0);
  node.agent.step();
  CHECK(node.agent.status().late == 1);
  CHECK(node.agent.status().votes == 1);
}

TEST_CASE("fleet: a forged verdict is clamped, and opens none") {
  Fleet fleet{2, config, {.longest_verdict = 10s}};
  fleet.pass(2s);
  fleet::MemoryStore bad_node{fleet.hub};
  const auto now = bad_node.exchange("payments", {}).now;
  for (const char* const voter : {"x", "y"}) {
    bad_node.exchange(
        "payments",
        {.op = fleet::Op::vote, .voter = voter, .lease = ~0ull, .open = ~0ull, .sent = now});
  }
  fleet.turn();
  CHECK(fleet[0].agent.status().verdicts == 1);
  for (int i = 0; i < 9; ++i) {
    fleet.pass(1s);
    CHECK(fleet[0].call(true));
  }
  fleet.pass(1s);
  CHECK(fleet[0].agent.status().verdicts == 0);
  fleet[0].fail(4);
  CHECK(fleet[0].circuit.state() == State::closed);
}

TEST_CASE("fleet: messages that are old, of a time to come, or of unknown circuits do nothing") {
  using breaker::detail::ticks_max;
  Fleet fleet{1, config};
  fleet.pass(2s);
  fleet::detail::Link<fleet_test::Polled, ManualClock> link{
      fleet[0].store, {.seed = 1}, fleet.clock};
  link.begin_turn();
  fleet::detail::Member member{"payments"};
  const auto told = [&](fleet::Milliseconds epoch) {
    member.hear({"payments", true, epoch, 1000}, link);
    member.visit(fleet[0].circuit, link);
    return member.has_verdict(link.now());
  };
  CHECK_FALSE(told(5));  // the store's time is not known
  const auto now = link.exchange("payments", fleet::Op::query, 100, 0).now;
  CHECK_FALSE(told(now + 2000));
  CHECK_FALSE(told(0));
  CHECK(told(now));
  fleet.clock.advance(2s);
  CHECK_FALSE(told(now));
  CHECK(told(now + 1));
}

TEST_CASE("fleet: a new node, or one that was cut off, learns of a verdict that stands") {
  Fleet fleet{3, config};
  fleet[2].store.is_cut_off = true;
  fleet.pass(2s);
  fleet[0].fail(5);
  fleet[1].fail(5);
  fleet.pass(500ms);
  CHECK(fleet[2].agent.status().verdicts == 0);
  fleet[2].store.is_cut_off = false;
  for (int i = 0; i < 120 && fleet[2].agent.status().verdicts == 0; ++i) {
    fleet.pass(25ms);
    fleet[0].fail(5);
    fleet[1].fail(5);
  }
  CHECK(fleet[2].agent.status().verdicts == 1);
}

TEST_CASE("fleet: who does not know the store's time yet asks when it is told something") {
  Fleet fleet{3, config};
  fleet.turn();
  fleet[0].fail(5);
  fleet[1].fail(5);
  fleet.turn();
  fleet.turn();
  CHECK(fleet[2].agent.status().verdicts == 1);
}

TEST_CASE("fleet: a store that was restarted empty is told of the next outage") {
  Fleet fleet{4, config};
  find_down(fleet);
  fleet.hub.set_up(false);
  fleet.pass(200ms);
  fleet.hub.set_up(true);
  fleet.pass(10s);
  CHECK(fleet[2].agent.status().is_store_up);
  CHECK(fleet[2].agent.status().verdicts == 0);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    CHECK(fleet[i].call(true));
    fleet[i].fail(5);
  }
  fleet.pass(50ms);
  CHECK(fleet[2].agent.status().verdicts == 1);
}

TEST_CASE("fleet: what the store did not hear is said again while it is true") {
  Fleet fleet{2, config};
  fleet.pass(2s);
  fleet[0].store.is_cut_off = true;
  fleet[0].fail(5);
  fleet.turn();
  CHECK(fleet[0].agent.status().failures == 1);

  SECTION("within a lease, here of 3 s") {
    fleet[0].store.is_cut_off = false;
    fleet.pass(2s);  // it leaves the store alone for as long at most
    CHECK(fleet[0].agent.status().votes == 1);
    fleet[1].fail(5);
    fleet.turn();
    CHECK(fleet[1].agent.status().verdicts == 1);
    fleet.pass(10s);
    CHECK(fleet[0].agent.status().votes == 1);
  }
  SECTION("not later") {
    fleet.pass(3s);
    fleet[0].store.is_cut_off = false;
    fleet.pass(10s);
    CHECK(fleet[0].agent.status().is_store_up);
    CHECK(fleet[0].agent.status().votes == 0);
  }
  SECTION("not of a circuit that has moved on") {
    fleet[0].store.is_cut_off = false;
    fleet[0].circuit.reset();
    fleet.pass(10s);
    CHECK(fleet[0].agent.status().is_store_up);
    CHECK(fleet[0].agent.status().votes == 0);
  }
}

TEST_CASE("fleet: an agent looks after a registry, and forgets names that are no more") {
  ManualClock clock;
  clock.set(1h);
  fleet::MemoryHub hub = fleet_test::hub_with(clock);
  fleet_test::Polled store{hub};
  Registry circuits{{.capacity = 2000, .config = config}, clock, ConsecutiveFailures{1}};
  fleet::Agent agent{store, circuits, {.quorum = 1, .seed = 3}, clock};
  for (int i = 0; i < 1000; ++i) circuits.of(std::to_string(i));
  for (int i = 0; i < 60; ++i) {
    agent.step();
    clock.advance(25ms);
  }
  CHECK(hub.commands() == 1000);
  circuits.of("7").try_acquire().failure();
  agent.step();
  CHECK(agent.status().votes == 1);
  CHECK(agent.status().verdicts == 1);

  for (int i = 0; i < 900; ++i) circuits.erase(std::to_string(i));
  agent.step();
  agent.step();
  for (int i = 0; i < 60; ++i) {
    agent.step();
    clock.advance(25ms);
  }
  CHECK(hub.commands() == 1000 + 1 + 100);
}

TEST_CASE("fleet: a link asks for the store's time before it says anything") {
  Fleet fleet{1, config};
  fleet::detail::Link<fleet_test::Polled, ManualClock> link{
      fleet[0].store, {.turn = 1s, .seed = 1}, fleet.clock};
  fleet[0].store.is_cut_off = true;
  CHECK(link.exchange("payments", fleet::Op::vote, 100, 0).kind == fleet::Answer::Kind::failed);
  CHECK(fleet[0].store.commands == 1);
  fleet[0].store.is_cut_off = false;

  CHECK(link.exchange("payments", fleet::Op::vote, 100, 0).kind == fleet::Answer::Kind::done);

  CHECK(fleet[0].store.commands == 3);
  fleet.clock.advance(2s);
  link.begin_turn();
  fleet.clock.advance(1s);
  CHECK(link.may_speak());
  fleet.clock.advance(1ns);
  CHECK_FALSE(link.may_speak());  // the turn is over
  CHECK(fleet::detail::from_milliseconds(~0ull) ==
        fleet::detail::from_milliseconds(1'000'000'000'000));
}

TEST_CASE("fleet: a turn takes no more than a few hundred messages, and none of other circuits") {
  Fleet fleet{1, config};
  fleet.pass(2s);
  fleet::MemoryStore other{fleet.hub};
  for (int i = 0; i < 300; ++i) {
    const auto now = other.exchange("orders", {}).now;
    other.exchange("orders", {.op = fleet::Op::vote, .voter = "x", .quorum = 100, .sent = now});
    other.exchange("orders", {.op = fleet::Op::probe_succeeded, .voter = "x", .sent = now});
    fleet.clock.advance(1ms);
  }
  fleet.turn();
  CHECK(fleet[0].agent.status().messages == 0);
  fleet::Message message;
  int left = 0;
  while (fleet[0].store.wait(0ms, message) == fleet::Heard::message) ++left;
  CHECK(left == 100);
}

TEST_CASE("fleet: a hub that is up already is no news") {
  Fleet fleet{2, config};
  fleet.pass(2s);
  const auto commands = fleet.hub.commands();
  fleet.hub.set_up(true);
  fleet.pass(2s);
  CHECK(fleet.hub.commands() == commands);
}

TEST_CASE(
    "fleet: how little was enough is told of the part that opened, if it is less than usual") {
  ManualClock clock;
  const auto score = [&](const auto& policy) {
    CircuitBreaker circuit{config, clock, advised(policy)};
    fleet::advise(circuit, 1min);
    for (int i = 0; i < 5 && circuit.state() == State::closed; ++i) circuit.try_acquire().failure();
    CHECK(circuit.state() == State::open);
    return fleet::detail::score_of(circuit, circuit.why());
  };
  CHECK(score(any_of(ConsecutiveFailures{100}, FailureCount{5, within(10s)})) == 40);
  CHECK(score(ConsecutiveFailures{2}) == 100);  // no single call trips
}

TEST_CASE("fleet: who finds its circuit probing already says that it was open in between") {
  Fleet fleet{1, {.open_for = 1s, .probe_lease = 1s}};
  fleet.pass(2s);
  fleet[0].fail(5);
  fleet.clock.advance(1s);
  auto probe = fleet[0].circuit.try_acquire();
  REQUIRE(fleet[0].circuit.state() == State::half_open);
  fleet.turn();
  CHECK(fleet[0].agent.status().votes == 1);
  fleet.clock.advance(2s);
  auto next = fleet[0].circuit.try_acquire();  // the lease is over: the recovery is renewed
  const auto commands = fleet.hub.commands();
  fleet.turn();
  CHECK(fleet.hub.commands() == commands);
  CHECK(next.success() == Settled::counted);
}

TEST_CASE("fleet: settings out of their range are refused by name") {
  Fleet fleet{1, config};
  const auto refused = [&](const fleet::AgentSettings& settings) {
    try {
      Node{fleet.hub, fleet.clock, config, settings};
    } catch (const ConfigError& error) {
      return std::string{error.field()};
    }
    return std::string{};
  };
  CHECK(refused({.quorum = 0}) == "AgentSettings.quorum");
  CHECK(refused({.quorum = 17}) == "AgentSettings.quorum");
  CHECK(refused({.voter = ""}) == "AgentSettings.voter");
  CHECK(refused({.voter = std::string(65, 'x')}) == "AgentSettings.voter");
  CHECK(refused({.probes = 0}) == "AgentSettings.probes");
  CHECK(refused({.probes = 17}) == "AgentSettings.probes");
  CHECK(refused({.lease = 0s}) == "AgentSettings.lease");
  CHECK(refused({.lease = 61s}) == "AgentSettings.lease");
  CHECK(refused({.spread = -1s}) == "AgentSettings.spread");
  CHECK(refused({.turn = 2s}) == "AgentSettings.turn");
  CHECK(refused({.retry = 0s}) == "AgentSettings.retry");
  CHECK(refused({.longest_verdict = 2h}) == "AgentSettings.longest_verdict");
  CHECK(refused({}).empty());
  CHECK_FALSE(fleet::machine_id().empty());
  const std::string drawn = fleet::detail::first_line_of({"/no/such/file", "/dev/null"});
  CHECK_FALSE(drawn.empty());
  CHECK(fleet::detail::first_line_of({}) != drawn);
}
