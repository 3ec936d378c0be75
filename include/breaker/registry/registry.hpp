// Registry: one circuit breaker for each key, made when the key is first asked for.
//
// A service talks to hundreds of endpoints; each needs a circuit of its own, or one bad endpoint
// blocks them all. A registry finds the circuit of a key without a lock and without a count: two
// threads that look up the same key write nothing.
//
//   breaker::Registry circuits{{.capacity = 1000, .config = {.open_for = 30s}}};
//   Price price = circuits.of(host).call([&] { return fetch(host); }, last_known);
//   auto payments = circuits.handle("payments.example");  // to be kept
//
// What it promises:
//  - **One circuit for a key at a time.** Whoever asks for a key gets the same circuit, in a race too.
//    Erased and asked for again, it is a new one: closed, nothing counted.
//  - **Places come back.** `capacity` counts the keys that are there, not those that ever were; a place
//    that came free is used again, those that are free for longest first. The memory stays bounded.
//  - **Erasing makes what is in flight stale.** Its verdict moves nothing, is told to no listener, and is
//    counted by `late()`, not with the next owner's.
//  - **Nobody acts for another key.** What is asked of `of(key)` or of a handle is done to the key's own
//    circuit, or the key is looked up again.
//  - **When it is full** a circuit goes that loses nothing that matters, see WhenFull; never one whose
//    outage is in progress.
//  - **No lock while your code runs**: parts are copied, and listeners told, without it. Under it are only a
//    policy's evidence (begin, adopt) and a listener's forget(), which must not use the registry.
//
// One permit in flight across exactly k·2^21 generations of its place would be taken for a current one;
// each erased key is one generation of its place. Look-ups and handles have no such limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "breaker/base/state.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/roles.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/core/parts.hpp"
#include "breaker/policy/consecutive_failures.hpp"
#include "breaker/registry/circuits.hpp"
#include "breaker/registry/handle.hpp"
#include "breaker/registry/joined.hpp"
#include "breaker/registry/key_table.hpp"
#include "breaker/registry/named.hpp"
#include "breaker/registry/parts.hpp"
#include "breaker/registry/settings.hpp"
#include "breaker/registry/sibling_look.hpp"
#include "breaker/registry/siblings.hpp"
#include "breaker/registry/summary.hpp"
#include "breaker/registry/view.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Circuits by key.
/// ```
/// breaker::Registry circuits{{.capacity = 1000, .for_prefix = {{"batch.", {.open_for = 5min}}}},
///                            breaker::FailureRate{{.threshold = 50_percent}}};
/// ```
/// `Circuit`: the type of a circuit that is made of these parts, deduced. A class member says
/// `RegistryOf<FailureRate<>>`.
///
/// **Thread safety** any thread may use any member at any time, from within a listener or for_each() too.
/// Finding is lock-free and writes nothing, except the first time after sweep() or an eviction; making,
/// erasing and reconfiguring take a lock.
/// **After fork** the child may go on finding and using the circuits that were there. If another
/// thread was making or erasing one at that moment, its lock stays held in the child: what makes or
/// erases there would wait for ever.
/// **As a static** it must not end before what is in flight: `static auto& circuits = *new Registry{…}`.
template <class Circuit = CircuitBreaker<>>
class Registry {
  using PartTypes = detail::PartsOf<Circuit>;

  struct Source;

 public:
  /// The policy of its circuits.
  using Policy = typename PartTypes::Policy;
  /// The right to make one call through one of its circuits.
  using Permit = typename PartTypes::Kept::Permit;

  // Not by `requires`: clang 14 forgets that where the type is deduced.
  /// `parts`: a clock, a policy, a classifier, a listener, each optional, in any order: each circuit
  /// gets copies. Of a listener that can't be copied, such as Counters, it gets a new one.
  /// **Throws** ConfigError naming the setting that is out of its range, before anything is made;
  /// what copying a part throws; std::bad_alloc.
  template <class... Parts, std::enable_if_t<(PartTypes::template takes<Parts> && ...), int> = 0>
  explicit Registry(RegistrySettings<Policy> settings, Parts... parts)
      : circuits_{std::move(settings), std::move(parts)...} {
    static_assert(detail::require_parts<Parts...>());
  }
  /// All settings and parts by default.
  Registry() : Registry{RegistrySettings<Policy>{}} {}

  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// **Requires** that no handle of it is used any more, and no permit of one of its circuits is left.
  ~Registry() = default;

