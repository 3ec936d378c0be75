// Circuits: what a registry does: finds, makes, erases and evicts circuits, and gives them new settings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>  // IWYU pragma: keep
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/base/atomic.hpp"
#include "breaker/base/mutex.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/owner.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/core/reconfigure.hpp"
#include "breaker/core/rules.hpp"
#include "breaker/core/tenancy.hpp"
#include "breaker/core/word.hpp"
#include "breaker/registry/draft.hpp"
#include "breaker/registry/house.hpp"
#include "breaker/registry/key_table.hpp"
#include "breaker/registry/label.hpp"
#include "breaker/registry/limited.hpp"
#include "breaker/registry/maker.hpp"
#include "breaker/registry/parts.hpp"
#include "breaker/registry/places.hpp"
#include "breaker/registry/settings.hpp"
#include "breaker/registry/summary.hpp"
#include "breaker/registry/tails.hpp"
#include "breaker/registry/view.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The circuits of a registry, whose members of the same names say what these do.
template <class Circuit>
class Circuits {
  using Kept = typename PartsOf<Circuit>::Kept;
  using Policy = typename PartsOf<Circuit>::Policy;
  using Place = CircuitPlace<Kept>;

 public:
  template <class... Parts>
  explicit Circuits(RegistrySettings<Policy> settings, Parts&&... parts)
      : maker_{std::forward<Parts>(parts)...},
        book_{std::move(settings), maker_.policy()},
        house_{static_cast<std::size_t>(book_.all().capacity), detail::seed_of(book_.all(), this)},
        places_{house_.capacity()},
        overflow_{house_, maker_.with(book_.of(overflow_key_))} {
    house_.name(overflow_.label(), overflow_key_);
    house_.limit().set_share(book_.all().at_most_open);
  }
  Circuits(const Circuits&) = delete;
  Circuits& operator=(const Circuits&) = delete;
  ~Circuits() {
    places_.for_each([this](PlaceLabel& label) {
      if (label.stamp() != nobody) house_.give_back(label);
    });
    house_.give_back(overflow_.label());
  }

  [[nodiscard]] const House& house() const noexcept { return house_; }
  static Kept& circuit_of(PlaceLabel& label) noexcept { return Place::circuit_of(label); }

  // ---- finding

  /// **Returns** the place of `key`, whose circuit is made now if it is not there.
  FoundLabel ask(std::string_view key) {
    const LabelWords words{key};
    const std::uint64_t hash = house_.table().hash(key);
    const FoundLabel found = house_.table().find(words, hash);
    if (found.label != nullptr) [[likely]]
      return found;
    return make(words, hash);
  }

  [[nodiscard]] bool is_overflow(FoundLabel found) const noexcept {
    return found.label == &overflow_.label();
  }

  [[nodiscard]] std::optional<CircuitView<Circuit>> find(std::string_view key) const noexcept {
    for (;;) {
      const FoundLabel found = house_.table().find(LabelWords{key}, house_.table().hash(key));
      if (found.label == nullptr && key == overflow_key()) return overflow();
      if (found.label == nullptr) return std::nullopt;
      const CircuitView<Circuit> view{circuit_of(*found.label)};
      if (found.label->has_owner(found.owner)) return view;
    }
  }

  [[nodiscard]] CircuitView<Circuit> overflow() const noexcept {
    return CircuitView<Circuit>{circuit_of(overflow_.label())};
  }
  [[nodiscard]] std::string_view overflow_key() const noexcept { return overflow_key_; }

  // ---- going

  bool erase(std::string_view key) noexcept {
    const Lock lock{house_.mutex()};
    const FoundLabel found = house_.table().find(LabelWords{key}, house_.table().hash(key));
    if (found.label == nullptr) return false;
    found.label->vacate();
    return bury(found);
  }

  std::size_t sweep() noexcept {
    const Lock lock{house_.mutex()};
    std::size_t gone = 0;
    places_.for_each([&](PlaceLabel& label) {
      const Stamp stamp = label.stamp();
      if (stamp == nobody) return;
      const Stamp owner = stamp & ~mark_bit;
      if (stamp == owner) {
        label.set_mark(owner);
      } else if (rest_of(label) != Rest::none && label.vacate_if_marked(owner)) {
        if (bury({&label, owner}, true)) ++gone;
      }
    });
    return gone;
  }

