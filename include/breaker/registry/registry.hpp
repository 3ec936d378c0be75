// Registry: one circuit breaker for each key, made when the key is first asked for.
//
// A service talks to hundreds of endpoints; each needs a circuit of its own, or one bad endpoint
// blocks them all. A registry finds the circuit of a key without a lock and without a count: two
// threads that look up the same key write nothing.
//
//   breaker::Registry circuits{{.capacity = 1000, .config = {.open_for = 30s}}};
//   Price price = circuits.of(host).call([&] { return fetch(host); }, last_known);
//
// What it promises:
//  - **One circuit for a key.** Whoever asks for a key gets the same circuit, in a race too. The
//    factory runs without any lock, so in a race it may run more than once; what came second is
//    destroyed without anybody having seen it.
//  - **Nobody waits for the factory**, or for any other user code. One that throws leaves nothing
//    behind: the exception reaches the caller, the next one tries again.
//  - **Bounded.** At most `capacity` circuits are made. Then keys that are new share one more, the
//    overflow circuit, and `overflowed()` counts how often: raise the capacity, or look for what makes
//    up keys.
//  - **References stay.** A circuit lives as long as the registry, an erased one too, so that
//    references and permits in use stay valid. An erased circuit keeps its place: `capacity` counts
//    it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "breaker/base/atomic.hpp"
#include "breaker/base/config_error.hpp"
#include "breaker/base/mutex.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/name.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/config.hpp"
#include "breaker/registry/key_hash.hpp"
#include "breaker/registry/key_table.hpp"
#include "breaker/registry/slabs.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// A config for one key, or for all keys that begin so.
struct ConfigFor {
  std::string key;  ///< The key, or what keys begin with.
  Config config;    ///< What their circuits are made with.
};

/// Settings of a registry.
struct RegistrySettings {
  /// The most circuits that are made, erased ones included. Costs two pointers each from the
  /// beginning: 16 bytes on a machine of 64 bits. Range: 1 to 10^9. Default: 10 000.
  int capacity = 10'000;
  /// What a circuit is made with, unless one of the next two says otherwise.
  Config config = {};
  /// Configs for single keys. Of two for the same key the first counts.
  std::vector<ConfigFor> for_key = {};
  /// Configs for all keys that begin with `ConfigFor::key`. The longest that fits counts, of two that
  /// are the same the first, and `for_key` before any.
  std::vector<ConfigFor> for_prefix = {};
  /// Seeds the hash. 0: each registry draws one from the system, so that nobody who sends you keys
  /// can choose them to meet in the table. Any other value: repeatable, for tests. Default: 0.
  std::uint64_t seed = 0;
  /// The key that the overflow circuit is made for; asking for it gives that circuit. Default:
  /// "(overflow)".
  std::string overflow_key = "(overflow)";
};

namespace detail {

/// **Returns** what the hash of a registry begins with.
inline std::uint64_t seed_of(const RegistrySettings& settings) {
  if (settings.seed != 0) return settings.seed;
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

/// A factory, whatever its type: it is called when a circuit is made, never when one is found.
template <class Breaker>
class Maker {
 public:
  Maker() = default;
  Maker(const Maker&) = delete;
  Maker& operator=(const Maker&) = delete;
  virtual ~Maker() = default;
  [[nodiscard]] virtual Breaker make(std::string_view key, const Config& config) const = 0;
};

template <class Breaker, class Factory>
class MakerWith final : public Maker<Breaker> {
 public:
  explicit MakerWith(Factory factory) : factory_{std::move(factory)} {}
  Breaker make(std::string_view key, const Config& config) const override {
    return factory_(key, config);
  }

 private:
  const Factory factory_;
};

}  // namespace detail

/// Circuits by key.
/// ```
/// breaker::Registry circuits{{.capacity = 1000, .for_prefix = {{"batch.", {.open_for = 5min}}}},
///                            [](std::string_view, const breaker::Config& config) {
///                              return breaker::CircuitBreaker{config, breaker::ConsecutiveFailures{3}};
///                            }};
/// ```
/// `Breaker`: what the factory returns, deduced; it need not be movable. A class member says
/// `Registry<MyCircuit>`, with `using MyCircuit = CircuitBreaker<Clock, Policy, …>`.
///
/// **Thread safety** any thread may use any member, from within a factory, a listener or for_each()
/// too. Finding is lock-free and writes nothing; making and erasing take a lock, under which none of
/// your code runs.
/// **After fork** the child may go on finding and using the circuits that were there. If another
/// thread was making or erasing one at that moment, its lock stays held in the child: what makes or
/// erases there would wait for ever.
template <class Breaker = NamedCircuit>
class Registry {
 public:
  /// `factory`: called as `factory(key, config)`, by several threads at a time, returns the circuit
  /// for `key`; the `config` is the one that the settings have for it. Refusals say the key if it gives
  /// the circuit the part `named(key)`. It may be called for a key
  /// again: in a race, after an erase, after it threw.
  /// **Throws** ConfigError naming the setting that is out of its range, before anything is made;
  /// what the factory throws, as the overflow circuit is made here; std::bad_alloc.
  template <class Factory>
    requires std::is_same_v<Breaker,
                            std::invoke_result_t<const Factory&, std::string_view, const Config&>>
  Registry(RegistrySettings settings, Factory factory)
      : settings_{validated(std::move(settings))},
        maker_{std::make_unique<detail::MakerWith<Breaker, Factory>>(std::move(factory))},
        overflow_{
            new Breaker(maker_->make(settings_.overflow_key, config_of(settings_.overflow_key)))},
        hash_{detail::seed_of(settings_)},
        table_{capacity()},
        places_{capacity() < places_at_a_time ? capacity() : places_at_a_time} {}

