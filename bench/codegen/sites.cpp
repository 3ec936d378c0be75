// BENCH_SITES calls of one kind, for `size`: what one more costs is the difference.
// BENCH_KIND: 0 bare, 1 consecutive, 2 last 100, 3 time with one stripe, 4 time with eight stripes,
// 5 consecutive with a fallback
#include <breaker/breaker.hpp>

namespace bench {
int operation(int answer);
}

#if BENCH_KIND == 2
using Policy = breaker::FailureRate<>;
#elif BENCH_KIND == 3
using Policy = breaker::FailureRate<breaker::Within<10, 1>>;
#elif BENCH_KIND == 4
using Policy = breaker::FailureRate<breaker::Within<10, 8>>;
#else
using Policy = breaker::ConsecutiveFailures;
#endif
using Circuit = breaker::CircuitBreaker<breaker::SteadyClock, Policy>;

template <int number>
[[gnu::noinline]] int site([[maybe_unused]] Circuit& circuit) {
#if BENCH_KIND == 0
  return bench::operation(number);
#elif BENCH_KIND == 5
  return circuit.call([] { return bench::operation(number); },
                      [](const breaker::Rejection&) { return 2; });
#else
  return circuit.call([] { return bench::operation(number); });
#endif
}

template int site<0>(Circuit&);
#if BENCH_SITES == 9
template int site<1>(Circuit&);
template int site<2>(Circuit&);
template int site<3>(Circuit&);
template int site<4>(Circuit&);
template int site<5>(Circuit&);
template int site<6>(Circuit&);
template int site<7>(Circuit&);
template int site<8>(Circuit&);
#endif
