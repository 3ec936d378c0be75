// Riding: a call that a thread makes inside its own probe, through the same circuit, is part of
// that probe.
#pragma once

#include "breaker/base/state.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/calls.hpp"
#include "breaker/core/word.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The probes that a thread is inside of. An entry counts while its recovery lasts: a fiber that
/// goes on on another thread leaves an entry behind, which then lets nobody past a circuit that is
/// open.
class Rides {
 public:
  /// **Returns** whether the thread is inside any probe at all.
  [[nodiscard]] bool any() const noexcept { return count_ != 0; }

  /// The thread begins a call of `circuit` that was admitted in the stay `id`: notes it, if it is a
  /// probe. Of more than 8 the latest are noted: a probe that was left on another thread must not take
  /// a place for ever.
  [[gnu::noinline, gnu::cold]] void enter(const void* circuit, StayId id) noexcept {
    if (id.state() != State::half_open) return;
    if (count_ == most) drop(0);
    rides_[count_++] = {circuit, id};
  }

  /// The thread leaves that probe.
  [[gnu::noinline, gnu::cold]] void leave(const void* circuit, StayId id) noexcept {
    for (int i = count_ - 1; i >= 0; --i) {
      if (rides_[i].circuit == circuit && rides_[i].id == id) return drop(i);
    }
  }

  /// **Returns** whether the thread is inside a probe of `circuit`, whose word is `word`, and its
  /// recovery lasts.
  [[nodiscard, gnu::noinline, gnu::cold]] bool has(const void* circuit, Word word) const noexcept {
    for (int i = 0; i < count_; ++i) {
      if (rides_[i].circuit == circuit && is_of_recovery(word, rides_[i].id)) return true;
    }
    return false;
  }

 private:
  struct Ride {
    const void* circuit = nullptr;
    StayId id;
  };
  static constexpr int most = 8;

  void drop(int i) noexcept {
    for (--count_; i < count_; ++i) rides_[i] = rides_[i + 1];
  }

  Ride rides_[most]{};
  int count_ = 0;
};

/// The calling thread's. Visible from everywhere: libraries that share a circuit share it.
[[gnu::visibility("default")]] inline constinit thread_local Rides rides{};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
