// Circuits by key, used by several processes.
#include "breaker/shared_memory/shared_memory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/metrics/prometheus.hpp"
#include "breaker/shared_memory.hpp"
#include "support/catch.hpp"
#include "support/shared_path.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

constexpr SharedSettings usual{.capacity = 3, .config = {.open_for = 10s, .probe_lease = 2s}};

unsigned number_of_this_thread() { return detail::thread_number(); }

}  // namespace

TEST_CASE("failures of several processes open one circuit") {
  const SharedPath path;
  SharedCircuits circuits{path.c_str(), usual, ConsecutiveFailures{5}};
  for (int i = 0; i < 5; ++i) {
    CHECK(circuits.of("payments").state() == State::closed);
    CHECK(in_child([&] {
            circuits.of("payments").try_acquire().failure();
            return 0;
          }) == 0);
  }

  CHECK(circuits.of("payments").state() == State::open);
  CHECK(circuits.of("payments").why().numbers.at[0] == 5);
  CHECK(circuits.of("orders").state() == State::closed);
}

TEST_CASE("a refusal calls the circuit by its key, which any process may have written") {
  const SharedPath path;
  SharedCircuits circuits{path.c_str(), usual, ConsecutiveFailures{1}};
  const std::string key = "payments.prod.svc.cluster.local:8443";
  in_child([&] {
    circuits.of(key).try_acquire().failure();
    return 0;
  });

  try {
    circuits.of(key).call([] {});
    FAIL("not refused");
  } catch (const CircuitOpen& refused) {
    CHECK(std::string_view{refused.name()} == key);
    CHECK(std::string{refused.what()}.find("1 failure in a row (limit 1)") != std::string::npos);
  }
  CHECK(circuits.of(key).name() == key);
  CHECK(circuits.overflow().name() == "(overflow)");
}

TEST_CASE("circuits with any policy are called by their keys") {
  const auto name_with = [](const auto&... parts) {
    const SharedPath path;
    SharedCircuits circuits{path.c_str(), usual, parts...};
    return std::string{circuits.of("payments").name()};
  };
  CHECK(name_with() == "payments");
  CHECK(name_with(FailureCount{5, within(10s)}, CoarseClock{}) == "payments");
  CHECK(name_with(FailureRate{within<4, 3>(10s), {50_percent, 10}}) == "payments");
  CHECK(name_with(FailureRate{last_calls<100>(), {50_percent, 10}}, ignoring<int>().up_to(1s)) ==
        "payments");
  CHECK(name_with(any_of(ConsecutiveFailures{3}, FailureCount{5, within(10s)})) == "payments");
  const SharedPath path;
  SharedCircuits circuits{path.c_str(), usual, Counters{}};
  CHECK(circuits.of("payments").name() == "payments");
}

TEST_CASE("counters are shared, and each circuit has its own") {
  const SharedPath path;
  SharedCircuits circuits{path.c_str(), usual, Counters{}};
  CHECK(in_child([&] {
          circuits.of("payments").call([] {});
          return 0;
        }) == 0);
  circuits.of("payments").call([] {});

  CHECK(circuits.of("payments").listener().totals().succeeded == 2);
  CHECK(circuits.of("orders").listener().totals().admitted == 0);
}

TEST_CASE("keys above the capacity, and those that can't be keys, share the overflow circuit") {
  const SharedPath path;
  SharedCircuits circuits{path.c_str(), usual};
  for (const char* key : {"one", "two", "three"}) CHECK(&circuits.of(key) != &circuits.overflow());
  CHECK(circuits.overflowed() == 0);

  CHECK(&circuits.of("four") == &circuits.overflow());
  CHECK(&circuits.of(std::string(64, 'x')) == &circuits.overflow());
  CHECK(&circuits.of(std::string_view{"1234567\0x", 9}) == &circuits.overflow());
  CHECK(circuits.overflowed() == 3);
  CHECK(&circuits.of("(overflow)") == &circuits.overflow());
  CHECK(circuits.find("(overflow)") == &circuits.overflow());
  CHECK(circuits.find("four") == nullptr);
  CHECK(circuits.find(std::string(64, 'x')) == nullptr);
  CHECK(circuits.overflowed() == 3);
  CHECK(circuits.find("two") == &circuits.of("two"));
  CHECK(circuits.size() == 3);
  CHECK(circuits.made() == 3);
  CHECK(circuits.capacity() == 3);
}

TEST_CASE("each circuit with a key is visited, whoever made it") {
  const SharedPath path;
  SharedCircuits circuits{path.c_str(), usual};
  circuits.of("one");
  in_child([&] {
    circuits.of("two");
    return 0;
  });

  std::set<std::string> keys;
  circuits.for_each([&](std::string_view key, auto& circuit) {
    circuit.trip();
    keys.emplace(key);
  });
  int open = 0;
  std::as_const(circuits).for_each([&](std::string_view, const auto& circuit) {
    open += circuit.state() == State::open ? 1 : 0;
  });

  CHECK(keys == std::set<std::string>{"one", "two"});
  CHECK(open == 2);
}

