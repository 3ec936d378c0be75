// Counts what the calling thread allocates, by every way there is. It puts an allocator of its own
// before the program's: include it in one file of a program only.
#pragma once

#include <malloc.h>

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ALLOCATOR_IS_TAKEN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ALLOCATOR_IS_TAKEN 1
#endif
#endif

namespace {

constinit thread_local bool is_counting = false;
constinit thread_local int allocations = 0;

void count_allocation() noexcept {
  if (is_counting) ++allocations;
}

}  // namespace

#if defined(ALLOCATOR_IS_TAKEN)

// A sanitizer has put its own allocator in place; it calls this for each allocation.
extern "C" void __sanitizer_malloc_hook(const volatile void*, std::size_t) { count_allocation(); }

#else

// glibc's own, under the names that let a program put its own before them.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
  count_allocation();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  count_allocation();
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  count_allocation();
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  count_allocation();
  return __libc_memalign(alignment, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  count_allocation();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  count_allocation();
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? 12 : 0;
}
}

#endif

/// **Returns** how often `action` asked for memory, in this thread.
template <class Action>
int allocations_in(const Action& action) {
  allocations = 0;
  is_counting = true;
  action();
  is_counting = false;
  return allocations;
}
