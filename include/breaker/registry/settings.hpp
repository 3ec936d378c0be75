// RegistrySettings: what the circuits of a registry are made with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/base/config_error.hpp"
#include "breaker/base/entropy.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/policy/consecutive_failures.hpp"
#include "breaker/policy/protocol.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Settings for one key, or for all keys that begin so.
template <class Policy = ConsecutiveFailures>
struct SettingsFor {
  std::string key;                    ///< The key, or what keys begin with.
  Config config = {};                 ///< What their circuits are made with.
  std::optional<Policy> policy = {};  ///< The same; without one: the registry's.
};

/// What happens when a new key comes, and the capacity is used up.
enum class WhenFull : std::uint8_t {
  /// A circuit that is closed, has counted no failure and has no backoff to go on with goes, one that nobody
  /// asked for first; if there is none, another that is closed, or whose wait is over, and that nobody asked
  /// for since a new key came last. Never one that waits, or is half-open, forced open or disabled. If
  /// none may go, the new key shares the overflow circuit.
  evict,
  overflow,  ///< All new keys share the overflow circuit.
};

/// Settings of a registry: a value, which a program may also make from its config file.
template <class Policy = ConsecutiveFailures>
struct RegistrySettings {
  /// How many keys have a circuit at a time. Costs two pointers each from the beginning: 16 bytes on a
  /// machine of 64 bits. Range: 1 to 10^9. Not to be reconfigured. Default: 10 000.
  int capacity = 10'000;
  /// What a circuit is made with, unless one of the next three says otherwise.
  Config config = {};
  /// Default: the policy that was given to the registry as a part, else one by default.
  std::optional<Policy> policy = {};
  /// Settings for single keys. Of two for the same key the first counts.
  std::vector<SettingsFor<Policy>> for_key = {};
  /// Settings for all keys that begin with `SettingsFor::key`. The longest that fits counts, of two that
  /// are the same the first, and `for_key` before any.
  std::vector<SettingsFor<Policy>> for_prefix = {};
  /// What a new key does when the capacity is used up. Default: evict.
  WhenFull when_full = WhenFull::evict;
  /// No larger share of the circuits is out (open, half-open or forced open) because of a policy, or of
  /// trip_bad_siblings(); one may be. A policy's trip beyond that is held back: the circuit stays closed, and trips
  /// at a later failure, when there is room. Once the limit was reached, there is room again when a quarter of it is
  /// free. What is opened by hand, or because an answer says so (Judgement::trip), always opens, and a recovery that
  /// fails opens again. The overflow circuit is not among them. Range: above 0, up to 100 %; needs a capacity of
  /// 10^6 or less. Default: none, all may be out.
  std::optional<Ratio> at_most_open = {};
  /// Seeds the hash. 0: each registry draws one from the system, so that nobody who sends you keys
  /// can choose them to meet in the table. Any other value: repeatable, for tests. Not to be
  /// reconfigured. Default: 0.
  std::uint64_t seed = 0;
  /// The key of the overflow circuit; asking for it gives that circuit. Not to be reconfigured. Default:
  /// "(overflow)".
  std::string overflow_key = "(overflow)";
};

/// What became of the circuits of a registry that was reconfigured, see Registry::reconfigure().
struct RegistryReconfigured {
  std::size_t unchanged;         ///< Had the same settings already; not touched.
  std::size_t changed;           ///< Took new ones: the sum of the next two.
  std::size_t evidence_kept;     ///< What they had counted holds under the new settings.
  std::size_t evidence_cleared;  ///< They count anew, if they were closed.

  friend bool operator==(const RegistryReconfigured&, const RegistryReconfigured&) = default;
};

