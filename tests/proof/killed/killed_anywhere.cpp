// Promise 9 in shared memory: a process is killed after any instruction of what it does to a circuit, and the
// others go on. Its death changes nothing in memory, so it is enough to look at what is there after each.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/policy/advised.hpp"
#include "breaker/shared_memory.hpp"
#include "proof/killed/step.hpp"
#include "support/catch.hpp"
#include "support/shared_path.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

std::chrono::nanoseconds time_now{1h};

/// The time of this process. It has no address in it, so that it may be shared.
struct TestClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<TestClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept { return time_point{time_now}; }
};

constexpr int probes = 2;
constexpr SharedSettings settings{
    .capacity = 4,
    .config = {.open_for = 10s, .probes = probes, .close_after = 2, .probe_lease = 2s}};

/// A file of circuits as memory.
class Bytes {
 public:
  explicit Bytes(const char* path) {
    const int file = ::open(path, O_RDWR);
    struct ::stat about = {};
    REQUIRE(::fstat(file, &about) == 0);
    size_ = static_cast<std::size_t>(about.st_size);
    memory_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    REQUIRE(memory_ != MAP_FAILED);
    ::close(file);
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() { ::munmap(memory_, size_); }
  void copy_to(const Bytes& other) const noexcept { std::memcpy(other.memory_, memory_, size_); }

 private:
  void* memory_ = nullptr;
  std::size_t size_ = 0;
};

void copy_file(const char* from, const char* to) {
  std::ofstream{to, std::ios::binary} << std::ifstream{from, std::ios::binary}.rdbuf();
}

/// A file that one process works on, and a copy of it, where others take over what it leaves.
template <class... Parts>
struct Two {
  explicit Two(const Parts&... parts)
      : dying{dying_path.c_str(), settings, TestClock{}, parts...},
        left{dying_path.c_str()},
        heirs{(copy_file(dying_path.c_str(), heirs_path.c_str()), heirs_path.c_str()), settings,
              TestClock{}, parts...},
        taken_over{heirs_path.c_str()} {}
  void take_over() const noexcept { left.copy_to(taken_over); }