TEST_CASE("a metrics page takes shared circuits as it takes a registry") {
  const SharedPath path;
  SharedCircuits circuits{path.c_str(), usual, Counters{}};
  circuits.of("payments").call([] {});

  const std::string page = prometheus_page(circuits);

  CHECK(page.find("name=\"payments\"") != std::string::npos);
  CHECK(page.find("name=\"(overflow)\"") != std::string::npos);
  CHECK(PrometheusPage{}.add("x", circuits.of("payments").as_const()).text().find("name=\"x\"") !=
        std::string::npos);
}

TEST_CASE("a member of a class has the type by its parts") {
  struct Service {
    explicit Service(const char* path)
        : circuits{path, usual, FailureRate{last_calls<20>(), {50_percent, 10}}} {}
    SharedCircuits<FailureRate<LastCalls<20>>> circuits;
    SharedCircuits<FailureRate<LastCalls<20>>>::Circuit& payments = circuits.of("payments");
  };
  const SharedPath path;
  Service service{path.c_str()};

  CHECK(service.payments.limits().at[2] == 10);
}

TEST_CASE("a file for a thousand circuits takes 256 bytes a circuit or less") {
  STATIC_REQUIRE(sizeof(SharedCircuits<>::Circuit) == 192);
  const SharedPath path;
  const SharedCircuits circuits{path.c_str()};

  struct ::stat about = {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK(circuits.capacity() == 1000);
  CHECK(about.st_size <= 256'000);
}

TEST_CASE("of many threads and processes that make the same keys, all get the same circuits") {
  const SharedPath path;
  SharedSettings settings = usual;
  settings.capacity = 40;
  SharedCircuits circuits{path.c_str(), settings, ConsecutiveFailures{1'000'000}};
  constexpr int keys = 40;
  const auto use_all = [&circuits](int first) {
    for (int i = 0; i < keys; ++i)
      circuits.of("payments.example:" + std::to_string((first + i) % keys)).try_acquire().failure();
  };

  std::vector<::pid_t> children;
  for (int child = 0; child < 4; ++child) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    std::thread other{use_all, 10 * child};
    use_all(39 - 10 * child);
    other.join();
    ::_exit(0);
  }
  for (const ::pid_t child : children) {
    int status = 1;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }

  CHECK(circuits.size() == keys);
  CHECK(circuits.overflowed() == 0);
  int seen = 0;
  circuits.for_each([&](std::string_view, auto& circuit) {
    CHECK(circuit.numbers().at[0] == 8);
    ++seen;
  });
  CHECK(seen == keys);
}

// ---- fork

TEST_CASE("a child that is forked while a thread makes circuits goes on, and nothing waits") {
  const SharedPath path;
  SharedSettings settings = usual;
  settings.capacity = 100'000;
  SharedCircuits circuits{path.c_str(), settings, ConsecutiveFailures{1'000'000}};
  std::atomic<bool> ends{false};
  std::atomic<int> made{0};
  std::thread maker{[&] {
    for (int i = 0; !ends; ++i, ++made)
      circuits.of("payments.example:" + std::to_string(i % 90'000));
  }};
  while (made < 100) std::this_thread::yield();

  int failed = 0;
  for (int i = 0; i < 50; ++i) {
    failed += in_child([&] {
      ::alarm(20);  // who waits for ever ends
      const int begun = made + i;
      auto& circuit = circuits.of("payments.example:" + std::to_string(begun % 90'000));
      circuit.try_acquire().failure();
      return circuit.numbers().at[0] >= 1 && circuits.of("child").state() == State::closed ? 0 : 1;
    });
  }
  ends = true;
  maker.join();

  CHECK(failed == 0);
  CHECK(circuits.overflowed() == 0);
}

TEST_CASE("threads of processes have numbers of their own") {
  const SharedPath path;
  SharedCircuits circuits{path.c_str(), usual};
  const unsigned own = number_of_this_thread();
  const auto in_a_child = [] {
    return static_cast<unsigned>(in_child([] { return number_of_this_thread() % 200; }));
  };
  const unsigned first = in_a_child();
  const unsigned second = in_a_child();
  const unsigned third = in_a_child();

  CHECK(std::set<unsigned>{own % 200, first, second, third}.size() == 4);
  // One after the other, so that they stand on different stripes.
  CHECK((second + 200 - first) % 200 == 1);
  CHECK((third + 200 - second) % 200 == 1);
}

TEST_CASE("a process without shared circuits numbers its threads as ever") {
  {
    const SharedPath path;
    const SharedCircuits circuits{path.c_str(), usual};
  }
  const unsigned own = number_of_this_thread();
  CHECK(in_child([own] { return number_of_this_thread() == own ? 0 : 1; }) == 0);
}
