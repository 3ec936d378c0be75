// SharedCircuits: circuits by name, shared by the processes of one host.
//
// A service that runs as many workers learns of an outage in each of them: twelve workers pay for dozens of
// doomed calls and a dozen probes, where one circuit would let a handful pass. Here all of them use one.
//
//   breaker::SharedCircuits circuits{"/run/shop/circuits", {.capacity = 200, .config = {.open_for = 10s}},
//                                    breaker::ConsecutiveFailures{5}};
//   Price price = circuits.of("payments").call(fetch, last_known);
//
// What it promises:
//  - **Any process may be killed at any instruction.** No lock, no owner and no "being made" is in the file.
//    A probe that died gives way when its lease is over: set `probe_lease`.
//  - **The price of a private circuit.** A call does the same instructions.
//  - **Whole or not at all.** The file gets its name once every circuit in it is made.
//  - **No wrong file.** What was made by others, otherwise or before this boot is refused, in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>  // IWYU pragma: keep
#include <string_view>

#include "breaker/base/atomic.hpp"
#include "breaker/base/config_error.hpp"
#include "breaker/base/entropy.hpp"
#include "breaker/base/version.hpp"
#include "breaker/clock.hpp"
#include "breaker/config.hpp"
#include "breaker/core/parts.hpp"
#include "breaker/policy/consecutive_failures.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/shared_memory/attach.hpp"
#include "breaker/shared_memory/circuit.hpp"
#include "breaker/shared_memory/error.hpp"  // IWYU pragma: export
#include "breaker/shared_memory/file.hpp"
#include "breaker/shared_memory/fingerprint.hpp"
#include "breaker/shared_memory/head.hpp"
#include "breaker/shared_memory/host.hpp"
#include "breaker/shared_memory/key.hpp"
#include "breaker/shared_memory/table.hpp"
#include "breaker/shared_memory/threads.hpp"
#include "breaker/shared_memory/watch.hpp"  // IWYU pragma: export

namespace breaker {
BREAKER_ABI_BEGIN

/// What becomes of a file that is there and does not fit.
enum class IfOther : std::uint8_t {
  refuse,  ///< It stays, and SharedMemoryError says what does not fit.
  /// One that fits takes its place, if the other is of other settings or parts, of another version of the
  /// library, or from before this boot. A process attached to the old one keeps it to the end: workers of the
  /// old release and of the new each have their own circuits. What is no file of circuits, or is another
  /// user's, or in another time namespace, is refused all the same.
  replace,
};

/// Settings of SharedCircuits. All but `mode` and `if_other` must be the same in each process.
struct SharedSettings {
  /// How many keys get a circuit of their own; a few more, where processes make them at the same moment. Each
  /// takes room from the beginning: 250 bytes if the policy counts in the state word. Range: 1 to 10^7.
  /// Default: 1000.
  int capacity = 1000;
  /// What every circuit is made with. `probe_lease` is how long a probe that was killed delays the recovery;
  /// its default, `open_for`, is long.
  Config config = {};
  /// Who may open the file: the bits that chmod takes, reading and writing by the owner among them. Who
  /// maps it can break every circuit in it. Default: 0600.
  unsigned mode = 0600;
  /// What becomes of a file that does not fit. Default: refused.
  IfOther if_other = IfOther::refuse;
};

/// Circuits by key, in a file that processes map: on /dev/shm, or better in a folder of the service's own
/// below /run, which goes when the service goes (systemd: `RuntimeDirectory=`).
///
/// `Parts`: of which types the clock, policy, classifier and listener are, as CircuitOf takes them; deduced.
/// Each must be shareable, see is_shareable. A circuit is called by its key, also in its refusals.
///
/// **Thread safety** any thread of any process may use any member. None waits for another, but the
/// constructor and remove() for whoever replaces or removes the same file.
/// **After fork** the child may go on using it. A permit that is out at that moment is in both: only one of
/// them may settle it, and the other must end without its destructor.
template <class... Parts>
class SharedCircuits {
 public:
  /// What of() hands out.
  using Circuit = SharedCircuit<Parts...>;

