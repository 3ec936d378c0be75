// Promise 9, instruction by instruction: a signal interrupts a call before each one, and its handler
// makes a call of the same circuit there.
#include <ucontext.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <string_view>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

// ---- the processor's trap flag: SIGTRAP after every instruction

constexpr std::int64_t trap_flag = 0x100;

volatile long instructions_left = 0;
volatile bool has_interrupted = false;
void (*interruption)(void*) = nullptr;
void* interrupted = nullptr;

extern "C" void after_an_instruction(int, siginfo_t*, void* context) {
  if (instructions_left > 0) {
    instructions_left = instructions_left - 1;
    return;
  }
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] &= ~trap_flag;
  has_interrupted = true;
  interruption(interrupted);
}

// Both leave the 128 bytes below the stack pointer alone, where a function may keep something.
[[gnu::always_inline]] inline void begin_to_step() {
  asm volatile(
      "lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
          : "memory", "cc");
}
[[gnu::always_inline]] inline void end_to_step() {
  asm volatile(
      "lea -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
          : "memory", "cc");
}

template <Verdict Given, class Circuit>
[[gnu::noinline]] void make_call(Circuit& circuit) {
  circuit.try_acquire().settle(Given);
}

/// Make a call that ends in `Own`; after `instructions` of it a handler makes one that ends in
/// `Handlers`. **Returns** false if the call has no so many.
template <Verdict Own, Verdict Handlers, class Circuit>
bool interrupt_after(long instructions, Circuit& circuit) {
  instructions_left = instructions;
  has_interrupted = false;
  interrupted = &circuit;
  interruption = [](void* same) { make_call<Handlers>(*static_cast<Circuit*>(same)); };
  begin_to_step();
  make_call<Own>(circuit);
  end_to_step();
  return has_interrupted;
}

// ---- where the circuit stands when the call begins

constexpr std::uint32_t failures_before = 3;  // two more trip

template <class Circuit>
void begin_closed(Circuit& circuit, ManualClock) {
  for (std::uint32_t i = 0; i < failures_before; ++i) circuit.try_acquire().failure();
}

template <class Circuit>
void begin_past_the_wait(Circuit& circuit, ManualClock clock) {
  circuit.trip();
  clock.advance(31s);
}

template <class Circuit>
void begin_half_open(Circuit& circuit, ManualClock clock) {
  begin_past_the_wait(circuit, clock);
  circuit.try_acquire().ignore();
}

// ---- what must hold afterwards

template <class Circuit>
bool is_conserved(const Circuit& circuit) {
  const CallTotals totals = circuit.listener().totals();
  return totals.admitted == totals.succeeded + totals.failed + totals.ignored + totals.stale &&
         totals.refused == circuit.snapshot().refused;
}

/// **Returns** whether both calls are in the window, if there is one and no transition came between.
template <class Circuit>
bool has_counted_both(const Circuit& circuit) {
  const Snapshot seen = circuit.snapshot();
  const bool counts = circuit.words().rule == std::string_view{"failure_rate"};
  return !counts || seen.transitions > 0 || seen.numbers.at[1] == failures_before + 2;
}

template <class Circuit>
bool recovers_and_trips(Circuit& circuit, ManualClock clock) {
  clock.advance(1h);  // each wait is over, and each lease
  for (int i = 0; i < 2; ++i) circuit.try_acquire().success();
  const bool recovered = circuit.state() == State::closed;
  clock.advance(1h);  // a time window is empty
  for (int i = 0; i < 10; ++i) circuit.try_acquire().failure();
  return recovered && circuit.state() == State::open &&
         circuit.snapshot().generation == circuit.snapshot().transitions;
}

/// Interrupt a call of a new circuit after each of its instructions.
template <Verdict Own, Verdict Handlers, class Policy, class Begin>
void interrupt_everywhere(const Policy& policy, Begin begin) {
  long instruction = 0;
  int wrong = 0;
  for (bool is_inside = true; is_inside; ++instruction) {
    ManualClock clock;
    CircuitBreaker circuit{Config{.probes = 2}, policy, clock, Counters<1>{}};
    begin(circuit, clock);
    const std::uint64_t before =
        circuit.listener().totals().admitted + circuit.listener().totals().refused;
    is_inside = interrupt_after<Own, Handlers>(instruction, circuit);
    const std::uint64_t calls =
        circuit.listener().totals().admitted + circuit.listener().totals().refused - before;
    const bool is_right = calls == (is_inside ? 2 : 1) && is_conserved(circuit) &&
                          (!is_inside || has_counted_both(circuit)) &&
                          recovers_and_trips(circuit, clock) && is_conserved(circuit);
    if (!is_right && wrong++ == 0)
      FAIL_CHECK("interrupted after " << instruction << " instructions");
  }
  CHECK(wrong == 0);
  CHECK(instruction > 50);  // it did step through the call
}

template <class Policy>
void interrupt_in_each_state(const Policy& policy) {
  struct sigaction action{};
  action.sa_sigaction = after_an_instruction;
  action.sa_flags = SA_SIGINFO;
  REQUIRE(sigaction(SIGTRAP, &action, nullptr) == 0);
  const auto closed = [](auto& circuit, auto clock) { begin_closed(circuit, clock); };
  const auto past_the_wait = [](auto& circuit, auto clock) { begin_past_the_wait(circuit, clock); };
  const auto half_open = [](auto& circuit, auto clock) { begin_half_open(circuit, clock); };
  constexpr auto success = Verdict::success;
  constexpr auto failure = Verdict::failure;
  interrupt_everywhere<success, failure>(policy, closed);
  interrupt_everywhere<failure, failure>(policy, closed);
  interrupt_everywhere<success, failure>(policy, past_the_wait);
  interrupt_everywhere<failure, failure>(policy, half_open);
}

}  // namespace

// Several tests, over windows of few slices: each takes some ten thousand signals, by the square of the
// instructions.
TEST_CASE("failures in a row: a handler may call the circuit after any instruction of a call") {
  interrupt_in_each_state(ConsecutiveFailures{5});
}

TEST_CASE("last calls: a handler may call the circuit after any instruction of a call") {
  interrupt_in_each_state(FailureRate{last_calls<10>(), {100_percent, 5}});
}

TEST_CASE("a time window: a handler may call the circuit after any instruction of a call") {
  interrupt_in_each_state(FailureRate{within<3, 2>(10s), {100_percent, 5}});
}

TEST_CASE("a combination: a handler may call the circuit after any instruction of a call") {
  interrupt_in_each_state(any_of(FailureCount{5, within<3>(10s)}, ConsecutiveFailures{5}));
}
