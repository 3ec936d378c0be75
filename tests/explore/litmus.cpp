// The explorer's memory model, tested on the shapes that every text on memory models begins with: what must be seen is
// seen in some execution, what must not be seen is seen in none, over all of them.
#include <cstdio>
#include <set>
#include <string>

#include "breaker/detail/atomic.hpp"
#include "explore/runtime.hpp"

namespace {

using namespace explore;
using Cell = breaker::detail::Atomic<int>;
using std::memory_order;
constexpr memory_order relaxed = std::memory_order_relaxed;
constexpr memory_order acquire = std::memory_order_acquire;
constexpr memory_order release = std::memory_order_release;
constexpr memory_order seq_cst = std::memory_order_seq_cst;

using Outcomes = std::set<std::string>;

struct Two {
  Cell x{0};
  Cell y{0};
  int a = -1;
  int b = -1;
};

template <class Program>
Outcomes all_outcomes(Program program) {
  Outcomes seen;
  Options options;
  options.preemptions = 100;
  options.stale_reads = 100;
  const Result result = explore::explore(
      [&](Run& run) {
        Two& two = run.make<Two>();
        run.finally([&seen, &two] { seen.insert(std::to_string(two.a) + std::to_string(two.b)); });
        program(run, two);
      },
      options);
  if (!result.exhausted || !result.failure.empty()) seen.insert("broken: " + result.failure);
  return seen;
}

Outcomes message_passing(memory_order write, memory_order read) {
  return all_outcomes([=](Run& run, Two& two) {
    run.thread([&two, write] {
      two.x.store(1, relaxed);
      two.y.store(1, write);
    });
    run.thread([&two, read] {
      two.a = two.y.load(read);
      two.b = two.x.load(relaxed);
    });
  });
}

// The flag goes through a read-modify-write of a third thread, which carries the release sequence on.
Outcomes release_sequence() {
  return all_outcomes([](Run& run, Two& two) {
    run.thread([&two] {
      two.x.store(1, relaxed);
      two.y.store(1, release);
    });
    run.thread([&two] {
      int one = 1;
      two.y.compare_exchange_strong(one, 2, relaxed, relaxed);
    });
    run.thread([&two] {
      two.a = two.y.load(acquire);
      two.b = two.x.load(relaxed);
    });
  });
}

Outcomes store_buffering(memory_order write, memory_order read) {
  return all_outcomes([=](Run& run, Two& two) {
    run.thread([&two, write, read] {
      two.x.fetch_add(1, write);
      two.a = two.y.load(read);
    });
    run.thread([&two, write, read] {
      two.y.fetch_add(1, write);
      two.b = two.x.load(read);
    });
  });
}

Outcomes coherence() {
  return all_outcomes([](Run& run, Two& two) {
    run.thread([&two] {
      two.x.store(1, relaxed);
      two.x.store(2, relaxed);
    });
    run.thread([&two] {
      two.a = two.x.load(relaxed);
      two.b = two.x.load(relaxed);
    });
  });
}

Outcomes additions() {
  return all_outcomes([](Run& run, Two& two) {
    for (int i = 0; i < 3; ++i) {
      run.thread([&two] { two.x.fetch_add(1, relaxed); });
    }
    run.finally([&two] {
      two.a = two.x.load(relaxed);
      two.b = 0;
    });
  });
}

int failures = 0;

void expect(bool holds, const char* claim) {
  std::printf("  %s %s\n", holds ? "ok    " : "FAILED", claim);
  if (!holds) ++failures;
}

}  // namespace

int main() {
  expect(message_passing(relaxed, relaxed).contains("10"),
         "message passing, relaxed: the flag without the message is seen");
  expect(message_passing(release, relaxed).contains("10"),
         "message passing, only released: it is seen");
  expect(message_passing(relaxed, acquire).contains("10"),
         "message passing, only acquired: it is seen");
  expect(message_passing(release, acquire) == Outcomes{"00", "01", "11"},
         "message passing, release and acquire: never, all else is");
  expect(!release_sequence().contains("20"), "a read-modify-write carries a release on");
  expect(store_buffering(relaxed, relaxed).contains("00"),
         "store buffering, relaxed: both miss each other");
  expect(store_buffering(release, acquire).contains("00"),
         "store buffering, release and acquire: both miss each other");
  expect(!store_buffering(seq_cst, seq_cst).contains("00"),
         "store buffering, seq_cst: one sees the other");
  expect(coherence() == Outcomes{"00", "01", "02", "11", "12", "22"},
         "coherence: a location never goes back");
  expect(additions() == Outcomes{"30"}, "no addition is lost");
  std::printf("%d failed\n", failures);
  return failures == 0 ? 0 : 1;
}
