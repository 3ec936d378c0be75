// The baselines: what a call, a lock, an addition, a reading of a clock, an exception cost alone.
#include <atomic>
#include <mutex>

#include "rows/rows.hpp"
#include "support/circuits.hpp"
#include "support/row.hpp"

namespace bench {

namespace {

template <int per_mille>
struct BareCall {
  int once(Dice& dice) {
    if constexpr (per_mille == 0) return operation(1);
    return operation(dice.answer<per_mille>());
  }
};

struct BareCallAndLoad {
  int once(Dice& /*dice*/) {
    const auto word = word_.load(std::memory_order_relaxed);
    if (word != 0) [[unlikely]]
      return -1;
    return operation(1);
  }
  std::atomic<std::uint64_t> word_{0};
};

struct MutexLock {
  int once(Dice& /*dice*/) {
    const std::lock_guard lock{mutex_};
    return ++count_;
  }
  std::mutex mutex_;
  int count_ = 0;
};

struct FetchAdd {
  std::uint64_t once(Dice& /*dice*/) { return word_.fetch_add(1, std::memory_order_relaxed); }
  std::atomic<std::uint64_t> word_{0};
};

template <class Clock>
struct Now {
  auto once(Dice& /*dice*/) { return clock_.now().time_since_epoch().count(); }
  Clock clock_;
};

template <class Clock>
struct TwiceNow {
  auto once(Dice& /*dice*/) {
    keep(clock_.now().time_since_epoch().count());
    return clock_.now().time_since_epoch().count();
  }
  Clock clock_;
};

template <class Clock>
struct NowAndFetchAdd {
  auto once(Dice& /*dice*/) {
    const auto time = clock_.now().time_since_epoch().count();
    keep(word_.fetch_add(1, std::memory_order_relaxed));
    return time;
  }
  Clock clock_;
  alignas(64) std::atomic<std::uint64_t> word_{0};
};

struct ThrowAndCatch {
  int once(Dice& /*dice*/) {
    try {
      return throwing_operation();
    } catch (int error) {
      return error;
    }
  }
};

template <class Clock>
void add_clock(const std::string& name) {
  add_row<Now<Clock>>("now/" + name);
  add_row<TwiceNow<Clock>>("twice_now/" + name);
  add_row<NowAndFetchAdd<Clock>>("now_and_fetch_add/" + name);
}

}  // namespace

void add_primitives() {
  add_row<BareCall<0>>("bare_call");
  add_row<BareCall<1>>("bare_call/fail_0.1");
  add_row<BareCall<10>>("bare_call/fail_1");
  add_row<BareCall<50>>("bare_call/fail_5");
  add_row<BareCall<200>>("bare_call/fail_20");
  add_row<BareCallAndLoad>("bare_call_and_load");
  add_row<MutexLock>("mutex_lock");
  add_row<FetchAdd>("fetch_add");
  add_clock<Steady>("steady");
  add_clock<Coarse>("coarse");
  add_clock<Cached>("cached");
  add_row<ThrowAndCatch>("throw_and_catch");
}

}  // namespace bench
