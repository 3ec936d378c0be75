// SharedFile: memory that is a file, which has its name once it is whole, and never before.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/shared_memory/error.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** what `call` does, once no signal interrupts it. It answers -1 and errno.
template <class Call>
auto uninterrupted(const Call& call) noexcept {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

/// Owns an open file.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_{number} {}
  Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

  /// **Returns** whether `path` leads to this file, as far as nobody changes that now.
  [[nodiscard]] bool is_at(const char* path) const noexcept {
    struct ::stat own = {};
    struct ::stat there = {};
    return ::fstat(number_, &own) == 0 && ::lstat(path, &there) == 0 &&
           own.st_ino == there.st_ino && own.st_dev == there.st_dev;
  }

  /// Wait until no other process that replaces or removes this file has it. Until the file is closed; the
  /// kernel sees to that if the process is killed. **Returns** whether it could.
  [[nodiscard]] bool lock() const noexcept {
    return detail::uninterrupted([this] { return ::flock(number_, LOCK_EX); }) == 0;
  }

 private:
  int number_;
};

/// Owns memory that a file is mapped to.
class Mapping {
 public:
  Mapping(const Descriptor& file, std::size_t size) noexcept
      : memory_{::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0)},
        size_{size} {}
  Mapping(Mapping&& other) noexcept
      : memory_{std::exchange(other.memory_, MAP_FAILED)}, size_{other.size_} {}
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping() {
    if (is_mapped()) ::munmap(memory_, size_);
  }
  [[nodiscard]] void* memory() const noexcept { return memory_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool is_mapped() const noexcept { return memory_ != MAP_FAILED; }

 private:
  void* memory_;
  std::size_t size_;
};

/// A file without a name, as long as its owner lives. If nobody gives it one, nothing is left of it.
class Draft {
 public:
  /// Beside `path`, so that it may be named so. **Throws** SharedMemoryError.
  Draft(const char* path, std::size_t size, unsigned mode)
      : file_{made_beside(path)}, mapping_{allocated(path, size, mode)} {}
  [[nodiscard]] void* memory() const noexcept { return mapping_.memory(); }
  [[nodiscard]] Mapping take() && noexcept { return std::move(mapping_); }

  /// Name the file `path`. **Returns** false if there is one of that name. **Throws** SharedMemoryError.
  [[nodiscard]] bool publish(const char* path) const {
    const std::string by_number = "/proc/self/fd/" + std::to_string(file_.number());
    const char* const own = name_.text.empty() ? by_number.c_str() : name_.text.c_str();
    if (::linkat(AT_FDCWD, own, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0) return true;
    demand(errno == EEXIST, path, "give it its name");
    return false;
  }

 private:
  /// The name that a file has where none can be without; it goes with its owner.
  struct Name {
    std::string text;
    Name() = default;
    Name(const Name&) = delete;
    Name& operator=(const Name&) = delete;
    ~Name() {
      if (!text.empty()) ::unlink(text.c_str());
    }
  };

  /// **Returns** a file in the folder of `path`.
  [[nodiscard]] Descriptor made_beside(const char* path) {
    const std::string whole = path;
    const std::size_t slash = whole.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : whole.substr(0, slash + 1);
    // A file without a name gets one by way of /proc.
    if (::access("/proc/self/fd", X_OK) == 0) {
      Descriptor file{::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
      if (file.is_open()) return file;
      demand(errno == EOPNOTSUPP || errno == EISDIR, path, "make a file in its folder");
    }
    std::string name = whole + ".XXXXXX";
    // NOLINTNEXTLINE(misc-include-cleaner): it is not of the standard, and in the same header
    Descriptor file{::mkostemp(name.data(), O_CLOEXEC)};
    demand(file.is_open(), path, "make a file in its folder");
    name_.text = std::move(name);
    return file;
  }

  /// Allocated at once: what runs out of room later is a signal, in the middle of a call.
  [[nodiscard]] Mapping allocated(const char* path, std::size_t size, unsigned mode) const {
    int error = EINTR;
    while (error == EINTR) error = ::posix_fallocate(file_.number(), 0, static_cast<::off_t>(size));
    if (error != 0)
      refuse_file(SharedMemoryError::Cause::no_room, path, "allocate its memory", error);
    demand(::fchmod(file_.number(), static_cast<::mode_t>(mode)) == 0, path, "set its mode");
    Mapping mapping{file_, size};
    demand(mapping.is_mapped(), path, "map it");
    return mapping;
  }

  Name name_;
  Descriptor file_;
  Mapping mapping_;
};

/// **Returns** the file at `path`; one that is not open, if there is none. **Throws** SharedMemoryError.
inline Descriptor open_shared(const char* path) {
  // O_NONBLOCK: a pipe would wait for a writer.
  Descriptor file{detail::uninterrupted(
      [path] { return ::open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); })};
  if (file.is_open() || errno == ENOENT) return file;
  demand(errno == ELOOP || errno == EISDIR || errno == ENXIO, path, "open it");
  refuse_file(SharedMemoryError::Cause::not_circuits, path);
}

/// Map what is there. **Throws** SharedMemoryError, also if it is no file of the caller's or root's of
/// `least` bytes or more.
inline Mapping map_shared(const Descriptor& file, const char* path, std::size_t least) {
  struct ::stat about = {};
  demand(::fstat(file.number(), &about) == 0, path, "look at it");
  if (about.st_uid != ::geteuid() && about.st_uid != 0)
    refuse_file(SharedMemoryError::Cause::of_another_user, path);
  if (!S_ISREG(about.st_mode) || about.st_size < static_cast<::off_t>(least))
    refuse_file(SharedMemoryError::Cause::not_circuits, path);
  Mapping mapping{file, static_cast<std::size_t>(about.st_size)};
  demand(mapping.is_mapped(), path, "map it");
  return mapping;
}

/// Put a file that `fill(memory)` writes in place of `old`, unless somebody else has replaced or removed
/// that. **Returns** the memory of the new one. **Throws** SharedMemoryError, what `fill` throws.
template <class Fill>
std::optional<Mapping> replace_shared(const Descriptor& old, const char* path, std::size_t size,
                                      unsigned mode, const Fill& fill) {
  demand(old.lock(), path, "lock it");
  if (!old.is_at(path)) return std::nullopt;
  Draft draft{path, size, mode};
  fill(draft.memory());
  // Under the lock this name is ours. One who was killed here before may have left a file.
  const std::string beside = std::string{path} + ".new";
  ::unlink(beside.c_str());
  if (!draft.publish(beside.c_str())) return std::nullopt;
  demand(::rename(beside.c_str(), path) == 0, path, "put another in its place");
  return std::move(draft).take();
}

/// Remove the file at `path`. **Returns** whether there was one.
inline bool remove_shared(const char* path) noexcept {
  for (;;) {
    const Descriptor file{detail::uninterrupted(
        [path] { return ::open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); })};
    if (!file.is_open() || !file.lock()) return false;
    if (file.is_at(path)) return ::unlink(path) == 0;
  }
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
