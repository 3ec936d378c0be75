// redis.hpp: hiredis against a real redis-server, and exceptions as those of redis-plus-plus.
#include "breaker/adapters/redis.hpp"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "adapters/redis_server.hpp"
#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/loopback.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using adapters::redis_reply;
using adapters::RedisReply;
using adapters::RedisResults;
using adapters::refused_by_redis;

struct Free {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Context = std::unique_ptr<redisContext, Free>;

constexpr ::timeval at_once{0, 50'000};

/// `timeout`: of a connection, and of an answer. A busy machine may keep either back for seconds.
Context connect(int port, const ::timeval& timeout = {10, 0}) {
  Context context{redisConnectWithTimeout("127.0.0.1", port, timeout)};
  if (context && context->err == 0) redisSetTimeout(context.get(), timeout);
  return context;
}

// A circuit in front of a server, and a connection that is made anew when it is lost. Its clock moves
// only when told.
struct Guarded {
  RedisServer server;
  ManualClock clock;
  CircuitBreaker<ManualClock, ConsecutiveFailures, RedisResults> circuit{
      Config{.open_for = 10s}, ConsecutiveFailures{3}, RedisResults{}, clock};
  Context context = connect(server.port());
  int asked = 0;

  RedisReply ask(const char* command) {
    return circuit.call(
        [&] {
          ++asked;
          if (!context || context->err != 0) context = connect(server.port());
          return redis_reply(context->err != 0 ? nullptr : redisCommand(context.get(), command));
        },
        refused_by_redis);
  }

  /// **Returns** how many failures in a row the circuit knows after this command.
  unsigned failures_after(const char* command) {
    last = ask(command);
    return circuit.snapshot().numbers.at[0];
  }
  [[nodiscard]] std::string last_text() const {
    return last && last->str != nullptr ? std::string{last->str, last->len} : "";
  }

  RedisReply last;
};

[[maybe_unused]] void example() {
#include "example/redis.inc"
}

}  // namespace

TEST_CASE("a circuit around Redis opens when it is killed, probes it, and closes again") {
  Guarded guarded;
  CHECK(guarded.failures_after("SET price 42") == 0);

  guarded.server.stop();
  for (int i = 0; i < 10; ++i) CHECK_FALSE(guarded.ask("GET price"));
  CHECK(guarded.circuit.state() == State::open);
  CHECK(guarded.asked == 1 + 3);

  guarded.clock.advance(10s);
  CHECK_FALSE(guarded.ask("GET price"));  // one probe, which fails
  CHECK_FALSE(guarded.ask("GET price"));
  CHECK(guarded.asked == 1 + 3 + 1);

  guarded.server.start();
  guarded.clock.advance(10s);
  CHECK(guarded.ask("GET price")->type == REDIS_REPLY_NIL);
  CHECK(guarded.circuit.state() == State::closed);
}

TEST_CASE("a Redis that does not answer in time is a failure, and one that resets too") {
  Guarded guarded;

  SECTION("frozen") {
    guarded.server.freeze();
    for (int i = 0; i < 3; ++i) {
      guarded.context = connect(guarded.server.port(), at_once);
      CHECK_FALSE(guarded.ask("PING"));
    }
    guarded.server.thaw();
  }
  SECTION("connected by the kernel, and that is all") {
    const SilentPort silent;
    for (int i = 0; i < 3; ++i) {
      guarded.context = connect(silent.number(), at_once);
      CHECK_FALSE(guarded.ask("PING"));
    }
  }
  SECTION("reset") {
    for (unsigned i = 1; i <= 3; ++i) {
      const Context other = connect(guarded.server.port());
      CHECK(redis_reply(redisCommand(other.get(), "CLIENT KILL TYPE normal SKIPME yes")));
      CHECK_FALSE(guarded.ask("PING"));
      guarded.context = connect(guarded.server.port());
    }
  }

  CHECK(guarded.circuit.state() == State::open);
  CHECK(guarded.circuit.why().numbers.at[0] == 3);
}

TEST_CASE("what a command itself gets wrong is an answer") {
  Guarded guarded;
  guarded.ask("SET price 42");

  for (const char* command : {"LPUSH price 1", "NONSENSE", "GET", "EVAL nonsense 0"}) {
    CAPTURE(command);
    guarded.circuit.try_acquire().failure();  // so that a success can be told from ignored
    CHECK(guarded.failures_after(command) == 0);
    CHECK(guarded.last->type == REDIS_REPLY_ERROR);
  }
}

TEST_CASE("a server that says that it can't serve has failed") {
  Guarded guarded;
  guarded.ask("SET price 42");
  const Context admin = connect(guarded.server.port());
  const auto tell = [&](const char* command) {
    CHECK(redis_reply(redisCommand(admin.get(), command))->type != REDIS_REPLY_ERROR);
  };

  SECTION("a replica that its clients write to") {
    const std::string replica = "REPLICAOF 127.0.0.1 " + std::to_string(free_port());
    tell(replica.c_str());
    CHECK(guarded.failures_after("SET price 43") == 1);
    CHECK(guarded.last_text().starts_with("READONLY "));
    tell("CONFIG SET replica-serve-stale-data no");
    CHECK(guarded.failures_after("GET price") == 2);
    CHECK(guarded.last_text().starts_with("MASTERDOWN "));
    tell("REPLICAOF NO ONE");
    CHECK(guarded.failures_after("GET price") == 0);
  }
  SECTION("no memory left") {
    tell("CONFIG SET maxmemory 1");
    CHECK(guarded.failures_after("SET price 43") == 1);
    CHECK(guarded.last_text().starts_with("OOM "));
  }
  SECTION("too many clients") {
    tell("CONFIG SET maxclients 1");
    guarded.context.reset();
    CHECK(guarded.failures_after("GET price") == 1);
  }
}

TEST_CASE("a server that still loads its data has failed") {
  Guarded guarded;
  guarded.ask("DEL price");
  const Context admin = connect(guarded.server.port());
  const std::string script = "for i=1,2000 do redis.call('set',i,string.rep('x',1000)..i) end";
  CHECK(redis_reply(redisCommand(admin.get(), "EVAL %s 0", script.c_str())));
  CHECK(redis_reply(redisCommand(admin.get(), "SAVE"))->type == REDIS_REPLY_STATUS);
  guarded.server.stop();
  guarded.server.start(
      {"--key-load-delay", "10000", "--loading-process-events-interval-bytes", "1024"});
  guarded.context = connect(guarded.server.port());

  CHECK(guarded.failures_after("GET 1") == 1);
  CHECK(guarded.last_text().starts_with("LOADING "));
}

TEST_CASE("each error text counts as the header says") {
  const auto judge = [](const char* text) { return adapters::judge_redis_error(text); };

  for (const char* text :
       {"LOADING Redis is loading the dataset in memory", "CLUSTERDOWN The cluster is down",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "BUSY Redis is busy running a script.", "MISCONF Redis is configured to save RDB snapshots",
        "NOREPLICAS Not enough good replicas", "ERR max number of clients reached"}) {
    CAPTURE(text);
    CHECK(judge(text) == Verdict::failure);
  }
  for (const char* text :
       {"WRONGTYPE Operation against a key holding the wrong kind of value", "ERR unknown command",
        "NOAUTH Authentication required.", "MOVED 3999 127.0.0.1:6381", "BUSYGROUP it exists",
        "BUSYKEY", "NOSCRIPT No matching script.", ""}) {
    CAPTURE(text);
    CHECK(judge(text) == Verdict::success);
  }
}

TEST_CASE("a context is judged by its error") {
  const RedisServer server;
  const Context good = connect(server.port()), bad = connect(free_port());

  CHECK(RedisResults::on_result(good.get()).verdict == Verdict::success);
  CHECK(RedisResults::on_result(bad.get()).verdict == Verdict::failure);
  CHECK(RedisResults::on_result(static_cast<redisContext*>(nullptr)).verdict == Verdict::ignored);

  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}, RedisResults{}};
  for (int i = 0; i < 2; ++i) circuit.call([&] { return bad.get(); });
  CHECK(circuit.state() == State::open);
}

