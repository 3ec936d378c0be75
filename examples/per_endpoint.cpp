// One circuit for each endpoint: a dead one must not take the others down with it.
// A circuit can't be moved, so a map builds it in place; a node of std::map stays where it is.
#include <breaker/breaker.hpp>
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "check.hpp"

using namespace std::chrono_literals;

namespace {

class Circuits {
 public:
  using Circuit = breaker::CircuitBreaker<>;

  explicit Circuits(const breaker::Config& config) : config_{config} {}

  /// **Returns** the endpoint's circuit, made when it is first asked for. Any thread may ask; the
  /// lock covers the look-up only, never a call.
  Circuit& of(const std::string& endpoint) {
    const std::lock_guard lock{mutex_};
    return circuits_.try_emplace(endpoint, config_).first->second;
  }

 private:
  const breaker::Config config_;
  std::mutex mutex_;
  std::map<std::string, Circuit> circuits_;  // guarded by mutex_
};

}  // namespace

int main() {
  Circuits circuits{breaker::Config{.open_for = 30s}};
  std::map<std::string, int> requests;

  // A client of three hosts, one of which is dead.
  const auto get = [&](const std::string& host) {
    return circuits.of(host).call(
        [&] {
          ++requests[host];
          if (host == "b.example") throw 503;
          return std::string{"hello from "} + host;
        },
        [] { return std::string{"not now"}; });
  };
  for (int i = 0; i < 20; ++i) {
    check(get("a.example") == "hello from a.example", "a healthy host answers");
    check(get("b.example") == "not now", "the dead one is answered for");
    check(get("c.example") == "hello from c.example", "a healthy host answers");
  }

  check(requests["b.example"] == 5, "the dead host is asked five times, then left in peace");
  check(requests["a.example"] == 20 && requests["c.example"] == 20, "the others never notice");
  check(circuits.of("b.example").state() == breaker::State::open, "its circuit is open");
  check(circuits.of("a.example").state() == breaker::State::closed, "theirs are closed");
}
