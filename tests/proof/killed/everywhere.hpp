// What the tests of killed processes share: a process is killed after any instruction of what it does to a circuit, and
// the others go on. Its death changes nothing in memory, so it is enough to look at what is there after each.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <new>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/core/word.hpp"
#include "breaker/policy/advised.hpp"
#include "breaker/shared_memory.hpp"
#include "proof/killed/step.hpp"
#include "support/catch.hpp"
#include "support/shared_path.hpp"

namespace killed {

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

inline std::chrono::nanoseconds time_now{1h};

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
constexpr auto lease = 2s;
constexpr SharedSettings settings{
    .capacity = 4,
    .config = {.open_for = 10s, .probes = probes, .close_after = 2, .probe_lease = lease}};

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

inline void copy_file(const char* from, const char* to) {
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
  // The word itself is asked: a snapshot takes a number that is no state for closed.
  if (!detail::is_state(detail::state_of(detail::Peek::at(circuit).machine.word.load())))
    return "the word is in no state";
  const Snapshot left = circuit.snapshot();
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
    time_now += 2 * lease;  // no scene has lost the probes of more than one lease before
    auto permit = circuit.try_acquire();
    if (!permit) return "wedged for longer than the next lease";
    lose(std::move(permit));
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

}  // namespace killed
