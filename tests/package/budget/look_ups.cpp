// What callgrind looks at: circuits found by their keys, half as many as there is room for.
// Usage: look_ups registry|shared <path of the shared file> <rounds over all keys>
#include <breaker/registry.hpp>
#include <breaker/shared_memory.hpp>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

template <class Circuits>
void look_up(Circuits& circuits, const std::vector<std::string>& keys, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    for (const std::string& key : keys) {
      decltype(auto) circuit = circuits.of(key);
      asm volatile("" ::"r"(&circuit) : "memory");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::vector<std::string> keys;
  for (int i = 0; i < 500; ++i) keys.push_back("payments.example:" + std::to_string(10000 + i));
  const int rounds = std::atoi(argv[3]);
  breaker::Registry<breaker::CircuitBreaker<>> registry{{.capacity = 1000, .seed = 1}};
  breaker::SharedCircuits shared{argv[2], breaker::SharedSettings{.capacity = 1000}};
  look_up(registry, keys, 1);
  look_up(shared, keys, 1);
  if (argv[1] == std::string_view{"registry"}) {
    look_up(registry, keys, rounds);
  } else {
    look_up(shared, keys, rounds);
  }
}
