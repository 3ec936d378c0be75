// hiredis.hpp: the store of a fleet on a real redis-server, which is killed, frozen, restarted and lied to.
#include "breaker/adapters/hiredis.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/redis_fleet.hpp"
#include "adapters/redis_server.hpp"
#include "breaker/breaker.hpp"
#include "breaker/fleet/fleet.hpp"
#include "breaker/fleet/next.hpp"
#include "breaker/registry.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using fleet::Answer;
using fleet::Op;
using fleet::Request;
using Kind = Answer::Kind;
using Now = std::chrono::steady_clock;

using redis_fleet::are_ready;
using redis_fleet::at;
using redis_fleet::at_most;
using redis_fleet::command;
using redis_fleet::hears;
using redis_fleet::knows;
using redis_fleet::Node;
using redis_fleet::patient;
using redis_fleet::turns_until;

namespace {

[[maybe_unused]] void example() {
  Registry circuits;
#include "example/hiredis.inc"
}

struct Said {
  Kind kind;
  bool yes;
  fleet::Milliseconds wait, bad_for, epoch;
  friend bool operator==(const Said&, const Said&) = default;
};
Said said(const Answer& answer) {
  return {answer.kind, answer.yes, answer.wait, answer.bad_for, answer.epoch};
}

}  // namespace

TEST_CASE("fleet on Redis: 10 000 random requests are answered as next() answers") {
  const RedisServer server;
  fleet::RedisStore store{at(server)};
  std::mt19937 random{20'261'128};
  const auto below = [&](unsigned most) { return static_cast<std::uint32_t>(random() % most); };
  const std::string circuits[] = {"payments", "a b:{c}\r\n", std::string("\0x", 2), ""};
  const Op ops[] = {Op::vote, Op::vote,         Op::query,          Op::ask,
                    Op::ask,  Op::probe_failed, Op::probe_succeeded};
  fleet::Entry entries[4];
  const fleet::Milliseconds began = store.exchange("x", {}).now;
  fleet::Milliseconds now = began;
  int kinds[5] = {};
  for (int i = 0; i < 10'000; ++i) {
    const std::size_t which = below(4);
    const bool wild = below(20) == 0;
    const auto pace =
        static_cast<unsigned>(1 + (now - began) / (i + 1U));  // ms that each takes here
    const std::string voter = wild ? std::string(below(90), 'v') : std::to_string(below(20));
    const Request request{
        .op = ops[below(7)],
        .voter = voter,
        .score = below(130),
        .quorum = below(400),
        .lease = wild ? fleet::Milliseconds{999'999'999'999'999} : below(30 * pace),
        .open = below(20 * pace),
        .probes = below(4),
        .sent = below(20) == 0 ? now + below(4000) - 2000 : now};
    const Answer answer = store.exchange(circuits[which], request);
    REQUIRE(answer.kind != Kind::failed);
    now = answer.now;
    const fleet::Step step = fleet::next(entries[which], request, now);
    CAPTURE(i, static_cast<char>(request.op), voter, now, store.last_error());
    REQUIRE(said(answer) == said(step.answer));
    ++kinds[answer.kind == Kind::late ? 0
            : answer.wait > 0         ? 1
            : answer.yes              ? 2
            : answer.bad_for > 0      ? 3
                                      : 4];
    if (wild && below(2) == 0) {  // else a verdict of two hours stands
      static_cast<void>(store.exchange(circuits[which], {.op = Op::probe_succeeded, .sent = now}));
      entries[which] = {};
    }
  }
  for (const int kind : kinds) CHECK(kind > 50);
}