  /// Open a circuit that is in the closed stay `id`, as by trip(). **Returns** whether it did.
  bool trip(PlaceLabel& label, StayId id) noexcept {
    if (house_.limit().is_on()) return limited_.trip(label, id, nullptr) == Tripped::yes;
    auto& inside = Peek::at(circuit_of(label));
    return detail::command_if(inside, {EventKind::trip}, [&] {
             return StayId::of(inside.machine.word.load(relaxed)) == id;
           }) == Obeyed::yes;
  }

  // ---- new settings

  RegistryReconfigured reconfigure(RegistrySettings<Policy> settings) {
    SettingsBook<Policy> book{std::move(settings), maker_.policy()};
    RegistryReconfigured sum{};
    std::vector<ToTell> to_tell;
    {
      const Lock lock{house_.mutex()};
      book.require_same(book_.all());
      to_tell.reserve(house_.size() + 1);
      std::string key;
      key.reserve(places_.longest_key());
      book_ = std::move(book);
      house_.limit().set_share(book_.all().at_most_open);
      apply(overflow_.label(), overflow_key(), sum, to_tell);
      places_.for_each([&](PlaceLabel& label) {
        if (label.stamp() == nobody) return;
        label.copy_key(key);
        apply(label, key, sum, to_tell);
      });
    }
    for (const ToTell& each : to_tell) detail::tell(Peek::at(*each.circuit), each.applied);
    return sum;
  }

  // ---- looking

  /// Call `visit(PlaceLabel&, Stamp, Kept&)` for each place that has an owner, without the lock.
  template <class Visit>
  void visit_owned(const Visit& visit) const {
    places_.for_each([&](PlaceLabel& label) {
      const Stamp owner = label.stamp();
      if (owner != nobody) visit(label, owner, circuit_of(label));
    });
  }
  template <class Visit>
  void visit_in_place(const Visit& visit) {
    std::string key;
    visit_owned([&](PlaceLabel& label, Stamp owner, Kept& circuit) {
      label.copy_key(key);
      if (label.has_owner(owner)) visit(std::string_view{key}, circuit);
    });
  }
  /// As Registry::for_each(), for the circuits of which `is_wanted` says so.
  template <class Visit, class Is>
  void visit_each(const Visit& visit, const Is& is_wanted) const {
    std::string key;
    visit_owned([&](PlaceLabel& label, Stamp owner, const Kept& circuit) {
      if (!is_wanted(circuit)) return;
      label.copy_key(key);
      const CircuitView<Circuit> view{circuit};
      if (label.has_owner(owner)) visit(std::string_view{key}, view);
    });
  }

  [[nodiscard]] RegistrySummary summary() const noexcept {
    const Lock lock{house_.mutex()};
    RegistrySummary sum = gone_;
    detail::add_totals(sum, overflow().snapshot());
    places_.for_each([&](PlaceLabel& label) {
      if (label.stamp() == nobody) return;
      const Snapshot seen = circuit_of(label).snapshot();
      detail::add_state(sum, seen.state);
      detail::add_totals(sum, seen);
    });
    return sum;
  }

 private:
  /// A circuit that took new settings, whose listener is to be told.
  struct ToTell {
    Kept* circuit;
    Applied applied;
  };

  static Rest rest_of(PlaceLabel& label) noexcept {
    return detail::rest_of(Peek::at(circuit_of(label)));
  }

  // ---- with the lock, unless it says otherwise

  /// Without the lock.
  [[gnu::noinline]] FoundLabel make(const LabelWords& key, std::uint64_t hash) {
    const FoundLabel overflow{&overflow_.label(), overflow_.label().stamp()};
    if (key.text == overflow_key()) return overflow;
    for (;;) {
      std::optional<CircuitSettings<Policy>> settings;
      {
        const Lock lock{house_.mutex()};
        if (const FoundLabel found = house_.table().find(key, hash); found.label != nullptr)
          return found;
        if (house_.size() >= house_.capacity() && !evict_one()) {
          house_.note_overflow();
          return overflow;
        }
        settings.emplace(book_.of(key.text));
        Tail* const tail = house_.lend_tail(key, hash);
        if (PlaceLabel* const free = house_.take_free())
          return hand_over(*free, key, tail, hash, *settings);
        house_.give_back_tail(tail);
      }
      add_place(*settings);
    }
  }

  /// Make a place, and let it be free. Without the lock.
  void add_place(const CircuitSettings<Policy>& settings) {
    PlaceDraft<Kept> draft{house_, places_};
    auto* const place = ::new (draft.memory()) Place{house_, maker_.with(settings)};
    draft.publish(place->label());
  }