  SharedPath dying_path;
  SharedPath heirs_path;
  SharedCircuits<TestClock, Parts...> dying;
  Bytes left;
  SharedCircuits<TestClock, Parts...> heirs;
  Bytes taken_over;
};

/// Do `work(begin)` in a process of its own, and ask `holds()` after each instruction.
template <class Work, class Holds>
void hold_everywhere(const char* what, const Work& work, const Holds& holds) {
  INFO(what);
  Stepped process{work};
  int instructions = 0;
  int wrong = 0;
  for (; process.is_inside(); process.step(), ++instructions) {
    const std::chrono::nanoseconds before = time_now;
    if (const char* const fault = holds(); fault != nullptr && wrong++ == 0)
      FAIL_CHECK("after " << instructions << " instructions: " << fault);
    time_now = before;
  }
  CHECK(wrong == 0);
  CHECK(instructions > 10);
}

// ---- what must hold of a circuit

/// Nobody will settle it.
template <class Permit>
void lose(Permit permit) {
  alignas(Permit) static std::byte place[sizeof(Permit)];
  ::new (static_cast<void*>(place)) Permit(std::move(permit));
}

/// A call that is bad for every policy: it takes long, and fails.
template <class Circuit>
bool bad_call(Circuit& circuit) {
  auto permit = circuit.try_acquire();
  if (!permit) return false;
  time_now += 2s;
  permit.failure();
  return true;
}

/// **Returns** what is wrong with a circuit that was left so, or null.
template <class Circuit>
const char* fault_of(Circuit& circuit) {
  const Snapshot left = circuit.snapshot();
  if (left.state > State::disabled) return "the word is in no state";
  const Generation behind = left.generation - circuit.why().generation;
  if (behind > 1) return "the record lags by more than one";
  if (left.state == State::forced_open || left.state == State::disabled) circuit.reset();
  if (left.state == State::half_open) {
    int admitted = 0;
    for (int i = 0; i < 2 * probes; ++i) {
      auto permit = circuit.try_acquire();
      admitted += permit ? 1 : 0;
      lose(std::move(permit));
    }
    if (admitted > probes) return "more probes than slots";
  }
  time_now += 3h;  // longer than any wait and lease
  for (int i = 0; i < 2; ++i) {
    auto permit = circuit.try_acquire();
    if (!permit) return "wedged";
    permit.success();
  }
  if (circuit.state() != State::closed) return "does not close";
  time_now += 3h;  // a window of time is empty
  int calls = 0;
  while (bad_call(circuit) && ++calls < 12) {
  }
  if (circuit.state() != State::open) return "does not open";
  if (circuit.why().generation != circuit.snapshot().generation) return "the record stays behind";
  return nullptr;
}

// ---- where a circuit stands, and what is done to it

constexpr const char* key = "payments.example";

template <class Circuit>
void begin_closed(Circuit& circuit, int failures) {
  for (int i = 0; i < failures; ++i) bad_call(circuit);
}
template <class Circuit>
void begin_past_the_wait(Circuit& circuit) {
  circuit.trip();
  time_now += 11s;
}
template <class Circuit>
void begin_half_open(Circuit& circuit) {
  begin_past_the_wait(circuit);
  circuit.try_acquire().success();
}

template <class... Parts>
void kill_in_each_operation(const Parts&... parts) {
  const auto hold = [&](const char* what, const auto& scene, const auto& work) {
    const Two<Parts...> two{parts...};
    auto& dying = const_cast<Two<Parts...>&>(two).dying.of(key);
    auto& heirs = const_cast<Two<Parts...>&>(two).heirs;
    const std::chrono::nanoseconds before = time_now;
    scene(dying);
    hold_everywhere(
        what, [&](const auto& begin) { work(dying, begin); },
        [&] {
          two.take_over();
          return fault_of(heirs.of(key));
        });
    time_now = before;
  };
  const auto closed = [](auto& circuit) { begin_closed(circuit, 2); };
  const auto about_to_trip = [](auto& circuit) { begin_closed(circuit, 4); };
  const auto past_the_wait = [](auto& circuit) { begin_past_the_wait(circuit); };
  const auto half_open = [](auto& circuit) { begin_half_open(circuit); };
  const auto all_lost = [](auto& circuit) {
    begin_past_the_wait(circuit);
    for (int i = 0; i < probes; ++i) lose(circuit.try_acquire());
    time_now += 5s;
  };
  const auto open = [](auto& circuit) { circuit.trip(); };
  const auto acquire = [](auto& circuit, const auto& begin) {
    begin();
    lose(circuit.try_acquire());
  };
  const auto settle = [](Verdict verdict, std::chrono::nanoseconds took) {
    return [verdict, took](auto& circuit, const auto& begin) {
      auto permit = circuit.try_acquire();
      time_now += took;
      begin();
      permit.settle(verdict);
    };
  };
  const auto by_hand = [](auto command) {
    return [command](auto& circuit, const auto& begin) {
      begin();
      command(circuit);
    };
  };

  hold("acquire, closed", closed, acquire);
  hold("acquire, the first probe", past_the_wait, acquire);
  hold("acquire, a further probe", half_open, acquire);
  hold("acquire, in place of lost probes", all_lost, acquire);
  hold("acquire, refused", open, acquire);
  hold("settle, a success", closed, settle(Verdict::success, 0s));
  hold("settle, a failure", closed, settle(Verdict::failure, 2s));
  hold("settle, ignored", closed, settle(Verdict::ignored, 0s));
  hold("settle, a failure that trips", about_to_trip, settle(Verdict::failure, 2s));
  hold("settle, the probe that closes", half_open, settle(Verdict::success, 0s));
  hold("settle, a probe that opens", half_open, settle(Verdict::failure, 2s));
  hold("settle, an ignored probe", half_open, settle(Verdict::ignored, 0s));
  hold("trip", closed, by_hand([](auto& circuit) { circuit.trip(); }));
  hold("trip for an hour", open, by_hand([](auto& circuit) { circuit.trip(1h); }));
  hold("retry in a second", open, by_hand([](auto& circuit) { circuit.retry_in(1s); }));
  hold("reset", half_open, by_hand([](auto& circuit) { circuit.reset(); }));
  hold("force open", closed, by_hand([](auto& circuit) { circuit.force_open(); }));
  hold("disable", closed, by_hand([](auto& circuit) { circuit.disable(); }));
  hold("restore", closed,
       by_hand([](auto& circuit) { circuit.restore({State::open, std::chrono::seconds{5}, 1}); }));
}

// ---- what must hold of a table

template <class Circuits>
const char* fault_of_table(Circuits& circuits, std::string_view wanted) {
  std::set<std::string> keys;
  const char* fault = nullptr;
  const auto visit_all = [&] {
    keys.clear();
    circuits.for_each([&](std::string_view found, auto& circuit) {
      if (!keys.emplace(found).second) fault = "a key has two circuits";
      if (circuits.find(found) != &circuit) fault = "a key is not found where it stands";
    });
  };
  visit_all();
  if (keys.count("orders.example") != 1) return "another key is lost";
  auto& circuit = circuits.of(wanted);
  if (&circuit == &circuits.overflow()) return "no place is left";
  if (circuit.name() != wanted) return "another key's circuit";
  if (&circuits.of(wanted) != &circuit || circuits.find(wanted) != &circuit) return "two circuits";
  auto& other = circuits.of("payments.exposed");  // begins alike
  if (&other == &circuit || other.name() != "payments.exposed") return "one circuit for two keys";
  if (&circuits.of(wanted) != &circuit) return "it has moved";
  visit_all();
  if (keys.size() != 3) return "keys that nobody made";
  return fault;
}

}  // namespace

