// Which mutant is alive: named by the environment, none in constant expressions. Included before
// everything else in a mutated build.
#pragma once

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <type_traits>

namespace mutant {

inline constexpr int most = 1 << 16;

inline const int alive = [] {
  const char* text = std::getenv("BREAKER_MUTANT");
  return text == nullptr ? -1 : std::atoi(text);
}();

/// Which mutants' places were come by: written to the file that BREAKER_REACHED names, so that a
/// mutant is run only on programs that come by it.
struct Reached {
  std::array<std::atomic<bool>, most> places{};

  ~Reached() {
    const char* name = std::getenv("BREAKER_REACHED");
    std::FILE* file = name == nullptr || *name == '\0' ? nullptr : std::fopen(name, "w");
    if (file == nullptr) return;
    for (int i = 0; i < most; ++i)
      if (places[static_cast<std::size_t>(i)]) std::fprintf(file, "%d\n", i);
    std::fclose(file);
  }
};
inline Reached reached;

inline bool comes_by(int number) noexcept {
  if (alive < 0)
    reached.places[static_cast<std::size_t>(number)].store(true, std::memory_order_relaxed);
  return number == alive;
}

constexpr bool on(int number) noexcept { return !std::is_constant_evaluated() && comes_by(number); }

/// A fetch_add in two steps.
template <class Atomic, class Value, class Order>
Value load_and_store(Atomic& atomic, Value value, Order order) {
  const auto old = atomic.load(order);
  atomic.store(old + value, order);
  return static_cast<Value>(old);
}

}  // namespace mutant
