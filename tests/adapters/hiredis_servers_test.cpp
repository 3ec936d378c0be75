// hiredis.hpp where the store of a fleet is more than one server, or behind something: a Sentinel fails over, TLS with a
// certificate that was made here, the newer protocol.
#include <hiredis/hiredis.h>
#ifdef HAS_HIREDIS_SSL
#include <hiredis/hiredis_ssl.h>
#endif

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/redis_fleet.hpp"
#include "adapters/redis_server.hpp"
#include "breaker/adapters/hiredis.hpp"
#include "breaker/breaker.hpp"
#include "support/catch.hpp"
#include "support/loopback.hpp"
#include "support/process.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using fleet::Answer;
using fleet::detail::Connection;
using fleet::detail::Reply;
using redis_fleet::are_ready;
using redis_fleet::at;
using redis_fleet::at_most;
using redis_fleet::command;
using redis_fleet::knows;
using redis_fleet::Node;
using redis_fleet::patient;
using redis_fleet::turns_until;

namespace {

/// As a user would: whom to connect to, a Sentinel says.
redisContext* connect_by(int sentinel) {
  const Connection asked{redisConnectWithTimeout("127.0.0.1", sentinel, at_most)};
  if (asked == nullptr || asked->err != 0) return nullptr;
  redisSetTimeout(asked.get(), at_most);
  const Reply where{static_cast<redisReply*>(
      redisCommand(asked.get(), "SENTINEL get-master-addr-by-name fleet"))};
  if (where == nullptr || where->type != REDIS_REPLY_ARRAY || where->elements != 2) return nullptr;
  return redisConnectWithTimeout(where->element[0]->str, std::atoi(where->element[1]->str),
                                 at_most);
}

/// A primary, a replica, and a Sentinel that knows both.
struct Deployment {
  RedisServer primary{{"--repl-diskless-sync-delay", "0"}};
  RedisServer replica{{"--replicaof", "127.0.0.1 " + std::to_string(primary.port())}};
  RedisServer sentinel;

  Deployment() {
    sentinel.stop();
    REQUIRE(within_seconds([&] {
      return command(replica.port(), {"INFO", "replication"}).find("link_status:up") !=
             std::string::npos;
    }));
    sentinel.start_as_sentinel(primary.port());
    REQUIRE(within_seconds([&] {
      return command(sentinel.port(), {"SENTINEL", "replicas", "fleet"}) == "1 elements";
    }));
  }

  [[nodiscard]] fleet::RedisSettings settings() const {
    return {.prefix = "test", .timeout = patient, .connect = [port = sentinel.port()] {
              return connect_by(port);
            }};
  }
  [[nodiscard]] bool has_failed_over() const {
    const Connection now{connect_by(sentinel.port())};
    return now != nullptr && now->tcp.port == replica.port();
  }

  template <class Done>
  static bool within_seconds(const Done& done) {
    for (int i = 0; i < 3000 && !done(); ++i) std::this_thread::sleep_for(10ms);
    return done();
  }
};

bool is_primary(int port) {
  return command(port, {"INFO", "replication"}).find("role:master") != std::string::npos;
}

/// Whether two nodes that fail come to a verdict that both hear. At a server that is new to them they may
/// miss the first.
bool come_to_a_verdict(Node& a, Node& b) {
  auto next = redis_fleet::Now::now();
  return turns_until({&a, &b}, [&] {
    if (redis_fleet::Now::now() >= next) {
      next += 300ms;
      for (Node* const node : {&a, &b}) {
        node->circuit.reset();
        node->fail(5);
      }
    }
    return knows(a, 1) && knows(b, 1);
  });
}

}  // namespace

TEST_CASE("fleet on Redis: a Sentinel fails over, and the fleet goes on at the other server") {
  Deployment servers;
  Node a{servers.settings(), "a"}, b{servers.settings(), "b"};
  REQUIRE(are_ready({&a, &b}));
  servers.primary.stop();
  a.fail(5);
  const auto failed_at = redis_fleet::Now::now();
  CHECK(turns_until({&a, &b}, [&] { return !a.agent.status().is_store_up; }));
  CHECK(turns_until({&a, &b}, [&] { return a.circuit.would_admit(); }));  // as alone
  CHECK(redis_fleet::Now::now() - failed_at < 5s);
  CHECK(turns_until({&a, &b}, [&] { return servers.has_failed_over(); }));
  CHECK(are_ready({&a, &b}));
  CHECK(come_to_a_verdict(a, b));
  CHECK(command(servers.replica.port(), {"EXISTS", "test:1:default:{payments}"}) == "1");
}

TEST_CASE("fleet on Redis: a server that was made a replica is left") {
  const RedisServer first, second;
  fleet::RedisSettings settings = at(first);
  settings.connect = [ports = std::array{first.port(), second.port()}]() -> redisContext* {
    for (const int port : ports)
      if (is_primary(port)) return redisConnectWithTimeout("127.0.0.1", port, at_most);
    return nullptr;
  };
  Node a{settings, "a"}, b{settings, "b"};
  REQUIRE(are_ready({&a, &b}));
  REQUIRE(come_to_a_verdict(a, b));
  CHECK(command(first.port(), {"EXISTS", "test:1:test:{payments}"}) == "1");

  // What a Sentinel does to it.
  REQUIRE(command(first.port(), {"REPLICAOF", "127.0.0.1", std::to_string(second.port())}) == "OK");
  command(first.port(), {"CLIENT", "KILL", "TYPE", "pubsub"});
  CHECK(turns_until({&a, &b}, [&] { return knows(a, 0) && knows(b, 0); }));
  CHECK(come_to_a_verdict(a, b));
  CHECK(a.agent.status().failures > 0);  // READONLY
  CHECK(command(second.port(), {"EXISTS", "test:1:test:{payments}"}) == "1");
}

