// The circuits of a registry, said a second time, from the documentation: a plain list of keys, each with a
// circuit of its own. Where the documentation allows several to go, the list takes the one that went, if it may.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/registry.hpp"
#include "breaker/testing/manual_clock.hpp"

namespace model {

using namespace breaker;

/// What listeners heard, by key.
using Heard = std::map<std::string, std::vector<std::string>, std::less<>>;

inline std::string in_words(const Transition& it) {
  return std::string{to_string(it.from)} + " -> " + to_string(it.to) + " (" + to_string(it.reason) +
         ", " + std::to_string(it.numbers.at[0]) + " of " + std::to_string(it.limits.at[0]) + ", " +
         std::to_string(it.open_for.count()) + " ms)";
}
inline std::string in_words(const Rejection& it) {
  return std::string{"refused: "} + to_string(it.reason) + ", " +
         std::to_string(it.retry_after.count()) + " ns";
}

inline std::string in_words(const Heard& heard) {
  std::string words;
  for (const auto& [key, all] : heard) {
    for (const std::string& what : all) words += " [" + key + ": " + what + "]";
  }
  return words.empty() ? " nothing" : words;
}

/// Whether somebody asked for a circuit since it was marked.
enum class Asked : std::uint8_t { no, maybe, yes };

/// A key, while it is there, and after it has gone while a permit of its circuit is left.
template <class Policy>
struct Owner {
  struct Listener {
    Owner* owner;
    void operator()(const Transition& it) const { owner->hear(in_words(it)); }
    void on_refused(const Rejection& it) const { owner->hear(in_words(it)); }
  };
  using Circuit = CircuitOf<ManualClock, Policy, Listener>;

  Owner(std::string its_key, const Config& its_config, const Policy& policy, ManualClock clock,
        Heard& heard)
      : key{std::move(its_key)},
        config{its_config},
        circuit{config, policy, std::move(clock), Listener{this}},
        heard_{&heard} {}

  void hear(std::string what) const {
    if (!has_gone) (*heard_)[key].push_back(std::move(what));
  }

  /// Closed, or open with the wait over.
  [[nodiscard]] bool is_at_rest() const {
    const State state = circuit.state();
    return state == State::closed || (state == State::half_open && circuit.why().to == State::open);
  }
  [[nodiscard]] bool is_clean() const {
    return circuit.state() == State::closed && circuit.numbers().at[0] == 0 &&
           circuit.saved().step == 0;
  }

  const std::string key;
  Config config;
  Circuit circuit;
  Asked asked = Asked::yes;
  bool has_gone = false;
  std::uint32_t stale_before = 0;  // when it went

 private:
  Heard* heard_;
};

/// The list. What is done to it was done to the registry before.
template <class Policy>
class Keys {
 public:
  using Owned = std::shared_ptr<Owner<Policy>>;
  using Owners = std::vector<Owned>;

  Keys(RegistrySettings<Policy> settings, const Policy& usual, const ManualClock& clock)
      : settings_{std::move(settings)}, usual_{usual}, clock_{clock} {
    overflow_ = make_owner(settings_.overflow_key);
  }

  [[nodiscard]] const Owners& owners() const { return owners_; }
  [[nodiscard]] Owner<Policy>& overflow() const { return *overflow_; }
  [[nodiscard]] Owned find(std::string_view key) const {
    const auto found =
        std::ranges::find_if(owners_, [&](const Owned& one) { return one->key == key; });
    return found == owners_.end() ? nullptr : *found;
  }

  /// Somebody asked for `key`, and the registry has `left` now. **Returns** whose circuit it got.
  Owned ask(std::string_view key, const std::vector<std::string>& left) {
    if (key == settings_.overflow_key) return overflow_;
    if (Owned found = find(key)) {
      found->asked = Asked::yes;
      return found;
    }
    if (owners_.size() == static_cast<std::size_t>(settings_.capacity) && !make_room(left)) {
      ++overflowed;
      return overflow_;
    }
    ++made;
    return owners_.emplace_back(make_owner(std::string{key}));
  }

  bool erase(std::string_view key) {
    const Owned found = find(key);
    if (found != nullptr) bury(found);
    return found != nullptr;
  }

  /// A sweep after which the registry has `left`. **Returns** how many went.
  std::size_t sweep(const std::vector<std::string>& left) {
    std::size_t gone = 0;
    for (const Owned& one : Owners{owners_}) {
      const bool stays = has(left, one->key);
      if (!stays && (!one->is_at_rest() || one->asked == Asked::yes))
        complain(one->key + " was swept away");
      if (stays && one->is_at_rest() && one->asked == Asked::no)
        complain(one->key + " was not swept away");
      one->asked = Asked::no;
      if (stays) continue;
      bury(one);
      ++gone;
    }
    return gone;
  }