TEST_CASE("fleet on Redis: nothing is left of a fleet that says nothing") {
  const RedisServer server;
  fleet::RedisStore store{at(server)};
  const auto now = store.exchange("x", {}).now;
  CHECK(command(server.port(), {"DBSIZE"}) == "0");
  store.exchange("x", {.op = Op::vote, .voter = "a", .lease = 60'000, .sent = now});
  CHECK(command(server.port(), {"DBSIZE"}) == "1");
  CHECK(command(server.port(), {"EXISTS", "test:1:test:{x}"}) == "1");
  store.exchange("x", {.op = Op::vote, .voter = "a", .lease = 50, .sent = now});
  std::this_thread::sleep_for(80ms);
  CHECK(command(server.port(), {"EXISTS", "test:1:test:{x}"}) == "0");
}

TEST_CASE("fleet on Redis: what is no number is refused, and changes nothing") {
  const RedisServer server;
  fleet::RedisStore store{at(server)};
  const auto now = store.exchange("x", {}).now;
  for (const char* const bad :
       {"nan", "inf", "-5", "1e300", "0x10", "", " 1", "1 ", "2.5", "9999999999999999", "1\n"}) {
    for (int place = 0; place < 6; ++place) {
      std::vector<std::string> words{"EVAL", fleet::lua, "1", "test:1:test:{x}", "v", "a"};
      for (int i = 0; i < 6; ++i)
        words.push_back(i == place ? bad : i == 5 ? std::to_string(now) : std::string{"100"});
      words.insert(words.end(), {"test:1:test", "x"});
      CAPTURE(bad, place);
      CHECK(command(server.port(), words).starts_with("BREAKER argument"));
    }
  }
  CHECK(command(server.port(), {"DBSIZE"}) == "0");
}

TEST_CASE("fleet on Redis: a verdict is told to all, but not to other tenants") {
  const RedisServer server;
  fleet::RedisStore store{at(server)};
  fleet::RedisStore other{at(server, "other")};
  fleet::Message message;
  REQUIRE(hears(store));
  REQUIRE(hears(other));
  const auto now = store.exchange("x", {}).now;
  store.exchange("pay ments", {.op = Op::vote, .voter = "a", .sent = now});
  store.exchange("pay ments", {.op = Op::vote, .voter = "b", .sent = now});

  REQUIRE(store.wait(patient, message) == fleet::Heard::message);
  CHECK(message.circuit == "pay ments");
  CHECK(message.bad);
  CHECK(message.bad_for == 5000);
  CHECK(other.wait(50ms, message) == fleet::Heard::nothing);
  CHECK(other.exchange("pay ments", {}).bad_for == 0);
}

TEST_CASE("fleet on Redis: bad lowers limits, one probes, good lets all probe") {
  const RedisServer server;
  constexpr auto wait = 500ms;
  const Config often{.open_for = wait};
  Node a{at(server), "a", often}, b{at(server), "b", often}, c{at(server), "c", often};
  REQUIRE(are_ready({&a, &b, &c}));
  a.fail(5);
  b.fail(5);
  REQUIRE(turns_until({&a, &b, &c}, [&] { return knows(c, 1); }));
  CHECK(c.circuit.state() == State::closed);
  c.fail(2);
  CHECK(c.circuit.state() == State::open);

  int probes = 0;
  const auto probe = [&](bool succeeds) {
    for (Node* const node : {&a, &b, &c}) {
      if (auto permit = node->circuit.try_acquire()) {
        ++probes;
        permit.settle(succeeds ? Verdict::success : Verdict::failure);
      }
    }
    return false;
  };
  const auto begin = Now::now();
  turns_until({&a, &b, &c}, [&] { return probe(false) || Now::now() > begin + 4s; });
  CHECK(probes >= 1);
  CHECK(probes <= 2 * ((Now::now() - begin) / wait));  // alone three each time

  CHECK(turns_until({&a, &b, &c}, [&] {
    probe(true);
    return a.circuit.state() == State::closed && b.circuit.state() == State::closed &&
           c.circuit.state() == State::closed;
  }));
  CHECK(turns_until({&a, &b, &c}, [&] { return knows(a, 0) && knows(b, 0) && knows(c, 0); }));
}

TEST_CASE(
    "fleet on Redis: a server that is killed is missed within its time, and met again empty") {
  RedisServer server;
  Node a{at(server), "a", {.open_for = 1min}}, b{at(server), "b"};
  REQUIRE(are_ready({&a, &b}));
  server.stop();
  a.fail(5);
  const auto begin = Now::now();
  CHECK(turns_until({&a}, [&] { return a.agent.status().failures == 1; }));
  CHECK(Now::now() - begin < 5s);  // not the ten of its timeout
  CHECK_FALSE(a.agent.status().is_store_up);
  CHECK(a.circuit.state() == State::open);

  server.start();
  CHECK(are_ready({&a, &b}));
  for (Node* const node : {&a, &b}) {
    node->circuit.reset();
    node->fail(5);
  }
  CHECK(turns_until({&a, &b}, [&] { return knows(a, 1) && knows(b, 1); }));
}

TEST_CASE("fleet on Redis: a frozen server delays a turn by its timeout, and runs nothing late") {
  RedisServer server;
  fleet::RedisSettings impatient = at(server);
  impatient.timeout = 100ms;
  Node a{impatient, "a"}, b{at(server), "b"};
  REQUIRE(are_ready({&a, &b}));
  b.fail(5);
  REQUIRE(turns_until({&b}, [&] { return b.agent.status().votes == 1; }));
  server.freeze();
  a.fail(5);
  const auto failures = a.agent.status().failures;
  const auto begin = Now::now();
  CHECK(turns_until({&a}, [&] { return a.agent.status().failures > failures; }));
  CHECK(Now::now() - begin >= 100ms);
  CHECK(Now::now() - begin < 5s);
  std::this_thread::sleep_for(1100ms);
  server.thaw();
  // Its queue is carried out: the vote of a is in it, over a second old.
  fleet::RedisStore store{at(server)};
  std::this_thread::sleep_for(20ms);
  CHECK(store.exchange("payments", {}).bad_for == 0);
  CHECK(command(server.port(), {"HEXISTS", "test:1:test:{payments}", "v:a"}) == "0");
}

TEST_CASE("fleet on Redis: a script that the server forgot is loaded again") {
  const RedisServer server;
  fleet::RedisStore store{at(server)};
  CHECK(store.exchange("x", {}).kind == Kind::done);
  CHECK(command(server.port(), {"SCRIPT", "FLUSH"}) == "OK");
  CHECK(store.exchange("x", {}).kind == Kind::done);
}

TEST_CASE("fleet on Redis: a user of an ACL can do what its fleet needs, and no more") {
  const RedisServer server;
  CHECK(command(server.port(),
                {"ACL", "SETUSER", "shop", "on", ">secret", "~test:1:test:*", "&test:1:test",
                 "-@all", "+evalsha", "+script|load", "+subscribe", "+publish", "+time", "+hgetall",
                 "+del", "+hset", "+hdel", "+pexpireat"}) == "OK");
  auto settings = at(server);
  settings.connect = [port = server.port()]() -> redisContext* {
    redisContext* const made = redisConnectWithTimeout("127.0.0.1", port, at_most);
    if (made != nullptr && made->err == 0) freeReplyObject(redisCommand(made, "AUTH shop secret"));
    return made;
  };
  fleet::RedisStore store{settings};
  const auto now = store.exchange("x", {}).now;
  CHECK(store.exchange("x", {.op = Op::vote, .voter = "a", .sent = now}).kind == Kind::done);
  CHECK(store.exchange("x", {.op = Op::vote, .voter = "b", .sent = now}).bad_for == 5000);
  CHECK(store.exchange("x", {.op = Op::ask, .voter = "b", .sent = now}).yes);
  CHECK(store.exchange("x", {.op = Op::probe_failed, .voter = "b", .sent = now}).kind ==
        Kind::done);
  CHECK(store.exchange("x", {.op = Op::probe_succeeded, .sent = now}).kind == Kind::done);
  CHECK(hears(store));

  settings.tenant = "other";
  fleet::RedisStore other{settings};
  CHECK(other.exchange("x", {}).kind == Kind::failed);
  CHECK(other.last_error().find("NOPERM") != std::string::npos);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"KEYS", "*"}, {"FLUSHALL"}, {"GET", "y"}, {"CONFIG", "GET", "*"}})
    CHECK(command(server.port(), words, "AUTH shop secret").find("NOPERM") != std::string::npos);
}

