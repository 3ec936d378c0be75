// Soak: four threads use one circuit in every way there is, at random, for as long as they are told. Each second they come
// to rest, and all must add up: calls, events, states; the next call is admitted; memory has not grown.
//   soak [SECONDS]
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <utility>

#include "breaker/breaker.hpp"
#include "concurrency/race.hpp"

namespace {

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;
using Time = SteadyClock::time_point;

constexpr int threads = 4;
constexpr int states = 5;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#if defined(HAS_SANITIZER)
constexpr bool memory_is_our_own =
    false;  // a sanitizer keeps what was freed, and records of its own
#else
constexpr bool memory_is_our_own = true;
#endif

/// What the listener has heard: sums, to be held against what the circuit says.
struct Heard {
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> generations{0};  // summed
  std::array<std::atomic<std::int64_t>, states> stays{
      1};  // by state, entered less left; closed was entered
};

struct Hears {
  Heard* heard;
  void operator()(const Transition& event) const {
    ++heard->events;
    heard->generations += event.generation;
    ++heard->stays.at(static_cast<std::size_t>(event.to));
    --heard->stays.at(static_cast<std::size_t>(event.from));
  }
};

/// Waits of some milliseconds, so that there are thousands of transitions a second.
auto make_circuit(Heard& heard) {
  return CircuitBreaker{
      Config{.open_for = Backoff{.first = 1ms, .factor = 2, .max = 4ms, .jitter = 20_percent},
             .probes = 3,
             .reopen_after = 2,
             .probe_lease = 2ms,
             .retry_after_max = 8ms},
      any_of(ConsecutiveFailures{8}, FailureRate{last_calls<100>(), {50_percent, 50}},
             FailureCount{40, within(100ms)}),
      Listeners{Counters{}, Hears{&heard}}};
}
using Circuit = decltype(make_circuit(std::declval<Heard&>()));
using Permit = Circuit::Permit;

/// Where a thread leaves a permit for another one to settle.
class Mailbox {
 public:
  /// **Returns** the permit that was in it.
  Permit swap(Permit permit) {
    const std::lock_guard lock{mutex_};
    return std::exchange(permit_, std::move(permit));
  }

 private:
  std::mutex mutex_;
  Permit permit_;  // guarded by mutex_
};

/// One thread's use of the circuit, between two rests.
class User {
 public:
  User(Circuit& circuit, Mailbox& mailbox, int number)
      : circuit_{circuit}, mailbox_{mailbox}, random_{number + 1} {}

  void use_until(Time end, bool commands) {
    commands_ = commands;
    for (Time now{}; now < end; now = SteadyClock::now()) {
      is_ill_ = now.time_since_epoch() / 10ms % 2 == 0;  // the service, every other 10 ms
      for (int i = 0; i < 200; ++i) use();
    }
    for (Permit& permit : held_) permit = {};
  }

  [[nodiscard]] std::uint64_t calls() const { return calls_; }

 private:
  void use() {
    ++calls_;
    const int kind = random_.below(100);
    if (kind < 40) circuit_.call([&] { return !fails(); }, [](const Rejection&) { return false; });
    if (kind >= 40 && kind < 50) call_what_throws();
    if (kind >= 50 && kind < 80)
      circuit_.try_acquire().settle(fails() ? Verdict::failure : Verdict::success, 3ms);
    if (kind >= 80) hold_another(kind);
    if (commands_ && random_.below(4000) == 0) command();
  }

  bool fails() { return random_.below(100) < (is_ill_ ? 70 : 3); }

  void call_what_throws() {
    try {
      circuit_.call(
          [&] {
            if (fails()) throw std::runtime_error{"down"};
          },
          [](const Rejection&) {});
    } catch (const std::runtime_error&) {  // it was ours
    }
  }

  /// Settles a permit that was taken a while ago, perhaps by another thread, and takes one to hold.
  void hold_another(int kind) {
    Permit permit = circuit_.try_acquire();
    if (kind % 3 == 0) permit.if_dropped(Verdict::failure);
    if (kind > 95) permit = mailbox_.swap(std::move(permit));
    std::swap(permit,
              held_.at(static_cast<std::size_t>(random_.below(static_cast<int>(held_.size())))));
    if (kind % 4 == 0) permit.success();
    if (kind % 4 == 1) permit.failure();
  }

  void command() {
    const int kind = random_.below(20);
    if (kind == 0) circuit_.trip();
    if (kind == 1) circuit_.trip(2ms);
    if (kind == 2) circuit_.force_open();
    if (kind == 3) circuit_.disable();
    if (kind > 3 && (circuit_.state() > State::half_open || kind == 4)) circuit_.reset();
  }

  Circuit& circuit_;
  Mailbox& mailbox_;
  Random random_;
  std::array<Permit, 8> held_{};
  std::uint64_t calls_ = 0;
  bool commands_ = false;
  bool is_ill_ = false;
};

struct Memory {
  std::size_t heap = 0;      // bytes that are allocated
  std::size_t resident = 0;  // bytes of this process that are in memory
};

Memory memory_now() {
  std::size_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> pages;  // the second number
  return {mallinfo2().uordblks, pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE))};
}

/// The threads, the circuit, and what must hold when they rest.
class Soak {
 public:
  explicit Soak(int seconds) : seconds_{seconds}, circuit_{make_circuit(heard_)} {}