  /// Attach the file at `path`, or make it. `parts`: as a circuit takes them; each circuit has copies, of
  /// Counters its own.
  /// **Throws** ConfigError naming the setting that is out of its range; SharedMemoryError if the file can't
  /// be made, or does not fit. **Complexity** O(capacity) for the process that makes it, else O(1).
  template <class... Given>
  explicit SharedCircuits(const char* path, const SharedSettings& settings = {},
                          const Given&... parts)
      : mapping_{attached(path, settings, parts...)},
        table_{head(), tags_in(mapping_.memory()), &slots()[1]} {
    detail::number_threads_by(head());
  }

  SharedCircuits(const SharedCircuits&) = delete;
  SharedCircuits& operator=(const SharedCircuits&) = delete;

  /// The circuits live on, for other processes and for who attaches later.
  /// **Requires** that this process uses none of them any more, and has no permit of one.
  ~SharedCircuits() { detail::number_threads_without(head()); }

  /// **Returns** the circuit of `key`, good for as long as this object: code that calls one endpoint often
  /// keeps the reference. If the capacity is used up, or the key is longer than 63 bytes or no text in UTF-8
  /// (it has a byte 0 or 255), that is the overflow circuit. Neither waits nor allocates. **Complexity** O(1)
  /// on average.
  Circuit& of(std::string_view key) noexcept {
    if (key.size() <= detail::KeyWords::longest) [[likely]] {
      if (Circuit* const circuit = table_.find(key)) [[likely]]
        return *circuit;
    }
    return make(key);
  }

  /// **Returns** the circuit of `key`, or null. Makes none.
  [[nodiscard]] Circuit* find(std::string_view key) noexcept {
    if (key == overflow_key()) return &overflow();
    return key.size() <= detail::KeyWords::longest ? table_.find(key) : nullptr;
  }