  /// Give a free place to `key`.
  FoundLabel hand_over(PlaceLabel& label, const LabelWords& key, Tail* tail, std::uint64_t hash,
                       const CircuitSettings<Policy>& settings) noexcept {
    auto& inside = Peek::at(circuit_of(label));
    label.write(key, tail);
    StayId stay = StayId::of(inside.machine.word.load(relaxed));
    detail::settle_in(inside, Rules{settings.config}, settings.policy, stay);
    inside.listener.forget();
    label.set_born(stay.generation());
    const Stamp owner = house_.next_stamp();
    label.hand_to(owner);
    house_.add(label, hash);
    return {&label, owner};
  }

  /// The place that was found is nobody's any more: it is free. `only_at_rest`: unless an outage has begun
  /// meanwhile, in which case it goes back to its owner. **Returns** whether it is free.
  bool bury(FoundLabel found, bool only_at_rest = false) noexcept {
    PlaceLabel& label = *found.label;
    Kept& circuit = circuit_of(label);
    StayId stay;
    if (!detail::retire(Peek::at(circuit), stay, only_at_rest)) {
      label.hand_to(found.owner);
      return false;
    }
    label.set_born(stay.generation());
    detail::add_totals(gone_, circuit.snapshot());
    house_.remove(label);
    house_.give_back(label);
    return true;
  }

  /// Make a place free, see WhenFull. **Returns** whether one came free.
  bool evict_one() noexcept {
    if (book_.all().when_full != WhenFull::evict) return false;
    bool may_go = true;
    for (int times = 0; may_go && times < most_times; ++times) {
      if (pass_once(may_go)) return true;
    }
    return false;
  }
  /// The same, in one pass of the hand, by each place once at most. `may_go`: whether there was one that may.
  bool pass_once(bool& may_go) noexcept {
    FoundLabel clean;
    FoundLabel unasked;
    for (std::size_t left = per_pass_; left > 0; --left) {
      PlaceLabel* const label = hand_.next(places_);
      if (label == nullptr) break;
      const Stamp stamp = label->stamp();
      const Stamp owner = stamp & ~mark_bit;
      const Rest rest = stamp == nobody ? Rest::none : rest_of(*label);
      if (rest == Rest::none) continue;
      const bool is_marked = stamp != owner;
      if (is_marked && rest == Rest::clean && evict({label, owner})) return true;
      if (rest == Rest::clean && clean.label == nullptr) clean = {label, owner};
      if (is_marked && unasked.label == nullptr) unasked = {label, owner};
      if (!is_marked) label->set_mark(owner);
    }
    may_go = clean.label != nullptr || unasked.label != nullptr;
    return evict(clean) || evict(unasked);
  }
  /// **Returns** whether it is gone: nobody asked for it meanwhile, and no outage began.
  bool evict(FoundLabel found) noexcept {
    if (found.label == nullptr || !found.label->vacate_if_marked(found.owner)) return false;
    if (!bury(found, true)) return false;
    house_.note_evicted();
    return true;
  }

  /// A circuit takes the settings that are in force for its key, unless it has them.
  void apply(PlaceLabel& label, std::string_view key, RegistryReconfigured& sum,
             std::vector<ToTell>& to_tell) {
    auto& inside = Peek::at(circuit_of(label));
    const auto [config, policy] = book_.of(key);
    const Rules rules{config};
    if (rules == inside.machine.rules() && policy == inside.policy()) {
      ++sum.unchanged;
      return;
    }
    const Applied applied = detail::apply(inside, rules, &policy);
    to_tell.push_back({&circuit_of(label), applied});
    ++sum.changed;
    ++(applied.kept.kept_evidence ? sum.evidence_kept : sum.evidence_cleared);
  }

  static constexpr int most_times = 8;  // passes that lose a race for what may go

  const Maker<Circuit> maker_;
  SettingsBook<Policy> book_;  // guarded by the house's lock
  const std::string overflow_key_ = book_.all().overflow_key;
  mutable House house_;
  Places<Kept> places_;
  typename Places<Kept>::Hand hand_;  // guarded by the house's lock
  const std::size_t per_pass_ = house_.capacity() < 128 ? house_.capacity() : 128;  // places
  RegistrySummary gone_{};  // of erased circuits; guarded by the house's lock
  Limited<Kept> limited_{house_, places_};
  mutable Place overflow_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