  /// **Returns** whether all was well.
  bool run() {
    race(threads, [this](int number) {
      User user{circuit_, mailbox_, number};
      while (!is_over_) {
        // By hand every other second only: a command would free a circuit that is stuck.
        user.use_until(began_ + (rests_ + 1) * 1s, rests_ % 2 == 1);
        calls_.at(static_cast<std::size_t>(number)) = user.calls();
        rest_.arrive_and_wait();
      }
    });
    report();
    return !has_failed_;
  }

 private:
  [[nodiscard]] std::uint64_t calls() const {
    return std::accumulate(calls_.begin(), calls_.end(), calls_at_rest_);
  }

  void check(bool holds, const char* claim) {
    if (holds) return;
    has_failed_ = true;
    std::printf("FAILED after %d s: %s\n", rests_ + 1, claim);
  }

  /// All threads wait, and no permit is out but the mailbox's.
  void rest() noexcept {
    static_cast<void>(mailbox_.swap({}));
    check_totals();
    check_events();
    check_that_the_next_call_is_admitted();
    check_memory();
    is_over_ = has_failed_ || ++rests_ == seconds_;
  }

  void check_totals() {
    const CallTotals totals = circuit_.listener().get<Counters<>>().totals();
    const Snapshot seen = circuit_.snapshot();
    check(totals.admitted == totals.succeeded + totals.failed + totals.ignored + totals.stale,
          "each call that was admitted ended once");
    check(totals.admitted + totals.refused == calls(), "each call was admitted or refused");
    check(totals.refused == seen.refused, "listener and circuit count the same refusals");
    check(static_cast<std::uint32_t>(totals.stale) == seen.stale,
          "listener and circuit count the same stale calls");
    check(seen.listener_errors == 0, "no listener threw");
    check(seen.transitions > transitions_ && totals.admitted > admitted_,
          "the circuit went on working");
    transitions_ = seen.transitions;
    admitted_ = totals.admitted;
  }

  void check_events() {
    constexpr std::uint64_t round = 1 << 21;  // generations
    const auto sum_to = [](std::uint64_t last) { return last * (last + 1) / 2; };
    const Transition last = circuit_.why();
    check(heard_.events == transitions_, "each transition was told once");
    check(last.generation == transitions_ % round, "each transition began a generation");
    check(heard_.generations ==
              transitions_ / round * sum_to(round - 1) + sum_to(transitions_ % round),
          "the events are numbered without gaps");
    for (std::size_t state = 0; state < states; ++state) {
      check(heard_.stays.at(state) == (last.to == static_cast<State>(state) ? 1 : 0),
            "each state was left as often as it was entered, but the present one");
    }
  }

  void check_that_the_next_call_is_admitted() {
    if (circuit_.state() == State::forced_open) {
      check(one_more_call() > 0s, "a circuit that is forced open refuses");
      circuit_.reset();
    }
    if (circuit_.state() == State::disabled) circuit_.reset();
    std::this_thread::sleep_for(one_more_call());
    check(one_more_call() == 0s, "the next call is admitted, once the wait is over");
    circuit_.trip(1ms);
    std::this_thread::sleep_for(one_more_call());
    for (int i = 0; i < 10; ++i, ++calls_at_rest_)
      check(static_cast<bool>(circuit_.try_acquire()), "a dropped probe hands its slot back");
    for (int probe = 0; probe < 3; ++probe) one_more_call();
    check(circuit_.state() == State::closed, "good probes close the circuit");
  }

  /// **Returns** how long the circuit asks to wait, if it refuses.
  std::chrono::nanoseconds one_more_call() {
    ++calls_at_rest_;
    auto permit = circuit_.try_acquire();
    if (permit) permit.success();
    return permit ? 0ns : permit.rejection().retry_after;
  }

  void check_memory() {
    now_ = memory_now();
    if (rests_ < 3) first_ = now_;  // caches fill up
    check(!memory_is_our_own || now_.heap < first_.heap + (64 << 10), "the heap does not grow");
    check(!memory_is_our_own || now_.resident < first_.resident + (1 << 20),
          "resident memory does not grow");
  }

  void report() {
    std::printf(
        "%s: %d s, %llu calls, %llu admitted, %llu transitions; heap %zu, then %zu KiB; resident "
        "%zu, then %zu KiB\n",
        has_failed_ ? "FAILED" : "passed", rests_, static_cast<unsigned long long>(calls()),
        static_cast<unsigned long long>(admitted_), static_cast<unsigned long long>(transitions_),
        first_.heap >> 10, now_.heap >> 10, first_.resident >> 10, now_.resident >> 10);
  }

  int seconds_;
  Heard heard_;
  Circuit circuit_;
  Mailbox mailbox_;
  // Written by the threads while they use the circuit, each its own; read at rest.
  std::array<std::uint64_t, threads> calls_{};
  // Written at rest only.
  std::uint64_t calls_at_rest_ = 0;
  std::uint64_t admitted_ = 0;
  std::uint64_t transitions_ = 0;
  int rests_ = 0;
  bool is_over_ = false;
  bool has_failed_ = false;
  Memory first_;
  Memory now_;
  Time began_ = SteadyClock::now();

  struct Rest {
    Soak* soak;
    void operator()() noexcept { soak->rest(); }
  };
  std::barrier<Rest> rest_{threads, Rest{this}};
};

}  // namespace

int main(int count, char** arguments) {
  const int seconds = count > 1 ? std::atoi(arguments[1]) : 20;
  if (seconds < 1) {
    std::fputs("soak [SECONDS], at least 1\n", stderr);
    return 2;
  }
  return Soak{seconds}.run() ? 0 : 1;
}
