// Workers share circuits and are killed at random: never more probes than slots beyond the dead, no bad word,
// nobody refused for ever, no key lost or doubled.
// Usage: torture [seconds]
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "breaker/breaker.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/core/word.hpp"
#include "breaker/shared_memory.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using Time = std::chrono::steady_clock;

namespace {

constexpr int workers = 12;
constexpr int probes = 2;
constexpr int keys = 40;
constexpr auto wait = 3ms;
constexpr auto lease = 1ms;
constexpr auto stuck =
    3s;  // of which the wait and the leases are 6 ms; the rest is for a busy machine
const SharedSettings settings{
    .capacity = keys,
    .config = {.open_for = wait, .probes = probes, .close_after = 3, .probe_lease = lease}};

/// What workers say of themselves. Each guards itself.
struct Said {
  struct Worker {
    std::atomic<std::uint64_t> probe{
        0};  // which one it holds: its number, above that its generation
    std::atomic<std::uint64_t> numbers{0};
  };
  std::array<Worker, workers> of{};
  std::atomic<std::int64_t> last_admission{0};  // to the first circuit
  std::atomic<std::int64_t> longest_pause{0};
  std::atomic<std::uint64_t> calls{0};
};

[[noreturn]] void fail(const std::string& why) {
  std::printf("FAILED: %s\n", why.c_str());
  std::exit(1);
}

std::string key_of(std::uint64_t number) {
  return "payments.example:" + std::to_string(number % keys);  // alike for two words
}

std::int64_t now() { return Time::now().time_since_epoch().count(); }

void note_admission(Said& said) {
  const std::int64_t time = now();
  const std::int64_t pause = time - said.last_admission.exchange(time);
  std::int64_t longest = said.longest_pause.load();
  while (pause > longest && !said.longest_pause.compare_exchange_weak(longest, pause)) {
  }
}

/// Call circuits until killed.
template <class Circuits>
[[noreturn]] void work(Circuits& circuits, Said& all, int number, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  Said::Worker& said = all.of[static_cast<std::size_t>(number)];
  auto& first = circuits.of(key_of(0));
  for (;;) {
    const bool is_first = random() % 4 != 0;
    auto& circuit = is_first ? first : circuits.of(key_of(random()));
    auto permit = circuit.try_acquire();
    if (!permit) {
      if (random() % 64 == 0) std::this_thread::yield();
      continue;
    }
    if (is_first) note_admission(all);
    if (is_first && permit.is_probe()) {
      const std::uint64_t id = said.numbers.fetch_add(1) + 1;
      said.probe.store(std::uint64_t{permit.generation()} << 40 | id);
    }
    const std::uint64_t most = permit.is_probe() ? 400'000 : 2000;  // more of them die
    for (std::uint64_t i = random() % most; i > 0; --i) asm volatile("");
    if (random() % 16 == 0) std::this_thread::yield();
    said.probe.store(0);
    all.calls.fetch_add(1);
    const std::uint64_t verdict = random() % 8;
    permit.settle(verdict < 3   ? Verdict::failure
                  : verdict < 7 ? Verdict::success
                                : Verdict::ignored);
  }
}

/// **Returns** how many probes of one generation workers have held at the same time: those that are seen twice,
/// with the whole of one look between, were held in between.
int held_at_once(const Said& said) {
  std::array<std::uint64_t, workers> first{};
  for (std::size_t i = 0; i < workers; ++i) first[i] = said.of[i].probe.load();
  std::map<std::uint64_t, int> held;
  int most = 0;
  for (std::size_t i = 0; i < workers; ++i) {
    if (first[i] == 0 || said.of[i].probe.load() != first[i]) continue;
    most = std::max(most, ++held[first[i] >> 40]);
  }
  return most;
}

/// The word itself is asked: a snapshot takes a number that is no state for closed.
template <class Circuit>
bool is_in_a_state(Circuit& circuit) {
  return detail::is_state(detail::state_of(detail::Peek::at(circuit).machine.word.load()));
}

/// Every key has one circuit, of its name.
template <class Circuits>
void check_keys(Circuits& circuits) {
  std::set<std::string> seen;
  circuits.for_each([&](std::string_view key, auto& circuit) {
    if (!seen.emplace(key).second) fail("two circuits of " + std::string{key});
    if (circuits.find(key) != &circuit) fail("not found: " + std::string{key});
    if (!is_in_a_state(circuit)) fail("a word in no state");
  });
  if (seen.size() > keys) fail("a key that nobody made");
  if (circuits.overflowed() > 0) fail("no place was left");
}

template <class Circuit>
void check_recovery(Circuit& circuit) {
  const auto begun = Time::now();
  while (circuit.state() != State::closed) {
    circuit.try_acquire().success();
    if (Time::now() - begun > stuck) fail("it does not close");
  }
  while (circuit.state() == State::closed) circuit.try_acquire().failure();
}

}  // namespace

