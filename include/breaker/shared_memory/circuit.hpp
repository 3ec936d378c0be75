// SharedCircuit: a circuit in memory that processes share, with its key.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "breaker/base/shareable.hpp"
#include "breaker/base/stripes.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/roles.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/config.hpp"
#include "breaker/core/parts.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/shared_memory/key.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

template <class... Parts>
class SharedCircuit;
template <class... Parts>
class SharedCircuits;

namespace detail {

template <class Slot>
class SharedTable;

/// The name of a shared circuit: its key. It has no room of its own, and lies where the circuit begins.
template <class... Parts>
struct KeyOfCircuit {
  [[nodiscard]] std::string_view circuit_name() const noexcept {
    // By a number: the compiler knows this object as an empty one.
    const auto here = reinterpret_cast<std::uintptr_t>(this);
    const auto* const circuit = reinterpret_cast<const CircuitOf<Parts..., KeyOfCircuit>*>(here);
    return static_cast<const SharedCircuit<Parts...>*>(circuit)->key().text();
  }
};

/// Refuse, each with a sentence, a part that would not mean the same in every process. Always true.
template <class... Parts>
consteval bool require_shareable() {
  static_assert(((!ClockRole::is<Parts> || is_shareable<Parts>) && ...),
                "breaker: this clock means something in one process only; shared memory takes "
                "SteadyClock or CoarseClock");
  static_assert(((!PolicyRole::is<Parts> || is_shareable<Parts>) && ...),
                "breaker: this policy is not said to mean the same in every process: is_shareable");
  static_assert(((!PolicyRole::is<Parts> || !has_lock<Parts>) && ...),
                "breaker: this policy's evidence is behind a lock, which a process that is killed "
                "would keep for ever; shared memory takes evidence in the state word, or fit for "
                "many threads");
  static_assert(
      ((!ClassifierRole::is<Parts> || is_shareable<Parts>) && ...),
      "breaker: this classifier is not said to mean the same in every process (a function "
      "pointer does not): is_shareable");
  static_assert(((!ListenerRole::is<Parts> || is_shareable<Parts>) && ...),
                "breaker: this listener means something in one process only; put Counters into "
                "shared memory, or none, and let Watch tell the others");
  static_assert(((!NameRole::is<Parts>) && ...),
                "breaker: a circuit in shared memory is called by its key");
  return true;
}

/// **Returns** a part for one more circuit: a copy, or, of what can't be copied, a new one.
template <class Part>
Part again(const Part& part) {
  if constexpr (std::is_copy_constructible_v<Part>) {
    return part;
  } else {
    static_assert(std::is_default_constructible_v<Part>,
                  "breaker: each circuit in shared memory needs a part of its own; this one can be "
                  "neither copied nor made by default");
    return Part();
  }
}
template <class... Each>
Listeners<Each...> again(const Listeners<Each...>& listeners) {
  return Listeners<Each...>{detail::again(listeners.template get<Each>())...};
}

}  // namespace detail

/// A circuit in memory that processes share: all that a CircuitBreaker can, but `reconfigure`, as the
/// settings are those of the file. SharedCircuits makes it.
///
/// **Thread safety** any thread of any process may use any member.
template <class... Parts>
class SharedCircuit : private CircuitOf<Parts..., detail::KeyOfCircuit<Parts...>> {
  static_assert(detail::require_shareable<Parts...>());
  using Circuit = CircuitOf<Parts..., detail::KeyOfCircuit<Parts...>>;

 public:
  /// As CircuitBreaker has them. @{
  using Circuit::call;
  using Circuit::check;
  using Circuit::disable;
  using Circuit::force_open;
  using Circuit::limits;
  using Circuit::listener;
  using Circuit::name;
  using Circuit::numbers;
  using Circuit::part_count;
  using Circuit::policy;
  using Circuit::reset;
  using Circuit::restore;
  using Circuit::retry_in;
  using Circuit::saved;
  using Circuit::snapshot;
  using Circuit::state;
  using Circuit::trip;
  using Circuit::try_acquire;
  using Circuit::why;
  using Circuit::words;
  using Circuit::would_admit;
  using typename Circuit::Permit;
  /// @}

  /// Refuses, with a sentence, to take new settings.
  template <class... Settings>
  void reconfigure(const Settings&... /*settings*/) {
    static_assert(sizeof...(Settings) < 0,
                  "breaker: a circuit in shared memory keeps the settings of its file; make a file "
                  "with others: if_other = IfOther::replace");
  }

  /// **Returns** the circuit, to be looked at: where a `const CircuitBreaker&` is asked for, as by a
  /// PrometheusPage.
  [[nodiscard]] const Circuit& as_const() const noexcept { return *this; }

 private:
  template <class...>
  friend class SharedCircuits;
  template <class>
  friend class detail::SharedTable;
  friend detail::KeyOfCircuit<Parts...>;
  friend detail::Peek;

  template <class... Given>
  explicit SharedCircuit(const Config& config, Given&&... given)
      : Circuit{config, std::forward<Given>(given)...} {
    auto& inside = detail::Peek::at(static_cast<Circuit&>(*this));
    detail::share_stripes(inside.evidence);
    detail::share_stripes(inside.listener);
  }

  [[nodiscard]] detail::SharedKey& key() noexcept { return key_; }
  [[nodiscard]] const detail::SharedKey& key() const noexcept { return key_; }

  detail::SharedKey key_;
};

BREAKER_ABI_END
}  // namespace breaker