TEST_CASE("fleet on Redis: a child of fork says nothing on its parent's sockets") {
  const RedisServer server;
  Node a{at(server), "a"};
  REQUIRE(are_ready({&a}));
  const pid_t child = ::fork();
  if (child == 0) {
    std::destroy_at(&a.store);
    ::_exit(0);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  a.fail(5);
  CHECK(turns_until({&a}, [&] { return a.agent.status().votes == 1; }));
  CHECK(a.agent.status().failures == 0);
}

TEST_CASE("fleet on Redis: who dies with the right to probe is followed by another") {
  const RedisServer server;
  Node a{at(server), "a"}, b{at(server), "b"};
  REQUIRE(are_ready({&a, &b}));
  const pid_t child = ::fork();
  if (child == 0) {  // votes, gets the right to probe, and is killed
    fleet::RedisStore store{at(server)};
    const auto now = store.exchange("payments", {}).now;
    Request request{.op = Op::vote, .voter = "a", .lease = 1500, .open = 10'000, .sent = now};
    store.exchange("payments", request);
    request.voter = "dead";
    store.exchange("payments", request);
    request.op = Op::ask;
    store.exchange("payments", request);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  a.fail(5);
  REQUIRE(turns_until({&a, &b}, [&] { return knows(a, 1); }));
  CHECK(turns_until({&a, &b}, [&] {
    return command(server.port(), {"HEXISTS", "test:1:test:{payments}", "p:a"}) == "1";
  }));
  CHECK(turns_until({&a, &b}, [&] {
    if (auto permit = a.circuit.try_acquire()) permit.success();
    return a.circuit.state() == State::closed;
  }));
}

TEST_CASE("fleet on Redis: settings out of their range are refused by name") {
  CHECK_THROWS_AS(fleet::RedisStore({.port = 0}), ConfigError);
  CHECK_THROWS_AS(fleet::RedisStore({.port = 65'536}), ConfigError);
  CHECK_THROWS_AS(fleet::RedisStore({.timeout = 0s}), ConfigError);
  fleet::RedisStore nobody{{.port = 1}};
  CHECK(nobody.exchange("x", {}).kind == Kind::failed);
  CHECK_FALSE(nobody.last_error().empty());
  fleet::RedisStore no_connection{{.connect = [] { return nullptr; }}};
  CHECK(no_connection.exchange("x", {}).kind == Kind::failed);
}
