// EXPECT: breaker needs lock-free 64-bit atomics
// FLAGS: -DBREAKER_ATOMIC_HEADER=<atomic>
// Where 64-bit atomics take a lock, no promise about signal handlers or stalled threads could be kept.
#include <atomic>
#include <cstdint>

#include "breaker/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

template <class T>
struct Atomic : std::atomic<T> {
  using std::atomic<T>::atomic;
  static constexpr bool is_always_lock_free = sizeof(T) < 8;
};

inline unsigned thread_number() noexcept { return 1; }
inline unsigned known_thread_number() noexcept { return 1; }
inline std::uintptr_t thread_key() noexcept { return 8; }
inline void add_alone(Atomic<std::uint64_t>& /*word*/, std::uint64_t /*by*/) noexcept {}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker

#include "breaker/breaker.hpp"

breaker::CircuitBreaker<> circuit{{}};