  /// Call `visit(std::string_view key, Circuit& circuit)` for each circuit that has a key, in no order. One
  /// that gets its key meanwhile may be visited or not. **Throws** what `visit` throws. **Complexity**
  /// O(capacity).
  template <class Visit>
  void for_each(const Visit& visit) {
    for (std::uint32_t i = 1; i <= label().slots; ++i) {
      if (const std::string_view key = slots()[i].key().text(); key.data() != nullptr)
        visit(key, slots()[i]);
    }
  }
  /// The same, for circuits that are only looked at: each as a `const CircuitBreaker&`.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (std::uint32_t i = 1; i <= label().slots; ++i) {
      if (const std::string_view key = slots()[i].key().text(); key.data() != nullptr)
        visit(key, slots()[i].as_const());
    }
  }

  /// **Returns** how many keys have a circuit. A process that was killed while it made a key may have left
  /// it one off.
  [[nodiscard]] std::size_t size() const noexcept { return head().made.load(detail::relaxed); }
  /// **Returns** the same: keys are not erased.
  [[nodiscard]] std::size_t made() const noexcept { return size(); }
  /// **Returns** how many keys get a circuit of their own.
  [[nodiscard]] std::size_t capacity() const noexcept { return label().capacity; }
  /// **Returns** how often of() had to answer with the overflow circuit, in all processes.
  [[nodiscard]] std::uint64_t overflowed() const noexcept {
    return head().overflowed.load(detail::relaxed);
  }

  /// **Returns** the circuit that keys share which get none of their own. @{
  [[nodiscard]] Circuit& overflow() noexcept { return slots()[0]; }
  [[nodiscard]] const auto& overflow() const noexcept { return slots()[0].as_const(); }
  /// @}
  /// **Returns** the key of that circuit.
  [[nodiscard]] static constexpr std::string_view overflow_key() noexcept { return "(overflow)"; }

  /// Remove the file at `path`: the next process makes a new one. Those attached go on with the old.
  /// **Returns** whether there was one, and it could be removed.
  static bool remove(const char* path) noexcept { return detail::remove_shared(path); }

 private:
  using Policy = typename detail::Pick<detail::PolicyRole, ConsecutiveFailures, Parts...>::type;
  using Clock = typename detail::Pick<detail::ClockRole, SteadyClock, Parts...>::type;

  using Table = detail::SharedTable<Circuit>;

  /// **Returns** the circuit of a key that is not there yet, or shares one.
  [[gnu::noinline]] Circuit& make(std::string_view key) noexcept {
    if (key == overflow_key()) return overflow();
    if (detail::KeyWords::may_be(key)) {
      if (Circuit* const circuit = table_.make(key)) return *circuit;
    }
    head().overflowed.fetch_add(1, detail::relaxed);
    return overflow();
  }

  /// **Returns** where the circuits begin: behind the head and the tags.
  static constexpr std::size_t slots_at(std::size_t slots) noexcept {
    const std::size_t before = sizeof(detail::SharedHead) + slots * sizeof(typename Table::Tag);
    return (before + alignof(Circuit) - 1) / alignof(Circuit) * alignof(Circuit);
  }

  [[nodiscard]] detail::SharedHead& head() const noexcept {
    return *static_cast<detail::SharedHead*>(mapping_.memory());
  }
  [[nodiscard]] const detail::SharedLabel& label() const noexcept { return head().label; }
  static typename Table::Tag* tags_in(void* memory) noexcept {
    return reinterpret_cast<typename Table::Tag*>(static_cast<std::byte*>(memory) +
                                                  sizeof(detail::SharedHead));
  }
  /// The first one is the overflow circuit.
  static Circuit* slots_in(void* memory, std::size_t slots) noexcept {
    return reinterpret_cast<Circuit*>(static_cast<std::byte*>(memory) + slots_at(slots));
  }
  [[nodiscard]] Circuit* slots() const noexcept {
    return slots_in(mapping_.memory(), label().slots);
  }

  /// **Returns** what a file of this process would say of itself.
  static detail::SharedLabel label_of(const char* path, const SharedSettings& settings,
                                      const Policy& policy) {
    detail::require_setting(settings.capacity >= 1 && settings.capacity <= 10'000'000,
                            "SharedSettings.capacity", settings.capacity, "1 to 10^7");
    detail::require_setting((settings.mode & ~0777U) == 0 && (settings.mode & 0600) == 0600,
                            "SharedSettings.mode", settings.mode,
                            "0600 (shown: 384) with more of 0777, or without");
    validate(settings.config);
    detail::require_policy(policy);
    detail::SharedLabel label;
    label.capacity = static_cast<std::uint32_t>(settings.capacity);
    label.slots = detail::shared_slots(label.capacity);
    label.circuit_size = sizeof(Circuit);
    label.circuit_alignment = alignof(Circuit);
    label.file_size = slots_at(label.slots) + (label.slots + std::uint64_t{1}) * sizeof(Circuit);
    label.settings = detail::fingerprint_of<Clock>(settings.config, policy);
    label.host = detail::Host::of_this_process(path);
    return label;
  }

  /// Make head and circuits in new memory.
  template <class... Given>
  static void fill(void* memory, const SharedSettings& settings, const detail::SharedLabel& label,
                   const Given&... parts) {
    auto* const head = ::new (memory) detail::SharedHead;
    head->label = label;
    head->label.hash_seed = detail::draw_entropy(0);
    head->label.hash_of_text = detail::SharedLabel::hash_with(head->label.hash_seed);
    for (std::uint32_t i = 0; i < label.slots; ++i)
      ::new (&tags_in(memory)[i]) typename Table::Tag{0};
    Circuit* const slots = slots_in(memory, label.slots);
    for (std::uint32_t i = 0; i <= label.slots; ++i)
      ::new (&slots[i]) Circuit(settings.config, detail::again(parts)...);
    slots[0].key().complete(overflow_key());
  }

  /// **Returns** the file at `path`, made if there is none.
  template <class... Given>
  static detail::Mapping attached(const char* path, const SharedSettings& settings,
                                  const Given&... parts) {
    const auto own = label_of(path, settings, detail::take<detail::PolicyRole, Policy>(parts...));
    return detail::attach_or_make(path, own, settings.mode, settings.if_other == IfOther::replace,
                                  [&](void* memory) { fill(memory, settings, own, parts...); });
  }

  detail::Mapping mapping_;
  Table table_;
};

template <class... Parts>
SharedCircuits(const char*, SharedSettings, Parts...) -> SharedCircuits<Parts...>;
SharedCircuits(const char*) -> SharedCircuits<>;

BREAKER_ABI_END
}  // namespace breaker
