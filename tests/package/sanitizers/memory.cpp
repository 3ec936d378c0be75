// Random traces on a circuit and on the model's reference, for MemorySanitizer: a program that takes
// nothing but operators new and delete from a library that was not built for it.
#include <cstdint>
#include <cstdio>
#include <random>

#include "proof/model/check.hpp"

int main() {
  constexpr int traces = 20'000;
  std::mt19937_64 random{1};
  model::Work work;
  for (int i = 0; i < traces; ++i) {
    model::Bytes trace(612);
    for (std::uint8_t& byte : trace) byte = static_cast<std::uint8_t>(random());
    if (const auto what = model::difference(trace, work)) {
      std::puts(what->c_str());
      return 1;
    }
  }
  std::printf("%llu operations agree with the reference\n",
              static_cast<unsigned long long>(work.operations));
}