  // ---- finding

  /// **Returns** the circuit of `key`, made now if it is not there; the overflow circuit if the capacity is
  /// used up, and nothing may go. For use in the same expression, see Named.
  /// **Throws** nothing if the key is there; else what copying a part throws, and std::bad_alloc.
  /// **Complexity** O(length of the key); allocates only when it makes a circuit.
  [[gnu::always_inline]] Named<Source> of(std::string_view key) {
    return {Source{circuits_, detail::KeyPieces(key)}, circuits_.ask(key)};
  }
  /// The same for the pieces put one after another: `circuits.of({scope, "/", operation})`. Nothing is
  /// allocated up to 128 bytes.
  Named<Source> of(std::initializer_list<std::string_view> pieces) {
    const Source source{circuits_, detail::KeyPieces(pieces)};
    return {source, source.look_up()};
  }

  /// **Returns** the circuit of `key`, to be kept: a handle. It is made now if it is not there.
  /// **Throws** as of().
  [[nodiscard]] Handle<Circuit> handle(std::string_view key) { return {circuits_, key}; }

  /// **Returns** what the circuit of `key` looks like, if there is one. Makes none.
  [[nodiscard]] std::optional<CircuitView<Circuit>> find(std::string_view key) const noexcept {
    return circuits_.find(key);
  }

  // ---- going

  /// Forget the circuit of `key`: whoever asks for the key next gets a new one. Calls in flight become
  /// stale. **Returns** whether there was one.
  bool erase(std::string_view key) noexcept { return circuits_.erase(key); }

  /// Erase the circuits at rest (closed, or open with the wait over) that nobody asked for since the last
  /// sweep, and mark the rest. Call it every T: a circuit goes after T to 2T without being asked for. A
  /// call in flight asks for nothing, so T is longer than the longest call.
  /// **Returns** how many went. **Complexity** O(places).
  std::size_t sweep() noexcept { return circuits_.sweep(); }

  /// Look at all circuits at once, and trip those that fail more than their siblings do, by more than chance:
  /// one of ten equal servers that is half dead, say. Call it every Siblings::look_every. Their circuits open as by
  /// trip(), with the reason `tripped`, as far as `at_most_open` lets them; those that are out are in nobody's pool. The policy, or a part of it, must be
  /// a FailureRate or BadCallRate in a time window, which counts all calls; else it does not compile.
  /// **Returns** those that it tripped, with the evidence, see describe(BadSibling). **Throws** ConfigError naming
  /// the setting that is out of its range; std::bad_alloc. **Complexity** O(places), and O(failures + circuits) for each
  /// that is suspected.
  std::vector<BadSibling> trip_bad_siblings(const Siblings& rule = {}) {
    return detail::SiblingLook<Circuit>{rule}.trip_bad_ones(circuits_);
  }

  // ---- new settings

  /// Take new settings, while calls go on. Makes, erases and closes no circuit: each that is there gets what
  /// the new settings say for its key, as by CircuitBreaker::reconfigure(); one that has that already is
  /// not touched. A key that is no more among `for_key` gets what the prefixes, or the rest, say.
  /// **Returns** what became of the circuits; of each its listener hears (on_reconfigured). **Throws**
  /// ConfigError naming the setting that is out of its range, or that can't change (capacity, seed,
  /// overflow_key); std::bad_alloc; then nothing has changed. **Thread safety** of two at a time, one waits
  /// for the other. A thread that makes a circuit waits; no call, and no look-up of one that is there.
  RegistryReconfigured reconfigure(RegistrySettings<Policy> settings) {
    return circuits_.reconfigure(std::move(settings));
  }

  // ---- looking