namespace detail {

/// **Returns** what the hash of a registry at `where` begins with.
template <class Policy>
std::uint64_t seed_of(const RegistrySettings<Policy>& settings, const void* where) {
  if (settings.seed != 0) return settings.seed;
  return detail::draw_entropy(reinterpret_cast<std::uintptr_t>(where));
}

/// What one circuit is made with.
template <class Policy>
struct CircuitSettings {
  Config config;
  Policy policy;
};

/// Settings that were found valid, sorted, so that a key's are found by search.
template <class Policy>
class SettingsBook {
 public:
  /// `usual`: the policy where the settings name none. **Throws** ConfigError naming the setting that is
  /// out of its range; std::bad_alloc.
  SettingsBook(RegistrySettings<Policy> settings, const Policy& usual)
      : settings_{std::move(settings)}, usual_{settings_.policy.value_or(usual)} {
    detail::require_setting(settings_.capacity >= 1 && settings_.capacity <= 1'000'000'000,
                            "RegistrySettings.capacity", settings_.capacity, "1 to 10^9");
    if (settings_.at_most_open) require_share(*settings_.at_most_open);
    validate(settings_.config);
    detail::require_policy(usual_);
    sort(settings_.for_key);
    sort(settings_.for_prefix);
  }

  [[nodiscard]] const RegistrySettings<Policy>& all() const noexcept { return settings_; }

  /// **Returns** what the circuit of `key` is made with. **Complexity** O(length · log of the number of
  /// prefixes).
  [[nodiscard]] CircuitSettings<Policy> of(std::string_view key) const noexcept {
    const SettingsFor<Policy>* found = search(settings_.for_key, key);
    const std::size_t longest = key.size() < longest_prefix_ ? key.size() : longest_prefix_;
    for (std::size_t size = longest + 1; found == nullptr && size > 0;)
      found = search(settings_.for_prefix, key.substr(0, --size));
    if (found == nullptr) return {settings_.config, usual_};
    return {found->config, found->policy.value_or(usual_)};
  }

  /// **Throws** ConfigError naming the setting that can't change.
  void require_same(const RegistrySettings<Policy>& had) const {
    detail::require_setting(settings_.capacity == had.capacity, "RegistrySettings.capacity",
                            settings_.capacity, "the one that the registry was made with");
    detail::require_setting(settings_.seed == had.seed, "RegistrySettings.seed",
                            static_cast<std::int64_t>(settings_.seed),
                            "the one that the registry was made with");
    detail::require_setting(settings_.overflow_key == had.overflow_key,
                            "RegistrySettings.overflow_key",
                            static_cast<std::int64_t>(settings_.overflow_key.size()),
                            "the one that the registry was made with (shown: its length)");
  }

 private:
  void require_share(Ratio most) const {
    detail::require_setting(most.is_share(), "RegistrySettings.at_most_open", most.part(),
                            "a share above 0 and up to 1 (shown: its numerator)");
    detail::require_setting(settings_.capacity <= 1'000'000, "RegistrySettings.capacity",
                            settings_.capacity, "1 to 10^6 with at_most_open");
  }

  using Row = std::vector<SettingsFor<Policy>>;

  void sort(Row& row) {
    for (const SettingsFor<Policy>& one : row) {
      validate(one.config);
      if (one.policy) detail::require_policy(*one.policy);
    }
    Row sorted;  // by inserting: of two for the same key the first stays
    for (SettingsFor<Policy>& one : row) {
      if (&row == &settings_.for_prefix && one.key.size() > longest_prefix_)
        longest_prefix_ = one.key.size();
      const auto place = first(sorted, one.key);
      if (place != sorted.end() && place->key == one.key) continue;
      sorted.insert(place, std::move(one));
    }
    row = std::move(sorted);
  }

  /// **Returns** where the settings begin that are for `key`, or for a greater one. By hand:
  /// `<algorithm>` costs whoever includes this more than the registry.
  static typename Row::const_iterator first(const Row& row, std::string_view key) noexcept {
    auto begin = row.begin();
    for (auto size = row.size(); size > 0;) {
      const auto half = size / 2;
      const auto middle = begin + static_cast<std::ptrdiff_t>(half);
      const bool is_less = middle->key < key;
      if (is_less) begin = middle + 1;
      size = is_less ? size - half - 1 : half;
    }
    return begin;
  }

  /// **Returns** the settings for `key`, or null.
  static const SettingsFor<Policy>* search(const Row& row, std::string_view key) noexcept {
    const auto found = first(row, key);
    return found != row.end() && found->key == key ? &*found : nullptr;
  }

  RegistrySettings<Policy> settings_;
  Policy usual_;
  std::size_t longest_prefix_ = 0;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
