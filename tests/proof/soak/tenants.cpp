// What a registry takes when it is large, and when it is old: a million keys at a time, and two million that come and go.
#include <malloc.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>

#include "breaker/registry.hpp"

namespace {

std::size_t in_use = 0;  // bytes of what was allocated

}  // namespace

// Not by malloc's own figures, in which what it keeps at hand for the next is in use.
void* operator new(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc{};
  in_use += malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  in_use -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept { operator delete(memory); }

namespace {

double resident_bytes() {
  long total = 0, resident = 0;
  std::ifstream{"/proc/self/statm"} >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// **Returns** whether a million keys take at most 220 resident bytes each, beside their own.
bool a_million_keys() {
  constexpr int keys = 1'000'000;
  const double before = resident_bytes();
  breaker::Registry circuits{{.capacity = keys}};
  double bytes = 0;
  for (int i = 0; i < keys; ++i) {
    const std::string key = "api-" + std::to_string(i) + ".prod.example.net:8443";
    bytes += static_cast<double>(key.size());
    circuits.of(key).call([] { return true; }, false);
  }
  const double each = (resident_bytes() - before - bytes) / keys;
  std::printf("a million keys: %.0f resident bytes each beside the key's own, at most 220\n", each);
  return each <= 220 && circuits.size() == keys;
}

std::string tenant(int number) {
  return "tenant-" + std::to_string(number) +
         std::string(static_cast<std::size_t>(number % 307), 'x');
}

/// **Returns** whether two million tenants, fifty at a time, take no more heap than the first 100 000 of them.
bool two_million_tenants() {
  breaker::Registry circuits{{.capacity = 100}};
  const auto pass = [&](int from, int to) {
    for (int number = from; number < to; ++number) {
      circuits.of(tenant(number)).call([] { return true; }, false);
      if (number >= 1'000'050) circuits.erase(tenant(number - 50));
    }
  };
  pass(1'000'000, 1'100'000);  // numbers of seven digits, as of those that follow

  const std::size_t before = in_use;
  pass(1'100'000, 3'000'000);
  const auto grown = static_cast<long>(in_use - before);
  std::printf(
      "two million tenants: the heap grew by %ld bytes after the first 100 000, at most 1024\n",
      grown);
  return grown <= 1024 && circuits.overflowed() + circuits.evicted() == 0;
}

}  // namespace

int main() {
  const bool is_small = a_million_keys();
  return two_million_tenants() && is_small ? 0 : 1;
}