  /// Call `visit(std::string_view key, const CircuitView<Circuit>& circuit)` for each circuit but the
  /// overflow circuit, in no order. One that is made or erased meanwhile may be visited or not. The key is
  /// good during the visit. No lock is held. **Throws** what `visit` throws, std::bad_alloc.
  /// **Complexity** O(places).
  template <class Visit>
  void for_each(const Visit& visit) const {
    circuits_.visit_each(visit, [](const auto&) { return true; });
  }
  /// The same for the circuits whose state is not closed. Of one that is closed no more than a word is
  /// read.
  template <class Visit>
  void for_each_not_closed(const Visit& visit) const {
    circuits_.visit_each(visit,
                         [](const auto& circuit) { return circuit.state() != State::closed; });
  }

  /// Call `visit(std::string_view key, auto& circuit)` with the circuits themselves, each of its key when it is
  /// visited: for a fleet's agent, which gives advice. What is done to it later, or while the key is erased, is done
  /// to whoever has its place.
  template <class Visit>
  void for_each_in_place(const Visit& visit) {
    circuits_.visit_in_place(visit);
  }

  /// **Returns** how many circuits are in which state, and totals that never fall. Takes the lock.
  [[nodiscard]] RegistrySummary summary() const noexcept { return circuits_.summary(); }

  /// **Returns** how many keys have a circuit.
  [[nodiscard]] std::size_t size() const noexcept { return circuits_.house().size(); }
  /// **Returns** how many keys may have one at a time.
  [[nodiscard]] std::size_t capacity() const noexcept { return circuits_.house().capacity(); }
  /// **Returns** how many circuits were made, those made anew included. It and those below: since
  /// construction.
  [[nodiscard]] std::uint64_t made() const noexcept { return circuits_.house().made(); }
  /// **Returns** how many circuits had to go because the capacity was used up. If it rises all the time, the
  /// capacity is too small, or somebody makes up keys.
  [[nodiscard]] std::uint64_t evicted() const noexcept { return circuits_.house().evicted(); }
  /// **Returns** how often the overflow circuit was the answer.
  [[nodiscard]] std::uint64_t overflowed() const noexcept { return circuits_.house().overflowed(); }
  /// **Returns** how many trips were held back because no more circuits may be out, see
  /// RegistrySettings::at_most_open. After one, none is tried for 100 ms.
  [[nodiscard]] std::uint64_t held_back() const noexcept {
    return circuits_.house().limit().held_back();
  }
  /// **Returns** how many verdicts came when the circuit of their call had gone.
  [[nodiscard]] std::uint64_t late() const noexcept { return circuits_.house().late(); }

  /// **Returns** what the overflow circuit looks like: the one that new keys share when nothing may go.
  [[nodiscard]] CircuitView<Circuit> overflow() const noexcept { return circuits_.overflow(); }
  /// **Returns** its key: `of()` gives the circuit itself. Good for as long as the registry lives.
  [[nodiscard]] std::string_view overflow_key() const noexcept { return circuits_.overflow_key(); }

 private:
  /// Where an expression looks up what it asks for.
  struct Source {
    using Kept = typename PartTypes::Kept;
    detail::Circuits<Circuit>& circuits;
    detail::KeyPieces key;
    [[nodiscard]] detail::FoundLabel look_up() const {
      return key.with_text([this](std::string_view text) { return circuits.ask(text); });
    }
    template <class F>
    auto with_text(const F& f) const {
      return key.with_text(f);
    }
  };

  detail::Circuits<Circuit> circuits_;
};

/// The type of a registry whose circuits are made of these parts, in any order: for members.
/// `RegistryOf<FailureRate<>, AnyClock> circuits_;`
template <class... Parts>
using RegistryOf = Registry<detail::CircuitWith<Parts...>>;

/// The parts decide the type of the circuits. @{
Registry() -> Registry<>;
template <class... Parts>
Registry(RegistrySettings<
             typename detail::Pick<detail::PolicyRole, ConsecutiveFailures, Parts...>::type>,
         Parts...) -> Registry<detail::CircuitWith<Parts...>>;
/// @}

BREAKER_ABI_END
}  // namespace breaker
