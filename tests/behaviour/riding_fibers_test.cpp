// A fiber enters a probe on one thread and goes on on another. What it leaves behind lets nobody past an
// open circuit, and takes nothing from the thread.
#include <ucontext.h>

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

/// A function with a stack of its own. It stops where it calls pause(), and any thread may resume it.
class Fiber {
 public:
  explicit Fiber(std::function<void(Fiber&)> body) : body_{std::move(body)} {
    getcontext(&inside_);
    inside_.uc_stack.ss_sp = stack_->data();
    inside_.uc_stack.ss_size = stack_->size();
    inside_.uc_link = &outside_;
    makecontext(&inside_, &Fiber::begin, 0);
  }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void resume() {
    resumed = this;
    swapcontext(&outside_, &inside_);
  }
  void resume_elsewhere() {
    std::thread{[this] { resume(); }}.join();
  }
  void pause() { swapcontext(&inside_, &outside_); }

 private:
  static void begin() {
    Fiber* const self = resumed;
    self->body_(*self);
  }

  static inline Fiber* resumed = nullptr;  // one runs at a time

  std::function<void(Fiber&)> body_;
  std::unique_ptr<std::array<char, 256 * 1024>> stack_{new std::array<char, 256 * 1024>};
  ucontext_t inside_{};
  ucontext_t outside_{};
};

struct Circuit {
  ManualClock clock;
  CircuitBreaker<ManualClock> circuit{Config{.open_for = 30s}, clock};

  void end_wait() {
    circuit.trip();
    clock.advance(30s);
  }

  /// Goes through a recovery whose probe is a fiber's, which ends on another thread.
  void recover_by_fiber() {
    end_wait();
    Fiber fiber{[&](Fiber& self) { circuit.call([&] { self.pause(); }); }};
    fiber.resume();
    REQUIRE_FALSE(admits_elsewhere());
    fiber.resume_elsewhere();
    REQUIRE(circuit.state() == State::closed);
  }

  bool admits_elsewhere() {
    bool admits = false;
    std::thread{[&] { admits = static_cast<bool>(circuit.try_acquire()); }}.join();
    return admits;
  }
};

}  // namespace

TEST_CASE(
    "a probe that began on one thread and ended on another lets no call past an open circuit") {
  Circuit one;
  one.recover_by_fiber();

  one.circuit.trip();
  int passed = 0;
  for (int i = 0; i < 1000; ++i) passed += static_cast<bool>(one.circuit.try_acquire()) ? 1 : 0;
  CHECK(passed == 0);

  one.clock.advance(30s);
  const auto probe = one.circuit.try_acquire();  // of the next recovery
  CHECK(probe.is_probe());
  CHECK_FALSE(one.circuit.try_acquire());
}

TEST_CASE("however many probes a thread did not end itself, calls inside its own still pass") {
  std::deque<Circuit> left(20);
  for (Circuit& one : left) one.recover_by_fiber();
  left.pop_back();  // a circuit may be gone
  Circuit last;
  last.end_wait();

  last.circuit.call([&] { CHECK(last.circuit.call([] { return 1; }, 2) == 1); });

  CHECK(last.circuit.state() == State::closed);
}