  RegistryReconfigured reconfigure(RegistrySettings<Policy> settings) {
    settings_ = std::move(settings);
    RegistryReconfigured sum{};
    Owners all = owners_;
    all.push_back(overflow_);
    for (const Owned& one : all) {
      const auto [config, policy] = settings_of(one->key);
      if (config == one->config && policy == one->circuit.policy()) {
        ++sum.unchanged;
        continue;
      }
      one->config = config;
      ++sum.changed;
      ++(one->circuit.reconfigure(config, policy).kept_evidence ? sum.evidence_kept
                                                                : sum.evidence_cleared);
    }
    return sum;
  }

  [[nodiscard]] RegistrySummary summary() const {
    RegistrySummary sum = gone_;
    detail::add_totals(sum, overflow_->circuit.snapshot());
    for (const Owned& one : owners_) {
      detail::add_state(sum, one->circuit.state());
      detail::add_totals(sum, one->circuit.snapshot());
    }
    return sum;
  }

  /// A permit of that owner was given back.
  void note_settled(Owner<Policy>& owner) {
    if (!owner.has_gone) return;
    const std::uint32_t stale = owner.circuit.snapshot().stale;
    late += stale - std::exchange(owner.stale_before, stale);
  }

  void complain(std::string what) {
    if (complaint.empty()) complaint = std::move(what);
  }

  std::string complaint;  // the first
  Heard heard;
  std::uint64_t made = 0;
  std::uint64_t evicted = 0;
  std::uint64_t overflowed = 0;
  std::uint64_t late = 0;

 private:
  struct Settings {
    Config config;
    Policy policy;
  };

  static bool has(const std::vector<std::string>& keys, const std::string& key) {
    return std::ranges::find(keys, key) != keys.end();
  }

  [[nodiscard]] Settings settings_of(std::string_view key) const {
    const Policy usual = settings_.policy.value_or(usual_);
    const SettingsFor<Policy>* best = nullptr;
    for (const auto& one : settings_.for_prefix) {
      if (key.starts_with(one.key) && (best == nullptr || one.key.size() > best->key.size()))
        best = &one;
    }
    const auto own =
        std::ranges::find_if(settings_.for_key, [&](const auto& one) { return one.key == key; });
    if (own != settings_.for_key.end()) best = &*own;
    if (best == nullptr) return {settings_.config, usual};
    return {best->config, best->policy.value_or(usual)};
  }

  Owned make_owner(std::string key) {
    const auto [config, policy] = settings_of(key);
    return std::make_shared<Owner<Policy>>(std::move(key), config, policy, clock_, heard);
  }

  /// **Returns** whether a circuit went because the capacity is used up: one that may, see WhenFull.
  bool make_room(const std::vector<std::string>& left) {
    const auto asked = [&](auto is, Asked how) {
      return std::ranges::any_of(owners_,
                                 [&](const Owned& one) { return is(*one) && one->asked == how; });
    };
    const auto is_clean = [](const Owner<Policy>& one) { return one.is_clean(); };
    const auto is_at_rest = [](const Owner<Policy>& one) { return one.is_at_rest(); };
    const bool any_clean =
        std::ranges::any_of(owners_, [](const Owned& one) { return one->is_clean(); });
    const auto gone =
        std::ranges::find_if(owners_, [&](const Owned& one) { return !has(left, one->key); });
    const bool evicts = settings_.when_full == WhenFull::evict;
    if (gone == owners_.end()) {
      if (evicts && (any_clean || asked(is_at_rest, Asked::no)))
        complain("none went, though one may");
      if (evicts) mark(Asked::no);
      return false;
    }
    const Owned it = *gone;
    if (!evicts || !it->is_at_rest()) complain(it->key + " went, which must not");
    if (any_clean && !it->is_clean()) complain(it->key + " went, though another is clean");
    if (it->asked == Asked::yes && (!any_clean || asked(is_clean, Asked::no)))
      complain(it->key + " went, which somebody asked for");
    // The hand that looks for one marks those that it passes: all, if the first that it found had to go.
    mark(it->asked == Asked::yes || !any_clean ? Asked::no : Asked::maybe);
    bury(it);
    ++evicted;
    return true;
  }
  void mark(Asked most) {
    for (const Owned& one : owners_) {
      if (one->is_at_rest()) one->asked = (std::min)(one->asked, most);
    }
  }

  /// Who has gone is closed, hears nothing, and is told to nobody; calls in flight are stale.
  void bury(const Owned& one) {
    detail::add_totals(gone_, one->circuit.snapshot());
    one->has_gone = true;
    one->circuit.reset();
    one->stale_before = one->circuit.snapshot().stale;
    std::erase(owners_, one);
  }

  RegistrySettings<Policy> settings_;
  const Policy usual_;
  const ManualClock clock_;
  Owners owners_;
  Owned overflow_;
  RegistrySummary gone_{};
};

}  // namespace model