  /// Circuits are made from their config alone, and of the type NamedCircuit also from their key.
  explicit Registry(RegistrySettings settings = {})
    requires std::is_constructible_v<Breaker, const Config&>
      : Registry{std::move(settings),
                 []([[maybe_unused]] std::string_view key, const Config& config) {
                   if constexpr (std::is_same_v<Breaker, NamedCircuit>) {
                     return Breaker(config, named(key));
                   } else {
                     return Breaker(config);
                   }
                 }} {}

  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// **Requires** that no circuit of it is used any more, and no permit of one is left.
  ~Registry() {
    for (const Entry* entry = table_.oldest(); entry != nullptr; entry = entry->next()) {
      std::destroy_at(&entry->value());
    }
  }

  /// **Returns** the circuit of `key`, made now if nobody asked for the key before; the overflow
  /// circuit if the key is new and the capacity used up. Good for as long as the registry lives: who
  /// calls one endpoint often may keep the reference and look up no more.
  /// **Throws** nothing if the key is there; else what the factory throws, and std::bad_alloc.
  /// **Complexity** O(length of the key); allocates only when it makes a circuit.
  Breaker& of(std::string_view key) {
    const std::uint64_t hash = hash_(key);
    if (const Entry* const entry = table_.find(key, hash)) [[likely]]
      return entry->value();
    return make(key, hash);
  }

  /// **Returns** the circuit of `key`, or null. Makes none. @{
  [[nodiscard]] Breaker* find(std::string_view key) noexcept { return look_up(key); }
  [[nodiscard]] const Breaker* find(std::string_view key) const noexcept { return look_up(key); }
  /// @}

  /// Forget the circuit of `key`: whoever asks for the key next gets a new one. The old one lives
  /// on, for those who still use it, until the registry ends, and its place is not used again.
  /// **Returns** whether there was one.
  bool erase(std::string_view key) noexcept {
    const std::uint64_t hash = hash_(key);
    const detail::Lock lock{mutex_};
    Entry* const entry = table_.find(key, hash);
    if (entry == nullptr) return false;
    table_.erase(*entry);
    size_.fetch_add(-1, detail::relaxed);
    return true;
  }

