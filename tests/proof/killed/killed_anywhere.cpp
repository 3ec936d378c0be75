// Promise 9 in shared memory: a process is killed after any instruction of what it does, and the others go on. The policies
// that build on one of these: killed_more.cpp.
#include <set>
#include <string>
#include <string_view>

#include "proof/killed/everywhere.hpp"

using namespace killed;

namespace {

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
TEST_CASE("killed at any instruction: a rate over calls") {
  kill_in_each_operation(FailureRate{last_calls<13>(), {50_percent, 5}});
}
TEST_CASE("killed at any instruction: a rate over time, on stripes") {
  kill_in_each_operation(FailureRate{within<3, 2>(1min), {100_percent, 5}});
}
TEST_CASE("killed at any instruction: any of two") {
  kill_in_each_operation(any_of(FailureCount{5, within<3>(1min)}, ConsecutiveFailures{5}));
}
TEST_CASE("killed at any instruction: with advice") {
  kill_in_each_operation(advised(FailureCount{5, within<3>(1min)}));
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
