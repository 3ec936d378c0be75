// from_pairs: settings from keys and values, as YAML, JSON or an environment has them.
//
//   std::map<std::string, std::string> entries = …;  // {"trip": "5 failures in 10 s", "open_for": "30 s"}
//   auto quotes = breaker::circuit(breaker::from_pairs(entries).value());  // <breaker/text/circuit.hpp>
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "breaker/base/version.hpp"
#include "breaker/text/clauses.hpp"
#include "breaker/text/cursor.hpp"
#include "breaker/text/grammar.hpp"
#include "breaker/text/sentence.hpp"
#include "breaker/text/settings.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// What a key stands for, and how its value is read.
struct Key {
  std::string_view name;
  const char* expected;  // where a similar one was written
  bool (*read)(Clauses& clauses, Reader& reader, Settings& settings);
};

constexpr bool read_yes_or_no(Reader& reader, bool& is_so) noexcept {
  const std::size_t at = reader.cursor().at();
  is_so = reader.cursor().take("true") || reader.cursor().take("yes");
  return is_so || reader.cursor().take("false") || reader.cursor().take("no") ||
         reader.wrong(at, "true or false");
}

inline constexpr Key keys[] = {
    {"breaker", "the key breaker",
     [](Clauses& clauses, Reader&, Settings& settings) { return clauses.sentence(settings); }},
    {"trip", "the key trip",
     [](Clauses&, Reader& reader, Settings& settings) { return reader.rules(settings.rules); }},
    {"open_for", "the key open_for",
     [](Clauses& clauses, Reader&, Settings&) { return clauses.open_for(); }},
    {"backoff_factor", "the key backoff_factor",
     [](Clauses& clauses, Reader&, Settings&) { return clauses.factor(); }},
    {"backoff_max", "the key backoff_max",
     [](Clauses& clauses, Reader&, Settings&) { return clauses.longest_wait(); }},
    {"jitter", "the key jitter",
     [](Clauses& clauses, Reader&, Settings&) { return clauses.jitter(); }},
    {"probes", "the key probes",
     [](Clauses& clauses, Reader&, Settings&) { return clauses.probes(); }},
    {"close_after", "the key close_after",
     [](Clauses& clauses, Reader&, Settings&) { return clauses.close_after(); }},
    {"reopen_after", "the key reopen_after",
     [](Clauses& clauses, Reader&, Settings&) { return clauses.reopen_after(); }},
    {"probe_lease", "the key probe_lease",
     [](Clauses& clauses, Reader&, Settings&) { return clauses.lease(); }},
    {"slow_start", "the key slow_start",
     [](Clauses& clauses, Reader& reader, Settings&) {
       bool is_slow = false;
       return detail::read_yes_or_no(reader, is_slow) && (!is_slow || clauses.slow_start());
     }},
    {"retry_after_max", "the key retry_after_max",
     [](Clauses& clauses, Reader&, Settings&) { return clauses.retry_after(); }},
    {"mode", "the key mode",
     [](Clauses& clauses, Reader& reader, Settings&) {
       if (reader.cursor().take("enforce")) return true;
       const std::size_t at = reader.cursor().at();
       return reader.cursor().take("shadow") ? clauses.shadow()
                                             : reader.wrong(at, "enforce or shadow");
     }},
    {"normal", "the key normal",
     [](Clauses& clauses, Reader&, Settings&) { return clauses.normally(); }},
    {"calls_per_second", "the key calls_per_second",
     [](Clauses& clauses, Reader&, Settings&) { return clauses.calls_per_second(false); }},
    {"name", "the key name", [](Clauses& clauses, Reader&, Settings&) { return clauses.named(); }},
};
inline constexpr std::size_t key_count = sizeof keys / sizeof keys[0];

/// **Returns** the number of a key; `key_count`: there is none of that name.
constexpr std::size_t key_of(std::string_view name) noexcept {
  std::size_t i = 0;
  while (i != key_count && keys[i].name != name) ++i;
  return i;
}

/// **Returns** how many letters two names do not share at their ends: a rough distance.
constexpr std::size_t distance(std::string_view one, std::string_view other) noexcept {
  std::size_t same = 0;
  while (same < one.size() && same < other.size() && one[same] == other[same]) ++same;
  one.remove_prefix(same);
  other.remove_prefix(same);
  while (!one.empty() && !other.empty() && one.back() == other.back()) {
    one.remove_suffix(1);
    other.remove_suffix(1);
  }
  return one.size() + other.size();
}

/// **Returns** what to expect where an unknown key stands: the one most like it.
constexpr const char* key_like(std::string_view name) noexcept {
  const Key* nearest = keys;
  for (const Key& key : keys)
    if (detail::distance(key.name, name) < detail::distance(nearest->name, name)) nearest = &key;
  return nearest->expected;
}

}  // namespace detail

/// **Returns** what `pairs` say, a range of pairs of texts, in any order: each a key and its value, or
/// the key `breaker` alone, whose value is a sentence. Keys have the names of the fields of Config and
/// Backoff, values are written as in a sentence; `trip` is the rule, and must be there. What is not
/// said is as by default. GUIDE.md has all keys. An unknown key is refused, with the one most like it. The
/// answer refers to the texts only if they make no sense.
/// **Complexity** linear. Allocates nothing.
template <class Pairs>
[[nodiscard]] constexpr Parsed from_pairs(const Pairs& pairs) {
  detail::Clauses clauses;
  Settings settings;
  std::uint32_t seen = 0;
  // The longest wait is judged when all else is known.
  for (const bool is_max : {false, true}) {
    for (const auto& [name, value] : pairs) {
      const std::string_view key{name};
      const std::string_view text{value};
      const std::size_t i = detail::key_of(key);
      if (i == detail::key_count) return Parsed{{}, key, 0, detail::key_like(key)};
      if ((key == "backoff_max") != is_max) continue;
      detail::Reader reader{text};
      clauses.read_from(reader);
      if ((seen >> i & 1) != 0 || (seen != 0 && (i == 0 || (seen & 1) != 0)))
        return Parsed{{}, key, 0, i == 0 || (seen & 1) != 0 ? "breaker alone" : "each key once"};
      seen |= std::uint32_t{1} << i;
      if (!detail::keys[i].read(clauses, reader, settings))
        return Parsed{key, text, reader.wrong_at(), reader.expected()};
      if (!reader.cursor().is_at_end()) return Parsed{key, text, reader.cursor().at(), "the end"};
    }
  }
  constexpr std::uint32_t has_rule = 3;  // breaker, or trip
  if ((seen & has_rule) == 0) return Parsed{{}, {}, 0, "the key trip, or breaker"};
  if ((seen & 1) == 0) clauses.fill(settings);
  return Parsed{settings};
}

BREAKER_ABI_END
}  // namespace breaker
