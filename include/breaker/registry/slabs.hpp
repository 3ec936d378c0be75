// Slabs: memory that is taken by the piece and given back as a whole, so that a million small things
// don't pay for a million allocations. Not thread-safe: whoever owns one guards it.
#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Owns a block of raw memory.
class Block {
 public:
  Block(std::size_t bytes, std::size_t alignment)
      : alignment_{alignment},
        memory_{static_cast<std::byte*>(::operator new(bytes, std::align_val_t{alignment}))} {}
  Block(Block&& other) noexcept
      : alignment_{other.alignment_}, memory_{std::exchange(other.memory_, nullptr)} {}
  Block& operator=(Block&&) = delete;
  ~Block() { ::operator delete(memory_, std::align_val_t{alignment_}); }

  [[nodiscard]] std::byte* at(std::size_t offset) const noexcept { return memory_ + offset; }

 private:
  std::size_t alignment_;
  std::byte* memory_;
};

/// Places for things of one type. What stands in a place is the owner's to destroy.
template <class T>
class Places {
 public:
  /// `usual`: how many places are made at a time.
  explicit Places(std::size_t usual) noexcept : per_block_{usual} {}

  /// **Returns** room for one `T`. **Throws** std::bad_alloc, and has then changed nothing.
  void* take() {
    if (free_ != nullptr) {
      Free* const place = free_;
      free_ = place->next;
      return place;
    }
    if (left_ == 0) {
      blocks_.emplace_back(per_block_ * sizeof(Room), alignof(Room));
      left_ = per_block_;
    }
    return blocks_.back().at((per_block_ - left_--) * sizeof(Room));
  }

  /// Take back a place in which nothing stands any more.
  void give_back(void* place) noexcept { free_ = ::new (place) Free{free_}; }

 private:
  struct Free {
    Free* next;
  };
  union Room {
    Free free;
    alignas(T) std::byte bytes[sizeof(T)];
  };

  const std::size_t per_block_;
  std::size_t left_ = 0;  // in the last block
  Free* free_ = nullptr;
  std::vector<Block> blocks_;
};

/// Memory of any size, never given back before the end.
class Arena {
 public:
  /// **Returns** `bytes` bytes, aligned for a pointer. **Throws** std::bad_alloc, and has then
  /// changed nothing.
  void* take(std::size_t bytes) {
    bytes = (bytes + alignof(void*) - 1) / alignof(void*) * alignof(void*);
    if (bytes > left_) {
      const std::size_t size = bytes > block_size ? bytes : block_size;
      blocks_.emplace_back(size, alignof(void*));
      next_ = blocks_.back().at(0);
      left_ = size;
    }
    void* const taken = next_;
    next_ += bytes;
    left_ -= bytes;
    return taken;
  }

 private:
  static constexpr std::size_t block_size = 4096;

  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
