// One circuit for each endpoint: a dead one must not take the others down with it.
// A registry makes an endpoint's circuit when it is first asked for; any thread may ask.
#include <breaker/breaker.hpp>
#include <breaker/registry.hpp>
#include <chrono>
#include <map>
#include <string>

#include "check.hpp"

using namespace std::chrono_literals;

int main() {
  breaker::Registry circuits{{.capacity = 1000,
                              .config = {.open_for = 30s},
                              .for_prefix = {{"batch.", {.open_for = 5min}}}}};
  std::map<std::string, int> requests;

  // A client of four hosts, two of which are dead.
  const auto get = [&](const std::string& host) {
    return circuits.of(host).call(
        [&] {
          ++requests[host];
          if (host.ends_with("b.example")) throw 503;
          return "hello from " + host;
        },
        [] { return std::string{"not now"}; });
  };
  for (int i = 0; i < 20; ++i) {
    for (const char* host : {"a.example", "batch.a.example"})
      check(get(host) == std::string{"hello from "} + host, "a healthy host answers");
    for (const char* host : {"b.example", "batch.b.example"})
      check(get(host) == "not now", "a dead one is answered for");
  }

  check(requests["b.example"] == 5, "a dead host is asked five times, then left in peace");
  check(requests["a.example"] == 20, "the others never notice");
  check(circuits.of("b.example").state() == breaker::State::open, "its circuit is open");
  check(circuits.of("a.example").state() == breaker::State::closed, "theirs are closed");
  check(circuits.of("batch.b.example").why().open_for == 5min, "some hosts have other settings");
  check(circuits.size() == 4, "each host has a circuit of its own");

  // Code that calls one host often keeps a handle: as good as looking it up, and faster.
  const auto pay = circuits.handle("b.example");
  check(pay.call([] { return "paid"; }, "later") == std::string{"later"}, "the same circuit");

  // New settings, from a file that has changed, say. No outage is forgotten.
  circuits.reconfigure({.capacity = 1000, .config = {.open_for = 1s}});
  check(pay.state() == breaker::State::open,
        "it is open as it was, but no longer than the new 1 s");

  // A host that is gone, and one that nobody has asked for since the last sweep but one.
  circuits.erase("batch.b.example");
  circuits.sweep();
  check(circuits.size() == 3, "erasing gives its place back");
}
