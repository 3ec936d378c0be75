// Stay: how a window or a policy knows which stay in a state its numbers belong to.
#pragma once

#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/state.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// A circuit's stay in a state, as its policy sees it: a number, and whether the stay is over. Calls
/// are recorded in stays in the closed state alone; `begin` hears of every stay. The evidence of a
/// policy belongs to one stay. Rather than being wiped when the circuit closes, it carries the
/// stay's number: evidence of another number is void.
class Stay {
 public:
  /// The stay `id` of the circuit whose state word is `word`. **Requires** that `word` outlives it.
  Stay(const detail::Atomic<std::uint64_t>& word, StayId id) noexcept : word_{&word}, id_{id} {}

  /// **Returns** which stay it is.
  [[nodiscard]] StayId id() const noexcept { return id_; }
  /// **Returns** the stay's number.
  [[nodiscard]] Generation generation() const noexcept { return id_.generation(); }

  /// **Returns** whether the circuit has left this stay. Ask *after* an acquire load of the
  /// evidence and before replacing evidence of another stay: whoever put newer evidence there, by a
  /// release store, had seen the newer stay, so this will see it too. **Complexity** one load.
  [[nodiscard]] bool is_over() const noexcept {
    return StayId::of(word_->load(detail::relaxed)) != id_;
  }

 private:
  const detail::Atomic<std::uint64_t>* word_;  // the circuit's state word
  StayId id_;
};

BREAKER_ABI_END
}  // namespace breaker
