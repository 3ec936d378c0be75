// Refused calls, the two-step permit, calls that fail and calls that throw.
#include <vector>

#include "rows/rows.hpp"
#include "support/circuits.hpp"
#include "support/row.hpp"

namespace bench {

namespace {

template <class Clock, class Policy = Consecutive, class Listener = breaker::NoListener>
struct OpenReject {
  OpenReject() { circuit_.trip(); }
  int once(Dice& /*dice*/) {
    return circuit_.call([] { return operation(1); },
                         [](const breaker::Rejection& /*why*/) { return 2; });
  }
  Plain<Policy, Clock, Listener> circuit_;
};

/// Every probe slot held, and no lease over.
template <class Clock>
struct HalfOpenReject {
  HalfOpenReject() {
    circuit_.trip(1ms);
    while (circuit_.state() != breaker::State::half_open) {
    }
    probe_ = circuit_.try_acquire();
  }
  int once(Dice& /*dice*/) {
    return circuit_.call([] { return operation(1); },
                         [](const breaker::Rejection& /*why*/) { return 2; });
  }
  Plain<Consecutive, Clock> circuit_;
  typename breaker::CircuitBreaker<Clock, PolicyOf<Consecutive>>::Permit probe_;
};

/// A half-open circuit cannot be had while its clock stands still: this one moves it first.
template <>
struct HalfOpenReject<Cached> {
  HalfOpenReject() {
    circuit_.trip();
    time_.set(time_of_trip_ + 2h);
    probe_ = circuit_.try_acquire();
  }
  int once(Dice& /*dice*/) {
    return circuit_.call([] { return operation(1); },
                         [](const breaker::Rejection& /*why*/) { return 2; });
  }
  std::chrono::nanoseconds time_of_trip_ = std::chrono::steady_clock::now().time_since_epoch();
  breaker::CachedClock::Time time_;
  breaker::CircuitBreaker<breaker::CachedClock> circuit_{breaker::Config{.open_for = 1h},
                                                         breaker::CachedClock{time_}};
  breaker::CircuitBreaker<breaker::CachedClock>::Permit probe_;
};

template <class Circuit>
struct AcquireSettle {
  int once(Dice& /*dice*/) {
    auto permit = circuit_.try_acquire();
    const int answer = operation(1);
    permit.success();
    return answer;
  }
  Circuit circuit_;
};

struct FailingCall {
  int once(Dice& /*dice*/) {
    return circuit_.call([] { return operation(-1); });
  }
  Judging<Consecutive> circuit_;
};

struct ThrowingCall {
  int once(Dice& /*dice*/) {
    try {
      return circuit_.call([] { return throwing_operation(); });
    } catch (int error) {
      return error;
    }
  }
  Plain<Consecutive> circuit_;
};

struct ThrowingCallWithFallback {
  int once(Dice& /*dice*/) {
    return circuit_.call([] { return throwing_operation(); }, 1);
  }
  Plain<Consecutive> circuit_;
};

}  // namespace

void add_other_calls() {
  add_row<OpenReject<Steady>>("open_reject/steady");
  add_row<OpenReject<Coarse>>("open_reject/coarse");
  add_row<OpenReject<Cached>>("open_reject/cached");
  add_row<OpenReject<Steady, Timed<10, 8>>>("open_reject/striped/steady");
  add_row<OpenReject<Cached, Timed<10, 8>>>("open_reject/striped/cached");
  add_row<OpenReject<Steady, Consecutive, Uncounted>>("open_reject/uncounted/steady");
  add_row<OpenReject<Cached, Consecutive, Uncounted>>("open_reject/uncounted/cached");
  add_row<HalfOpenReject<Steady>>("half_open_reject/steady");
  add_row<HalfOpenReject<Coarse>>("half_open_reject/coarse");
  add_row<HalfOpenReject<Cached>>("half_open_reject/cached");
  add_row<AcquireSettle<Plain<Consecutive>>>("permit/acquire_settle/consecutive");
  add_row<AcquireSettle<Plain<LastN<100>>>>("permit/acquire_settle/last_100");
  add_row<AcquireSettle<Plain<Timed<10, 8>, Coarse>>>(
      "permit/acquire_settle/time_8_stripes/coarse");
  add_row<FailingCall>("failing_call/consecutive");
  add_row<ThrowingCall>("throwing_call");
  add_row<ThrowingCallWithFallback>("throwing_call/fallback");
}

}  // namespace bench
