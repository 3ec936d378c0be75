// What grows, and with what: window size, slices, stripes, breakers alive. (Threads: every row.)
#include <array>
#include <memory>

#include "rows/rows.hpp"
#include "support/circuits.hpp"
#include "support/row.hpp"

namespace bench {

namespace {

template <class Policy, class Clock, int per_mille>
struct Calls {
  /// Past the first lap, so that a clean window is clean.
  Calls() {
    for (int i = 0; i < 100'001; ++i) circuit_->call([] { return operation(1); });
  }
  int once(Dice& dice) {
    const int answer = per_mille == 0 ? 1 : dice.answer<per_mille>();
    return circuit_->call([answer] { return operation(answer); });
  }
  std::unique_ptr<Judging<Policy, Clock>> circuit_ = std::make_unique<Judging<Policy, Clock>>();
};

template <class Policy, class Clock = Coarse>
void add_growing(const std::string& name) {
  add_row<Calls<Policy, Clock, 0>>("growth/" + name + "/clean", 1);
  add_row<Calls<Policy, Clock, 200>>("growth/" + name + "/fail_20", 1);
}

/// One breaker of many, at random, and for comparison a word of as many bytes of memory.
template <int Alive>
struct OneOfMany {
  int once(Dice& dice) {
    return circuits_[dice.below(Alive)].call([] { return operation(1); });
  }
  std::unique_ptr<Plain<Consecutive>[]> circuits_ = std::make_unique<Plain<Consecutive>[]>(Alive);
};

template <int Alive>
struct WordOfMany {
  struct alignas(64) Block {
    std::atomic<std::uint64_t> word{0};
    char rest[sizeof(Plain<Consecutive>) - sizeof(std::uint64_t)];
  };
  int once(Dice& dice) {
    if (blocks_[dice.below(Alive)].word.load(std::memory_order_relaxed) != 0) [[unlikely]]
      return -1;
    return operation(1);
  }
  std::unique_ptr<Block[]> blocks_ = std::make_unique<Block[]>(Alive);
};

template <int... N>
void add_windows() {
  (add_growing<LastN<N>>("window/" + std::to_string(N)), ...);
}
template <int... N>
void add_slices() {
  (add_growing<Timed<N, 8>>("slices/" + std::to_string(N)), ...);
}
template <int... N>
void add_stripes() {
  (add_growing<Timed<10, N>>("stripes/" + std::to_string(N)), ...);
}
template <int... N>
void add_alive() {
  (add_row<OneOfMany<N>>("growth/alive/" + std::to_string(N) + "/breaker", 1), ...);
  (add_row<WordOfMany<N>>("growth/alive/" + std::to_string(N) + "/word", 1), ...);
}

}  // namespace

void add_growth() {
  add_windows<32, 100, 1'000, 10'000, 100'000>();
  add_slices<2, 10, 60, 256, 1024>();
  add_stripes<1, 2, 8, 64, 256, 1024>();
  add_row<Calls<Timed<10, 8>, Coarse, 200>>("growth/stripes/8/fail_20", 2);
  add_row<Calls<Timed<10, 1024>, Coarse, 200>>("growth/stripes/1024/fail_20", 2);
  add_alive<1, 100, 1'000, 10'000, 100'000>();
}

}  // namespace bench
