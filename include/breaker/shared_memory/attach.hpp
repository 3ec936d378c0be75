// attach_or_make: the file at a path, by whichever process came first.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/shared_memory/error.hpp"
#include "breaker/shared_memory/file.hpp"
#include "breaker/shared_memory/head.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** whether a file that does not fit for this reason may be replaced: not what others may need.
constexpr bool is_replaceable(SharedMemoryError::Cause cause) noexcept {
  using enum SharedMemoryError::Cause;
  return cause == of_another_version || cause == of_another_layout ||
         cause == with_other_settings || cause == before_this_boot;
}

/// **Returns** the memory of the file at `path`, which says of itself what `own` says. If there is none, it
/// is made: `fill(memory)` writes it before anybody sees it. So is one that is to replace another.
/// **Throws** SharedMemoryError; what `fill` throws.
template <class Fill>
Mapping attach_or_make(const char* path, const SharedLabel& own, unsigned mode, bool may_replace,
                       const Fill& fill) {
  const auto size = static_cast<std::size_t>(own.file_size);
  for (;;) {
    const Descriptor file = detail::open_shared(path);
    if (!file.is_open()) {
      Draft draft{path, size, mode};
      fill(draft.memory());
      if (draft.publish(path)) return std::move(draft).take();
      continue;  // another process was faster
    }
    Mapping mapping = detail::map_shared(file, path, sizeof(SharedHead));
    const auto& there = *static_cast<const SharedHead*>(mapping.memory());
    std::optional<SharedMemoryError::Cause> fault = there.label.compare(own);
    if (!fault && mapping.size() != size) fault = SharedMemoryError::Cause::not_circuits;
    if (!fault) return mapping;
    if (!may_replace || !is_replaceable(*fault)) refuse_file(*fault, path);
    std::optional<Mapping> made = detail::replace_shared(file, path, size, mode, fill);
    if (made) return std::move(*made);
  }
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
