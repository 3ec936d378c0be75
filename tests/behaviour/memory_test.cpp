// How much memory a registry and a metrics page take, in how many pieces, and that it is given back.
// Counts every way to allocate, in this program alone.
#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/metrics/prometheus.hpp"
#include "breaker/registry.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"

namespace {

using namespace breaker;

std::vector<std::string> keys(int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) keys.push_back("host-" + std::to_string(10'000 + i) + ".example");
  return keys;
}

auto timed_circuits(int count) {
  return Registry{
      {.capacity = count}, FailureRate{last_calls<10>(), {percent(50), 5}}, TimedCounters{}};
}

std::size_t lines_of(const std::string& page, char first, bool begin_so) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < page.size(); at = page.find('\n', at) + 1)
    count += (page[at] == first) == begin_so ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a registry gives back all that it took") {
  const std::vector<std::string> names = keys(300);

  const Memory memory = memory_in([&] {
    Registry circuits{{.capacity = 200}};
    for (const std::string& name : names) circuits.of(name);
    circuits.erase(names[7]);
  });

  CHECK(memory.allocations > 0);
  CHECK(memory.releases == memory.allocations);
}

TEST_CASE("a circuit that can't be made takes no room, and its key gives back what it took") {
  bool breaks = false;
  struct Listener {
    bool* breaks;
    explicit Listener(bool& when) : breaks{&when} {}
    Listener(const Listener& other) : breaks{other.breaks} {
      if (*breaks) throw 1;
    }
    void operator()(const Transition&) const noexcept {}
  };
  Registry circuits{{.capacity = 1}, Listener{breaks}};
  const std::string key(100, 'x');
  breaks = true;
  CHECK_THROWS_AS(circuits.of(key), int);  // the room for circuits is made

  const Memory memory = memory_in([&] {
    for (int i = 0; i < 100; ++i) {
      try {
        circuits.of(key);
      } catch (int) {
      }
    }
  });

  CHECK(memory.releases == memory.allocations);
}

TEST_CASE("a registry costs two pointers for each circuit that it may make, and little else") {
  const Memory memory = memory_in([] { const Registry circuits{{.capacity = 1'000'000}}; });

  const std::size_t pointers = 1'000'000 * 2 * sizeof(void*);
  CHECK(memory.bytes >= pointers);
  CHECK(memory.bytes < pointers + 10'000);
}

TEST_CASE("a long key costs twice its length at most, and a short one nothing") {
  const std::vector<std::string> names = keys(3);
  const std::string long_keys[] = {std::string(5'000, 'x'), std::string(10'000, 'x'),
                                   std::string(100'000, 'x')};
  Registry circuits{{.capacity = 10}};
  circuits.of("first");  // the places for circuits are made

  const Memory memory = memory_in([&] {
    for (const std::string& key : long_keys) circuits.of(key);
  });
  const Memory of_short = memory_in([&] {
    for (const std::string& name : names) circuits.of(name);
  });

  CHECK(memory.bytes >= 115'000);
  CHECK(memory.bytes < 2 * 115'000 + 300);
  CHECK(of_short.bytes == 0);
}

TEST_CASE("tenants that come and go take no memory, once there was room for those at a time") {
  Registry circuits{{.capacity = 100}};
  const auto pass = [&](int from, int to) {
    for (int tenant = from; tenant < to; ++tenant) {
      const auto key_of = [](int number) {
        return "tenant-" + std::to_string(number) +
               std::string(static_cast<std::size_t>(number % 307), 'x');
      };
      circuits.of(key_of(tenant));
      if (tenant >= 50) circuits.erase(key_of(tenant - 50));
    }
  };
  pass(10'000, 12'000);

  const Memory memory = memory_in([&] { pass(12'000, 30'000); });

  // The keys themselves are strings that come and go.
  CHECK(memory.allocations > 0);
  CHECK(memory.releases == memory.allocations);
  CHECK(circuits.evicted() + circuits.overflowed() == 0);
}

TEST_CASE("a page is written into one piece of memory, which is hardly larger than the page") {
  const int count = GENERATE(0, 1, 1'000);
  auto circuits = timed_circuits(std::max(count, 1));
  for (const std::string& name : keys(count)) circuits.of(name).try_acquire().failure();
  PrometheusPage page;
  page.add(circuits);

  std::string text;
  const int allocations = allocations_in([&] { text = page.text(); });

  const std::size_t samples = lines_of(text, '#', false);
  CHECK(samples > 20 * static_cast<std::size_t>(count));
  CHECK(allocations == 1);
  CHECK(text.capacity() - text.size() <= 8192 + 10 * samples);
}

TEST_CASE("for the samples of a registry, room is made once for each series") {
  const auto allocations_for = [](int count) {
    auto circuits = timed_circuits(count);
    for (const std::string& name : keys(count)) circuits.of(name);
    PrometheusPage page;
    return allocations_in([&] { page.add(circuits); });
  };

  // Two for each of thirty series, its first sample and then the room. Beyond that, the labels grow.
  const int for_hundred = allocations_for(100);
  CHECK(for_hundred <= 75);
  CHECK(allocations_for(1'000) <= for_hundred + 8);
}
