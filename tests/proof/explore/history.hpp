// What the threads of an execution did and saw, and whether it can be explained: is there an order of their operations,
// each thread's own order kept, in which the reference of the model test gives the same answers?
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "breaker/breaker.hpp"
#include "proof/explore/runtime.hpp"
#include "proof/model/rules.hpp"

namespace explore {

/// What a circuit may be told to become.
struct Settings {
  breaker::Config config;
  model::Policy policy;
};

/// One operation on a circuit, and what its caller saw of it.
struct Operation {
  enum class Kind : std::uint8_t {
    acquire,
    settle,
    trip,
    trip_for,
    retry_in,
    force_open,
    disable,
    reset,
    restore,
    reconfigure,
    look,
    // What other threads see as steps of their own.
    ask,  // of settle: its answer asked to wait
    fit,  // of reconfigure, as all from here on: a wait is cut, a lease begins anew
    clear,
    adopt,
    fit_again,  // what was done meanwhile
    clear_again,
  };
  Kind kind;
  int permit = -1;                                       // acquire, settle
  bool may_probe = true;                                 // acquire
  breaker::Verdict verdict = breaker::Verdict::ignored;  // settle
  breaker::Ticks wait = 0;  // trip_for, retry_in; settle: what its answer asked for
  bool trips = false;       // settle: the failure opens the circuit, for `wait`
  breaker::Saved saved{breaker::State::closed, {}, 0};  // restore
  const Settings* settings = nullptr;                   // reconfigure

  bool reads_clock = false;
  breaker::Ticks first_now = 0;            // the clock, as it was read first …
  breaker::Ticks now = 0;                  // … and last
  std::vector<breaker::Ticks> readings{};  // reconfigure: all that differ

  bool takes_effect = false;  // admitted; tripped
  breaker::Settled settled = breaker::Settled::refused;
  breaker::Generation generation = 0;  // of what was admitted
  breaker::Rejection rejection{};
  breaker::State state = breaker::State::closed;  // look
  breaker::Numbers numbers{};
  breaker::Reconfigured kept{};
};

class History {
 public:
  /// `records_apart`: the policy's evidence is not in the state word.
  History(const breaker::Config& config, model::Policy policy, bool records_apart)
      : records_apart_{records_apart}, settings_{{config, std::move(policy)}} {}

  /// **Returns** settings for an operation. They stay where they are.
  const Settings* keep(const breaker::Config& config, model::Policy policy) {
    return &settings_.emplace_back(config, std::move(policy));
  }

  /// The current thread begins an operation, maybe from within a listener that another one runs.
  /// **Returns** its number.
  std::size_t begin(const Operation& operation);
  /// It is over, and this is what came of it.
  Operation& end(std::size_t number);
  /// The current thread read the clock.
  void note_reading(breaker::Ticks now);

  /// **Returns** the policy that there was first.
  [[nodiscard]] const model::Policy& policy() const { return settings_.front().policy; }

  int new_permit() { return permits_++; }
  [[nodiscard]] int permits() const { return permits_; }

  /// **Returns** "", or what can't be explained. `transitions`: all that were told, by number.
  std::string explain(const std::vector<breaker::Transition>& transitions);

 private:
  friend class Search;
  struct Entry {
    Operation operation;
    unsigned thread;
    std::size_t outer;  // the one whose listener runs this one
  };

  [[nodiscard]] std::string in_words() const;
  [[nodiscard]] std::uint64_t fingerprint(
      const std::vector<breaker::Transition>& transitions) const;

  static constexpr std::size_t none = ~std::size_t{0};

  const bool records_apart_;
  std::list<Settings> settings_;  // the first, and those that came later
  std::vector<Entry> entries_;    // in the order in which they began
  std::array<std::size_t, max_threads> current_{none, none, none, none, none};
  int permits_ = 0;
};

}  // namespace explore
