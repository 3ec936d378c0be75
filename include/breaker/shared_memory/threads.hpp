// Numbers of processes: so that the threads of two don't count on the same stripes.
#pragma once

#include <pthread.h>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"
#include "breaker/shared_memory/head.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The file that numbers this process: the one that was attached last. Guards its head, which stays as long
/// as it is here.
[[gnu::visibility("default")]] inline constinit Atomic<SharedHead*> numbering{nullptr};

/// Draw a number for this process, and another one for the calling thread that goes on from there. The
/// numbers of threads are from 1 in each process: without this each process would begin on the same stripe.
inline void number_threads() noexcept {
  // Acquire (unshown: a file's memory): pairs with the release below.
  SharedHead* const head = numbering.load(acquire);
  if (head == nullptr) return;
  first_thread_number.fetch_add(head->processes.fetch_add(1, relaxed), relaxed);
  own_thread_number = 0;
}

/// From now on `head` numbers this process, and each one that is forked from it.
inline void number_threads_by(SharedHead& head) noexcept {
  // Release (unshown: a file's memory): whoever numbers a child finds the head as it was made.
  numbering.store(&head, release);
  // Of a child that is forked, the one thread has its parent's number.
  static const int registered = ::pthread_atfork(nullptr, nullptr, detail::number_threads);
  static_cast<void>(registered);  // without it, stripes are shared: slower, and as right
  detail::number_threads();
}

/// `head` numbers no more.
inline void number_threads_without(SharedHead& head) noexcept {
  SharedHead* expected = &head;
  numbering.compare_exchange_strong(expected, nullptr, relaxed, relaxed);
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
