// SharedHead: the beginning of a file of circuits, by which a process knows whether it may attach.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"
#include "breaker/registry/key_hash.hpp"
#include "breaker/shared_memory/error.hpp"
#include "breaker/shared_memory/host.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// What a file says of itself. It is written before the file has a name, and never changes.
struct SharedLabel {
  static constexpr char circuits[8] = {'b', 'r', 'e', 'a', 'k', 'e', 'r', '\n'};

  // These three stay where they are, whatever the version.
  char magic[8] = {'b', 'r', 'e', 'a', 'k', 'e', 'r', '\n'};
  std::uint32_t layout = 1;  // of the head, the keys, the hash
  std::uint32_t version = 100 * version_major + version_minor;

  std::uint64_t file_size = 0;
  std::uint32_t circuit_size = 0;
  std::uint32_t circuit_alignment = 0;
  std::uint32_t slots = 0;     // circuits beside the overflow circuit
  std::uint32_t capacity = 0;  // how many of them get a key
  std::uint64_t settings = 0;  // a fingerprint
  Host host = {};
  std::uint64_t hash_seed = 0;
  std::uint64_t hash_of_text = 0;  // of a fixed one: whether two builds hash alike

  /// **Returns** what keeps a process that would write `own` from attaching, if anything does.
  [[nodiscard]] std::optional<SharedMemoryError::Cause> compare(
      const SharedLabel& own) const noexcept {
    using enum SharedMemoryError::Cause;
    if (std::memcmp(magic, circuits, sizeof magic) != 0) return not_circuits;
    if (layout != own.layout || version != own.version) return of_another_version;
    if (host.boot[0] != own.host.boot[0] || host.boot[1] != own.host.boot[1])
      return before_this_boot;
    if (host.time_namespace != own.host.time_namespace) return in_another_time_namespace;
    if (hash_of_text != hash_with(hash_seed)) return of_another_version;
    if (circuit_size != own.circuit_size || circuit_alignment != own.circuit_alignment)
      return of_another_layout;
    if (settings != own.settings || capacity != own.capacity) return with_other_settings;
    if (slots != own.slots || file_size != own.file_size) return of_another_version;
    return std::nullopt;
  }

  /// **Returns** what this build makes of a fixed text.
  static std::uint64_t hash_with(std::uint64_t seed) noexcept {
    return KeyHash{seed}("payments.example:8443");
  }
};

/// The beginning of a file of circuits.
struct SharedHead {
  SharedLabel label;
  // What is written stands on other lines than what every look-up reads. Each guards itself.
  alignas(2 * cache_line) Atomic<std::uint32_t> processes{0};  // that attached: numbers of them
  Atomic<std::uint32_t> made{0};  // keys that have a place; publishes their tags
  Atomic<std::uint64_t> overflowed{0};
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
