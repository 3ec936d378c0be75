// The real circuits that traces run on: one of each kind of policy, behind one interface.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "breaker/breaker.hpp"
#include "proof/model/reference.hpp"
#include "proof/model/trace.hpp"

namespace model {

/// What an operation answered.
struct Answer {
  enum class Ending : std::uint8_t { none, result, fallback, threw, refused };
  bool yes = false;  // a permit; the hand was obeyed
  Generation generation = 0;
  std::optional<Rejection> rejection{};
  Settled settled = Settled::refused;
  Ending ending = Ending::none;
  std::optional<Reconfigured> kept{};
  std::optional<Reconfigured> told_kept{};  // by the listener

  friend bool operator==(const Answer&, const Answer&) = default;
};

/// What a circuit shows to whoever looks at it.
struct View {
  State state;
  bool would_admit;
  bool would_admit_no_probe;
  Saved saved;
  Snapshot snapshot;
  Transition why;
  std::array<Numbers, 3> numbers;    // of each part
  std::optional<CallTotals> totals;  // of a circuit that has Counters
};

/// What a permit shows.
struct PermitView {
  bool yes;
  bool is_probe;
  Generation generation;
  Rejection rejection;  // means something if it was refused
};

class Circuit {
 public:
  Circuit() = default;
  Circuit(const Circuit&) = delete;
  Circuit& operator=(const Circuit&) = delete;
  virtual ~Circuit() = default;

  /// Do `operation`; the function of a call runs `meanwhile`.
  virtual Answer perform(const Operation& operation, const std::function<void()>& meanwhile) = 0;
  /// **Returns** the transitions that were told of since this was asked last.
  virtual std::vector<Transition> told() = 0;
  [[nodiscard]] virtual View view() const = 0;
  [[nodiscard]] virtual PermitView permit(std::size_t slot) const = 0;
  [[nodiscard]] virtual Limits limits(int part) const = 0;
  [[nodiscard]] virtual const Words& words(int part) const = 0;
  [[nodiscard]] virtual Ticks now() const = 0;
};

struct CircuitKind {
  const char* name;
  std::unique_ptr<Circuit> (*make)(const Setup& setup);
  Policy (*policy)(const Setup& setup);  // the same for the reference
  std::uint32_t throws_every = 0;        // transition so many, if not 0: its listener does
};

std::size_t circuit_kinds();
const CircuitKind& circuit_kind(std::size_t index);

}  // namespace model
