// What the test and its server, two processes, have in common: a page of memory.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace wire {

/// How the server treats those who come.
enum class Manner {
  answers,
  is_gone,      ///< Nobody listens.
  resets,       ///< In the middle of the answer.
  stalls,       ///< Accepts, and never answers.
  drips,        ///< A byte at a time, for longer than anybody waits.
  unavailable,  ///< 503, with a Retry-After.
  is_killed,    ///< It is about to be, and answers no more.
};

/// All zero to begin with.
struct Shared {
  static constexpr std::size_t generations = 1 << 15;

  std::atomic<Manner> manner;
  std::atomic<int> arrived[generations];  ///< Requests, by the generation that admitted them.
  std::atomic<int> paid;                  ///< Payments that were made.
};
static_assert(std::atomic<Manner>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

/// Maps a file. The last one who unmaps it leaves the file.
class Mapping {
 public:
  explicit Mapping(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
    if (file < 0 || ::ftruncate(file, sizeof(Shared)) != 0)
      throw std::runtime_error{"can't make " + path};
    void* const memory =
        ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (memory == MAP_FAILED) throw std::runtime_error{"can't map " + path};
    shared_ = static_cast<Shared*>(memory);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(shared_, sizeof(Shared)); }

  Shared* operator->() const { return shared_; }

 private:
  Shared* shared_;
};

}  // namespace wire