// ---- TLS

namespace {

/// A certificate that was made here, for 127.0.0.1. **Returns** nothing where openssl is missing.
struct Certificate {
  explicit Certificate(const RedisFolder& folder, const std::string& name)
      : file{folder / (name + ".crt").c_str()}, key{folder / (name + ".key").c_str()} {
    const std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout " +
        key + " -out " + file + " 2> " + (folder / "openssl.log");
    if (std::system(make.c_str()) != 0) throw std::runtime_error{"openssl made no certificate"};
  }
  std::string file, key;
};

/// A server that speaks TLS, at another port too.
struct TlsServer {
  RedisFolder folder;
  Certificate certificate{folder, "server"};
  int port = free_port();
  RedisServer server{{"--tls-port", std::to_string(port), "--tls-cert-file", certificate.file,
                      "--tls-key-file", certificate.key, "--tls-auth-clients", "no"}};
};

/// A stunnel that encrypts, and trusts one certificate.
class Stunnel {
 public:
  Stunnel(const TlsServer& to, const std::string& trusted) {
    const std::string file = folder_ / "stunnel.conf";
    std::ofstream{file} << "foreground = quiet\npid =\noutput = " << folder_ / "log"
                        << "\n[fleet]\nclient = yes\naccept = 127.0.0.1:" << port_
                        << "\nconnect = 127.0.0.1:" << to.port << "\nCAfile = " << trusted
                        << "\nverifyChain = yes\ncheckIP = 127.0.0.1\n";
    process_.emplace(std::vector<std::string>{STUNNEL_PATH, file});
    for (int i = 0; i < 3000 && !is_there(); ++i) std::this_thread::sleep_for(10ms);
  }
  [[nodiscard]] int port() const { return port_; }

 private:
  [[nodiscard]] bool is_there() const {
    const Connection made{redisConnectWithTimeout("127.0.0.1", port_, at_most)};
    return made != nullptr && made->err == 0;
  }

  RedisFolder folder_;
  int port_ = free_port();
  std::optional<Process> process_;
};

}  // namespace

#ifdef STUNNEL_PATH
TEST_CASE("fleet on Redis: TLS through stunnel, with a certificate that was made here") {
  const TlsServer server;
  const Stunnel tunnel{server, server.certificate.file};
  const fleet::RedisSettings settings{.port = tunnel.port(), .prefix = "test", .timeout = patient};
  Node a{settings, "a"}, b{settings, "b"};
  REQUIRE(are_ready({&a, &b}));
  CHECK(come_to_a_verdict(a, b));
  CHECK(command(server.server.port(), {"EXISTS", "test:1:default:{payments}"}) == "1");
}

TEST_CASE("fleet on Redis: TLS with a certificate that is not trusted is no store") {
  const TlsServer server;
  const Certificate other{server.folder, "other"};
  const Stunnel tunnel{server, other.file};
  fleet::RedisStore store{{.port = tunnel.port(), .prefix = "test", .timeout = patient}};
  CHECK(store.exchange("x", {}).kind == Answer::Kind::failed);
  CHECK_FALSE(store.last_error().empty());
}
#endif

#ifdef HAS_HIREDIS_SSL
TEST_CASE("fleet on Redis: TLS by hiredis itself, with a certificate that was made here") {
  const TlsServer server;
  const Certificate other{server.folder, "other"};
  const auto settings_with = [&](const std::string& trusted) {
    std::shared_ptr<redisSSLContext> tls{
        redisCreateSSLContext(trusted.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr),
        redisFreeSSLContext};
    REQUIRE(tls != nullptr);
    const auto connect = [tls, port = server.port]() -> redisContext* {
      redisContext* const made = redisConnectWithTimeout("127.0.0.1", port, at_most);
      if (made == nullptr || made->err != 0) return made;
      redisSetTimeout(made, at_most);
      redisInitiateSSLWithContext(made, tls.get());  // what goes wrong stands in made->err
      return made;
    };
    return fleet::RedisSettings{.prefix = "test", .timeout = patient, .connect = connect};
  };
  const auto settings = settings_with(server.certificate.file);
  Node a{settings, "a"}, b{settings, "b"};
  REQUIRE(are_ready({&a, &b}));
  CHECK(come_to_a_verdict(a, b));

  fleet::RedisStore nobody{settings_with(other.file)};
  CHECK(nobody.exchange("x", {}).kind == Answer::Kind::failed);
  CHECK(nobody.last_error().find("certificate") != std::string::npos);
}
#endif

// ---- the newer protocol

#if HIREDIS_MAJOR >= 1
TEST_CASE("fleet on Redis: connections that speak RESP3") {
  const RedisServer server;
  fleet::RedisSettings settings = at(server);
  settings.connect = [port = server.port()]() -> redisContext* {
    redisContext* const made = redisConnectWithTimeout("127.0.0.1", port, at_most);
    if (made == nullptr || made->err != 0) return made;
    const Reply hello{static_cast<redisReply*>(redisCommand(made, "HELLO 3"))};
    if (hello == nullptr || hello->type != REDIS_REPLY_MAP) std::abort();
    return made;
  };
  Node a{settings, "a"}, b{settings, "b"};
  REQUIRE(are_ready({&a, &b}));
  CHECK(come_to_a_verdict(a, b));
  CHECK(a.agent.status().messages + b.agent.status().messages > 0);
  CHECK(a.agent.status().failures + b.agent.status().failures == 0);
}
#endif