  /// Call `visit(std::string_view key, Breaker& circuit)` for each circuit except the overflow circuit,
  /// in the order in which they were made. One that is made or erased meanwhile may be visited or
  /// not. The key is good for as long as the registry lives.
  /// **Throws** what `visit` throws. **Complexity** O(circuits made).
  template <class Visit>
  void for_each(const Visit& visit) {
    for (const Entry* entry = table_.oldest(); entry != nullptr; entry = entry->next()) {
      if (!entry->is_erased()) visit(entry->key(), entry->value());
    }
  }
  /// The same, for circuits that are only looked at.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Entry* entry = table_.oldest(); entry != nullptr; entry = entry->next()) {
      if (!entry->is_erased()) visit(entry->key(), std::as_const(entry->value()));
    }
  }

  /// **Returns** how many keys have a circuit.
  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(size_.load(detail::relaxed));
  }

  /// **Returns** how many circuits may be made.
  [[nodiscard]] std::size_t capacity() const noexcept {
    return static_cast<std::size_t>(settings_.capacity);
  }
  /// **Returns** how many circuits were made, those of erased keys too.
  [[nodiscard]] std::size_t made() const noexcept { return made_.load(detail::relaxed); }

  /// **Returns** the circuit that new keys share once the capacity is used up. @{
  [[nodiscard]] Breaker& overflow() noexcept { return *overflow_; }
  [[nodiscard]] const Breaker& overflow() const noexcept { return *overflow_; }
  /// @}

  /// **Returns** the key of that circuit.
  [[nodiscard]] std::string_view overflow_key() const noexcept { return settings_.overflow_key; }

  /// **Returns** how often of() had to answer with the overflow circuit, since construction.
  [[nodiscard]] std::uint64_t overflowed() const noexcept {
    return overflowed_.load(detail::relaxed);
  }

 private:
  using Entry = typename detail::KeyTable<Breaker>::Entry;

  static constexpr std::size_t places_at_a_time = 64;

  static RegistrySettings validated(RegistrySettings settings) {
    detail::require_setting(settings.capacity >= 1 && settings.capacity <= 1'000'000'000,
                            "RegistrySettings.capacity", settings.capacity, "1 to 10^9");
    validate(settings.config);
    for (const ConfigFor& one : settings.for_key) validate(one.config);
    for (const ConfigFor& one : settings.for_prefix) validate(one.config);
    return settings;
  }

  [[nodiscard]] const Config& config_of(std::string_view key) const noexcept {
    for (const ConfigFor& one : settings_.for_key) {
      if (one.key == key) return one.config;
    }
    const ConfigFor* best = nullptr;
    for (const ConfigFor& one : settings_.for_prefix) {
      if (key.starts_with(one.key) && (best == nullptr || one.key.size() > best->key.size()))
        best = &one;
    }
    return best == nullptr ? settings_.config : best->config;
  }

  [[nodiscard]] Breaker* look_up(std::string_view key) const noexcept {
    if (const Entry* const entry = table_.find(key, hash_(key))) return &entry->value();
    return key == settings_.overflow_key ? overflow_.get() : nullptr;
  }

  /// A circuit that nobody has seen yet. Unless it is published it goes away again. Both ends of it
  /// run code of the user's, so the lock is taken for its place only.
  class Draft {
   public:
    explicit Draft(Registry& registry) : registry_{registry} {
      const detail::Lock lock{registry_.mutex_};
      place_ = registry_.places_.take();
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    ~Draft() {
      if (place_ == nullptr) return;
      if (circuit_ != nullptr) std::destroy_at(circuit_);
      const detail::Lock lock{registry_.mutex_};
      registry_.places_.give_back(place_);
    }

    void make(std::string_view key) {
      circuit_ = ::new (place_) Breaker(registry_.maker_->make(key, registry_.config_of(key)));
    }
    Breaker& publish(std::string_view key, std::uint64_t hash) {
      registry_.table_.insert(key, hash, *circuit_);
      place_ = nullptr;
      return *circuit_;
    }

   private:
    Registry& registry_;
    void* place_ = nullptr;
    Breaker* circuit_ = nullptr;
  };

  [[gnu::noinline]] Breaker& make(std::string_view key, std::uint64_t hash) {
    // Acquire: pairs with the release in publish. When everything is made, the key is there or never
    // will be.
    if (made_.load(detail::acquire) == capacity()) return find_or_overflow(key);
    if (key == settings_.overflow_key) return *overflow_;
    Draft draft{*this};
    draft.make(key);
    return publish(draft, key, hash);
  }

  Breaker& publish(Draft& draft, std::string_view key, std::uint64_t hash) {
    const detail::Lock lock{mutex_};
    const std::size_t made = made_.load(detail::relaxed);
    if (made == capacity() || table_.find(key, hash) != nullptr) return find_or_overflow(key);
    Breaker& circuit = draft.publish(key, hash);
    size_.fetch_add(1, detail::relaxed);
    made_.store(made + 1, detail::release);
    return circuit;
  }

  Breaker& find_or_overflow(std::string_view key) noexcept {
    if (Breaker* const found = look_up(key)) return *found;
    overflowed_.fetch_add(1, detail::relaxed);
    return *overflow_;
  }

  const RegistrySettings settings_;
  const std::unique_ptr<const detail::Maker<Breaker>> maker_;
  const std::unique_ptr<Breaker> overflow_;
  const detail::KeyHash hash_;
  detail::KeyTable<Breaker> table_;  // written under mutex_, read without
  // What is written stands on other lines than what every look-up reads.
  alignas(2 * detail::cache_line) detail::Mutex mutex_;
  detail::Places<Breaker> places_;               // guarded by mutex_
  detail::Atomic<std::size_t> made_{0};          // says that the table is complete, once it is
  detail::Atomic<std::int64_t> size_{0};         // guards nothing
  detail::Atomic<std::uint64_t> overflowed_{0};  // guards nothing
};

template <class Factory>
Registry(RegistrySettings, Factory)
    -> Registry<std::invoke_result_t<const Factory&, std::string_view, const Config&>>;

BREAKER_ABI_END
}  // namespace breaker