int main(int argc, char** argv) {
  const std::chrono::seconds duration{argc > 1 ? std::atoi(argv[1]) : 5};
  const std::string path = "/dev/shm/breaker_torture." + std::to_string(::getpid());
  const auto policy =
      any_of(ConsecutiveFailures{4}, FailureRate{last_calls<50>(), {percent(60), 20}});
  SharedCircuits circuits{path.c_str(), settings, policy, Counters<4>{}};
  SharedCircuits<>::remove(path.c_str());
  void* const memory =
      ::mmap(nullptr, sizeof(Said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& said = *::new (memory) Said;
  std::mt19937_64 random{std::random_device{}()};

  const ::pid_t parent = ::getpid();
  std::array<::pid_t, workers> children{};
  const auto start = [&](int number) {
    const std::uint64_t seed = random();
    const ::pid_t child = ::fork();
    if (child < 0) fail("can't fork");
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // none is left if this program fails
      if (::getppid() != parent) ::_exit(1);
      static_cast<void>(::nice(5));
      work(circuits, said, number, seed);
    }
    children[static_cast<std::size_t>(number)] = child;
  };
  said.last_admission = now();
  for (int i = 0; i < workers; ++i) start(i);

  std::uint64_t kills = 0, of_probes = 0, looks = 0;
  auto next_kill = Time::now();
  for (const auto end = Time::now() + duration; Time::now() < end; ++looks) {
    if (held_at_once(said) > probes) fail("more probes than slots");
    if (now() - said.last_admission > std::chrono::nanoseconds{stuck}.count())
      fail("nobody is admitted");
    if (!is_in_a_state(circuits.of(key_of(0)))) fail("a word in no state");
    std::this_thread::sleep_for(
        100us);  // on a machine whose cores are all taken, who wakes comes first
    if (Time::now() < next_kill) continue;
    next_kill = Time::now() + std::chrono::microseconds{random() % 2000};
    const auto victim = static_cast<std::size_t>(random() % workers);
    ::kill(children[victim], SIGKILL);
    int status = 0;
    ::waitpid(children[victim], &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) fail("a worker ended by itself");
    ++kills;
    of_probes += said.of[victim].probe.exchange(0) != 0 ? 1 : 0;
    start(static_cast<int>(victim));
  }
  for (const ::pid_t child : children) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ++kills;
  }

  check_keys(circuits);
  circuits.for_each([&](std::string_view, auto& circuit) { check_recovery(circuit); });
  std::uint64_t lost = 0;
  circuits.for_each([&](std::string_view, auto& circuit) {
    const CallTotals totals = circuit.listener().totals();
    lost += totals.admitted - totals.succeeded - totals.failed - totals.ignored - totals.stale;
  });
  if (lost > kills)
    fail(std::to_string(lost) + " calls are missing, of " + std::to_string(kills) + " killed");
  const Snapshot last = circuits.of(key_of(0)).snapshot();
  std::printf(
      "passed: %llu kills, %llu with a probe; %llu calls, %u transitions, %llu looks; longest "
      "without "
      "admission %.1f ms; %llu calls lost\n",
      static_cast<unsigned long long>(kills), static_cast<unsigned long long>(of_probes),
      static_cast<unsigned long long>(said.calls.load()), static_cast<unsigned>(last.transitions),
      static_cast<unsigned long long>(looks), static_cast<double>(said.longest_pause.load()) / 1e6,
      static_cast<unsigned long long>(lost));
  return last.transitions > 10 && said.calls > 1000 ? 0 : 1;
}