// As redis-plus-plus has them, by name and by descent.
namespace sw::redis {
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct IoError : Error {
  using Error::Error;
};
struct TimeoutError : IoError {
  using IoError::IoError;
};
struct ClosedError : Error {
  using Error::Error;
};
struct ReplyError : Error {
  using Error::Error;
};
struct MovedError : ReplyError {
  using ReplyError::ReplyError;
};
struct WatchError : Error {
  WatchError() : Error{"Watched key has been modified"} {}
};
}  // namespace sw::redis

TEST_CASE("exceptions of the kind of redis-plus-plus's are judged by their text") {
  CircuitBreaker circuit{
      Config{}, ConsecutiveFailures{1000},
      adapters::RedisErrors<sw::redis::ReplyError>{} | succeeding_on<sw::redis::WatchError>()};
  const auto failures_after = [&](auto error) {
    CHECK_THROWS_AS(circuit.call([&]() -> int { throw error; }), decltype(error));
    return circuit.snapshot().numbers.at[0];
  };

  CHECK(failures_after(sw::redis::TimeoutError{"Failed to get reply"}) == 1);
  CHECK(failures_after(sw::redis::ClosedError{"Connection is closed"}) == 2);
  CHECK(failures_after(sw::redis::ReplyError{"LOADING Redis is loading"}) == 3);
  CHECK(failures_after(sw::redis::ReplyError{"WRONGTYPE Operation against a key"}) == 0);
  CHECK(failures_after(sw::redis::IoError{"broken"}) == 1);
  CHECK(failures_after(sw::redis::MovedError{"MOVED 3999 127.0.0.1:6381"}) == 0);
  CHECK(failures_after(sw::redis::IoError{"broken"}) == 1);
  CHECK(failures_after(sw::redis::WatchError{}) == 0);
}

TEST_CASE("the adapter for Redis allocates nothing of its own") {
  Guarded guarded;
  for (int i = 0; i < 3; ++i) guarded.ask("PING");

  const int bare = allocations_in(
      [&] { const RedisReply reply = redis_reply(redisCommand(guarded.context.get(), "PING")); });
  const int through = allocations_in([&] { const RedisReply reply = guarded.ask("PING"); });

  CHECK(through == bare);
}