TEST_CASE("killed at any instruction: failures in a row") {
  kill_in_each_operation(ConsecutiveFailures{5});
}
TEST_CASE("killed at any instruction: a count over time") {
  kill_in_each_operation(FailureCount{5, within<3>(1min)});
}
TEST_CASE("killed at any instruction: a count over calls") {
  kill_in_each_operation(FailureCount{5, last_calls<10>()});
}
TEST_CASE("killed at any instruction: a rate over calls") {
  kill_in_each_operation(FailureRate{last_calls<13>(), {50_percent, 5}});
}
TEST_CASE("killed at any instruction: a rate over time, on stripes") {
  kill_in_each_operation(FailureRate{within<3, 2>(1min), {100_percent, 5}});
}
TEST_CASE("killed at any instruction: a rate of slow calls") {
  kill_in_each_operation(SlowCallRate{within<3>(1min), {1s, 100_percent, 5}});
}
TEST_CASE("killed at any instruction: a rate of bad calls") {
  kill_in_each_operation(BadCallRate{last_calls<10>(), {1s, 100_percent, 5}});
}
TEST_CASE("killed at any instruction: any of two") {
  kill_in_each_operation(any_of(FailureCount{5, within<3>(1min)}, ConsecutiveFailures{5}));
}
TEST_CASE("killed at any instruction: all of two") {
  kill_in_each_operation(
      all_of(FailureRate{last_calls<10>(), {100_percent, 5}}, ConsecutiveFailures{5}));
}
TEST_CASE("killed at any instruction: a score") {
  kill_in_each_operation(Cusum{{.normal = 1_percent,
                                .bad = 30_percent,
                                .calls_per_second = 10,
                                .false_opening_every = std::chrono::days{1}}});
}
TEST_CASE("killed at any instruction: with advice") {
  kill_in_each_operation(advised(FailureCount{5, within<3>(1min)}));
}
TEST_CASE("killed at any instruction: with counters") {
  kill_in_each_operation(ConsecutiveFailures{5}, Listeners{Counters<2>{}, TimedCounters<2>{}});
}

TEST_CASE("killed at any instruction of making a key") {
  const auto hold = [](const char* what, const auto& scene, std::string_view made) {
    Two<> two;
    two.dying.of("orders.example");
    scene(two.dying);
    hold_everywhere(
        what,
        [&](const auto& begin) {
          begin();
          two.dying.of(made);
        },
        [&] {
          two.take_over();
          return fault_of_table(two.heirs, key);
        });
  };
  const auto nothing = [](auto&) {};
  hold("a new key", nothing, key);
  hold("one that begins alike", nothing, "payments.exposed");
  hold("one that is there", [](auto& circuits) { circuits.of(key); }, key);
}

