// The store in this process: its clock, and who waits for it.
#include "breaker/fleet/memory_store.hpp"

#include <chrono>
#include <thread>

#include "support/catch.hpp"

using namespace breaker::fleet;
using namespace std::chrono_literals;

namespace {

Milliseconds system_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<Milliseconds>(std::chrono::floor<std::chrono::milliseconds>(now).count());
}

}  // namespace

TEST_CASE("fleet: a hub tells the system's time in milliseconds, unless it is given a clock") {
  MemoryHub hub;
  MemoryStore store{hub};
  const Milliseconds before = system_time();

  const Answer answer = store.exchange("payments", {.op = Op::query, .voter = "a", .sent = before});

  CHECK(answer.now >= before);
  CHECK(answer.now <= system_time());
}

TEST_CASE("fleet: who waits hears of a verdict, or of nothing") {
  MemoryHub hub;
  MemoryStore waiting{hub};
  MemoryStore voting{hub};
  Message message;
  CHECK(waiting.wait(1ms, message) == Heard::nothing);

  std::thread voters{[&] {
    for (const char* const voter : {"a", "b"})
      voting.exchange("payments", {.op = Op::vote, .voter = voter, .sent = system_time()});
  }};
  const Heard heard = waiting.wait(10min, message);
  voters.join();

  CHECK(heard == Heard::message);
  CHECK(message.circuit == "payments");
  CHECK(message.bad);
}
