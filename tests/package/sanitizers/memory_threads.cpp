// Threads that use a circuit of each policy, counters and a registry, for MemorySanitizer: a program
// that takes little more than threads from libraries that were not built for it.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/registry.hpp"
#include "concurrency/race.hpp"

namespace {

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

constexpr int calls = 50'000;  // of each thread
std::atomic<std::uint64_t> done{0};
std::atomic<std::uint64_t> admitted{0};
std::atomic<int> wrong{0};

constexpr Config config{.open_for = Backoff{.first = 1ms, .max = 4ms, .jitter = 20_percent},
                        .probes = 2,
                        .probe_lease = 2ms};

/// Calls that end in every way; whatever a circuit answers decides a branch, which the sanitizer
/// looks at.
template <class Circuit>
void use(Circuit&& circuit, Random& random) {
  ++done;
  auto permit = circuit.try_acquire();
  if (!permit && permit.rejection().retry_after < 0ns) ++wrong;
  if (permit) ++admitted;
  const int failing = done / 4096 % 4 == 0 ? 70 : 5;  // of a hundred calls
  if (random.below(4) > 0)
    permit.settle(random.below(100) < failing ? Verdict::failure : Verdict::success, 2ms);
  if (random.below(500) == 0) circuit.reset();
  if (random.below(500) == 0) circuit.trip(1ms);
  if (random.below(50) != 0) return;
  const Snapshot seen = circuit.snapshot();
  const Transition why = circuit.why();
  if (seen.numbers.at[0] > done || why.numbers.at[0] > done || why.at < 0ns) ++wrong;
}

template <class Policy>
void use_in_threads(const Policy& policy) {
  for (const int threads : {2, 4}) {
    CircuitBreaker circuit{config, policy, TimedCounters<2>{}};
    race(threads, [&](int number) {
      Random random{number};
      for (int i = 0; i < calls; ++i) use(circuit, random);
    });
    const CallTotals totals = circuit.listener().totals();
    if (totals.admitted != totals.succeeded + totals.failed + totals.ignored + totals.stale)
      ++wrong;
    if (circuit.listener().durations().succeeded.sum < 0ns) ++wrong;
  }
}

void use_a_registry() {
  Registry circuits{{.capacity = 64, .config = config}};
  race(4, [&](int number) {
    Random random{number};
    for (int i = 0; i < calls; ++i) {
      const char key[] = {'k', static_cast<char>('a' + random.below(26)), 0};
      if (random.below(400) == 0) circuits.erase(key);
      use(circuits.handle(key), random);
    }
  });
  std::size_t length = 0;
  circuits.for_each([&](std::string_view key, const auto&) { length += key.size(); });
  if (length != 2 * circuits.size()) ++wrong;
}

}  // namespace

int main() {
  use_in_threads(ConsecutiveFailures{5});
  use_in_threads(FailureRate{last_calls<50>(), {50_percent, 20}});
  use_in_threads(FailureRate{within<20, 4>(100ms), {50_percent, 20}});
  use_in_threads(FailureCount{20, last_calls<50>()});
  use_in_threads(FailureCount{20, within(100ms)});
  use_in_threads(SlowCallRate{last_calls<50>(), {1us, 50_percent, 20}});
  use_in_threads(any_of(ConsecutiveFailures{8}, FailureRate{within(100ms), {50_percent, 20}}));
  use_in_threads(all_of(ConsecutiveFailures{2}, FailureCount{10, last_calls<50>()}));
  use_a_registry();
  std::printf("%llu calls of threads, %llu admitted, %d wrong\n",
              static_cast<unsigned long long>(done), static_cast<unsigned long long>(admitted),
              wrong.load());
  return wrong == 0 ? 0 : 1;
}