namespace {

/// Another process makes `made_first` and `key` while one is stopped in the middle of making `key`, after every
/// `stride`-th instruction.
void overtake_everywhere(std::string_view made_first, int stride) {
  int instructions = 0;
  bool is_inside = true;
  for (; is_inside; instructions += stride) {
    const SharedPath path;
    SharedCircuits circuits{path.c_str(), settings, TestClock{}};
    // Where the other process tells what it got: the memory lies at the same address there.
    void* const page =
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto* const got = static_cast<void* volatile*>(page);
    Stepped process{[&](const auto& begin) {
      begin();
      *got = &circuits.of(key);
    }};
    for (int i = 0; i < instructions && process.is_inside(); ++i) process.step();
    is_inside = process.is_inside();
    circuits.of(made_first);
    void* const own = &circuits.of(key);
    while (process.is_inside()) process.step();

    std::set<std::string> keys;
    circuits.for_each([&](std::string_view found, auto&) {
      if (!keys.emplace(found).second) FAIL_CHECK("two circuits of one key");
    });
    const bool are_the_same =
        *got == own && own == circuits.find(key) && own != &circuits.overflow();
    ::munmap(page, 4096);
    if (!are_the_same || keys.count(key) != 1) {
      FAIL_CHECK("overtaken after " << instructions << " instructions");
      break;
    }
  }
  CHECK(instructions > 50);
}

}  // namespace

TEST_CASE("overtaken at some instructions of making a key: both have the same circuit") {
  overtake_everywhere(key, 11);
  overtake_everywhere("payments.exposed", 13);
}
TEST_CASE("overtaken at any instruction of making a key: both have the same circuit", "[.deep]") {
  overtake_everywhere(key, 1);
  overtake_everywhere("payments.exposed", 1);
}

TEST_CASE("killed at any instruction of making the file: it is whole or not there") {
  const SharedPath path;
  int seen = 0;
  int instructions = 0;
  hold_everywhere(
      "make",
      [&](const auto& begin) {
        begin();
        const SharedCircuits circuits{path.c_str(), settings, TestClock{}};
      },
      [&]() -> const char* {
        if (!path.exists()) return seen == 0 ? nullptr : "it has gone again";
        if (seen++ > 0 && ++instructions % 50 != 0) return nullptr;
        SharedCircuits circuits{path.c_str(), settings, TestClock{}};
        return circuits.of(key).name() == key ? nullptr : "it is not whole";
      });
  CHECK(seen > 0);
}

namespace {

/// Kill a process that replaces the file after so many instructions as `more` gives, one after the other.
template <class More>
void kill_while_replacing(const More& more) {
  SharedSettings release = settings;
  release.config.open_for = 20s;
  release.if_other = IfOther::replace;
  int done = 0;
  bool is_inside = true;
  for (int instructions = 0; is_inside; instructions = more(instructions), ++done) {
    const SharedPath path;
    const SharedCircuits old{path.c_str(), settings, TestClock{}};
    Stepped process{[&](const auto& begin) {
      begin();
      const SharedCircuits circuits{path.c_str(), release, TestClock{}};
    }};
    for (int i = 0; i < instructions && process.is_inside(); ++i) process.step();
    is_inside = process.is_inside();
    process.kill();

    SharedCircuits circuits{path.c_str(), release, TestClock{}};
    CHECK(circuits.of(key).name() == key);
    CHECK(::access((std::string{path.c_str()} + ".new").c_str(), F_OK) != 0);
  }
  CHECK(done > 10);
}

}  // namespace

TEST_CASE("killed while it replaces the file: the next process gets through") {
  kill_while_replacing([](int instructions) { return instructions + 1 + instructions / 2; });
}
TEST_CASE("killed at any instruction of replacing the file", "[.deep]") {
  kill_while_replacing([](int instructions) { return instructions + 13; });
}
