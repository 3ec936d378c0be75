// Counts what the calling thread allocates, by every way there is, and what it gives back. It puts an allocator of its own
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

struct Memory {
  int allocations = 0;
  int releases = 0;
  std::size_t bytes = 0;  // of all that was allocated, released or not
};
constinit thread_local Memory counted_memory;

void count_allocation(std::size_t bytes) noexcept {
  if (!is_counting) return;
  ++counted_memory.allocations;
  counted_memory.bytes += bytes;
}

void count_release(const volatile void* memory) noexcept {
  if (is_counting && memory != nullptr) ++counted_memory.releases;
}

}  // namespace

#if defined(ALLOCATOR_IS_TAKEN)

// A sanitizer has put its own allocator in place; it calls these for each allocation and release.
extern "C" void __sanitizer_malloc_hook(const volatile void*, std::size_t size) {
  count_allocation(size);
}
extern "C" void __sanitizer_free_hook(const volatile void* memory) { count_release(memory); }

#else

// glibc's own, under the names that let a program put its own before them.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);

void* malloc(std::size_t size) noexcept {
  count_allocation(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  count_allocation(count * size);
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  count_release(memory);
  count_allocation(size);
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  count_allocation(size);
  return __libc_memalign(alignment, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  count_allocation(size);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  count_allocation(size);
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? 12 : 0;
}
void free(void* memory) noexcept {
  count_release(memory);
  __libc_free(memory);
}
}

#endif

/// **Returns** what `action` did with memory, in this thread.
template <class Action>
Memory memory_in(const Action& action) {
  counted_memory = {};
  is_counting = true;
  action();
  is_counting = false;
  return counted_memory;
}

/// **Returns** how often `action` asked for memory, in this thread.
template <class Action>
int allocations_in(const Action& action) {
  return memory_in(action).allocations;
}
