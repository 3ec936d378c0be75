// Host: which boot of the machine this is, and which clock its processes read.
#pragma once

#if !defined(__linux__)
#error "breaker: circuits in shared memory need Linux"
#endif

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "breaker/base/version.hpp"
#include "breaker/shared_memory/error.hpp"
#include "breaker/shared_memory/file.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// What must be the same for two processes to share times.
struct Host {
  std::uint64_t boot[2] = {};        // a number that the kernel draws when it starts
  std::uint64_t time_namespace = 0;  // 0: the kernel has none

  /// **Returns** that of the calling process. **Throws** SharedMemoryError, naming `path`.
  static Host of_this_process(const char* path) {
    Host host;
    const Descriptor file{::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)};
    char text[36] = {};
    demand(file.is_open() && ::read(file.number(), text, sizeof text) == sizeof text, path,
           "read the boot id in /proc");
    for (std::size_t i = 0, digits = 0; i < sizeof text; ++i) {
      if (text[i] == '-') continue;
      std::uint64_t& half = host.boot[digits++ / 16];
      half = half << 4 |
             static_cast<std::uint64_t>(text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
    }
    struct ::stat about = {};
    if (::stat("/proc/self/ns/time", &about) == 0) host.time_namespace = about.st_ino;
    return host;
  }
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
