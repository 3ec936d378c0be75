// The explorer's memory model, tested on the shapes that every text on memory models begins with: what must be seen is
// seen in some execution, what must not be seen is seen in none, over all of them.
#include <cstdio>
#include <set>
#include <string>

#include "breaker/base/atomic.hpp"
#include "proof/explore/runtime.hpp"

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

// Four threads: two write, two read both, in different order. Were there no single order, they could disagree.
Outcomes independent_reads(memory_order write, memory_order read) {
  return all_outcomes([=](Run& run, Two& two) {
    run.thread([&two, write] { two.x.store(1, write); });
    run.thread([&two, write] { two.y.store(1, write); });
    run.thread([&two, read] {
      const int first = two.x.load(read);
      two.a = 2 * first + two.y.load(read);
    });
    run.thread([&two, read] {
      const int first = two.y.load(read);
      two.b = 2 * first + two.x.load(read);
    });
  });
}

// Store buffering without read-modify-writes, which read the newest in any order.
Outcomes plain_store_buffering(memory_order order) {
  return all_outcomes([=](Run& run, Two& two) {
    run.thread([&two, order] {
      two.x.store(1, order);
      two.a = two.y.load(order);
    });
    run.thread([&two, order] {
      two.y.store(1, order);
      two.b = two.x.load(order);
    });
  });
}

// As release_sequence, but the third thread stores: nothing carries the release on.
Outcomes broken_release_sequence() {
  return all_outcomes([](Run& run, Two& two) {
    run.thread([&two] {
      two.x.store(1, relaxed);
      two.y.store(1, release);
    });
    run.thread([&two] {
      if (two.y.load(relaxed) == 1) two.y.store(2, relaxed);
    });
    run.thread([&two] {
      two.a = two.y.load(acquire);
      two.b = two.x.load(relaxed);
    });
  });
}

// An exchange that fails has read something, maybe what is there no longer.
Outcomes failed_exchange(memory_order failure) {
  return all_outcomes([=](Run& run, Two& two) {
    run.thread([&two] {
      two.x.store(1, relaxed);
      two.y.store(1, release);
      two.y.store(2, release);
    });
    run.thread([&two, failure] {
      int expected = 3;
      two.y.compare_exchange_strong(expected, 4, relaxed, failure);
      two.a = expected;
      two.b = two.x.load(relaxed);
    });
  });
}

// Store buffering where what looks at the other's cell is an exchange that fails.
Outcomes exchanges_fail_on_old_values(memory_order order) {
  return all_outcomes([=](Run& run, Two& two) {
    run.thread([&two, order] {
      two.x.store(1, order);
      two.a = 2;
      two.y.compare_exchange_strong(two.a, 3, order, order);
    });
    run.thread([&two, order] {
      two.y.store(1, order);
      two.b = 2;
      two.x.compare_exchange_strong(two.b, 3, order, order);
    });
  });
}

// What is in flight in one thread is not in flight in the other.
Outcomes exceptions_in_flight() {
  return all_outcomes([](Run& run, Two& two) {
    const auto rethrown = [&two](int number) {
      try {
        try {
          throw number;
        } catch (int) {
          two.x.fetch_add(1, relaxed);
          throw;
        }
      } catch (int caught) {
        return caught;
      }
    };
    run.thread([&two, rethrown] { two.a = rethrown(1); });
    run.thread([&two, rethrown] { two.b = rethrown(2); });
  });
}

// A thread sleeps on the flag until another sets it, and wakes it or forgets to.
Outcomes wake_up(bool forgets) {
  return all_outcomes([=](Run& run, Two& two) {
    run.thread([&two] {
      two.x.wait(0, relaxed);
      two.a = two.x.load(relaxed);
    });
    run.thread([&two, forgets] {
      two.x.store(1, relaxed);
      if (!forgets) two.x.notify_one();
      two.b = 0;
    });
  });
}

// Where nobody else runs yet, nobody can wake it.
Outcomes wait_in_set_up() {
  return all_outcomes([](Run&, Two& two) { two.x.wait(0, relaxed); });
}

Outcomes invariant_of_two_stores() {
  return all_outcomes([](Run& run, Two& two) {
    run.invariant(
        [&] { run.check(two.x.load(relaxed) == two.y.load(relaxed), "between the two stores"); });
    run.thread([&two] {
      two.x.store(1, relaxed);
      two.y.store(1, relaxed);
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
  expect(release_sequence() == Outcomes{"00", "01", "11", "21"},
         "a read-modify-write carries a release on");
  expect(broken_release_sequence() == Outcomes{"00", "01", "11", "20", "21"}, "a store does not");
  expect(store_buffering(relaxed, relaxed).contains("00"),
         "store buffering, relaxed: both miss each other");
  expect(store_buffering(release, acquire).contains("00"),
         "store buffering, release and acquire: both miss each other");
  expect(!store_buffering(seq_cst, seq_cst).contains("00"),
         "store buffering, seq_cst: one sees the other");
  expect(plain_store_buffering(seq_cst) == Outcomes{"01", "10", "11"},
         "store buffering, seq_cst stores: one sees the other");
  expect(plain_store_buffering(relaxed) == Outcomes{"00", "01", "10", "11"},
         "store buffering, relaxed stores: both miss each other");
  expect(independent_reads(release, acquire).contains("22"),
         "independent reads, release and acquire: the readers disagree");
  expect(!independent_reads(seq_cst, seq_cst).contains("22"),
         "independent reads, seq_cst: they agree");
  expect(failed_exchange(relaxed) == Outcomes{"00", "01", "10", "11", "20", "21"},
         "a failed exchange reads what it may, and acquires nothing");
  expect(failed_exchange(acquire) == Outcomes{"00", "01", "11", "21"}, "unless it acquires");
  expect(exchanges_fail_on_old_values(relaxed) == Outcomes{"00", "01", "10", "11"},
         "exchanges that fail miss each other's stores");
  expect(exchanges_fail_on_old_values(seq_cst) == Outcomes{"01", "10", "11"},
         "unless they are seq_cst");
  expect(exceptions_in_flight() == Outcomes{"12"}, "each thread rethrows its own exception");
  expect(wake_up(false) == Outcomes{"10"}, "who is notified wakes");
  expect(wake_up(true).contains("broken: deadlock: a thread waits for ever"),
         "who is not sleeps for ever");
  expect(wait_in_set_up().contains("broken: deadlock: every thread waits"),
         "a wait in set-up is a failure, not a crash");
  expect(invariant_of_two_stores() == Outcomes{"broken: between the two stores"},
         "an invariant is checked after each store");
  expect(coherence() == Outcomes{"00", "01", "02", "11", "12", "22"},
         "coherence: a location never goes back");
  expect(additions() == Outcomes{"30"}, "no addition is lost");
  std::printf("%d failed\n", failures);
  return failures == 0 ? 0 : 1;
}
