// Sentences for tests: in their usual form, and mangled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/config.hpp"
#include "breaker/text/sentence.hpp"

namespace breaker {

/// Sentences in their usual form.
inline const std::vector<std::string>& usual_forms() {
  static const std::vector<std::string> all{
      "5 failures in a row; open 30 s",
      "1 failure in a row; open 1 ns",
      "5 failures in 10 s; open 30 s",
      "16777215 failures in a row; open 17179869184 ms",
      "1 failure of the last 1 calls; open 1 s",
      "13 failures of the last 100 calls; open 30 s",
      "50 % of the last 100 calls, at least 20; open 1 s doubling to 1 min, 20 % jitter; 3 probes",
      "12.5 % in 1500 ms, at least 7; open 1 s times 1.25 to 1 d, 0.1 % jitter",
      "0.0001 % of the last 100000 calls, at least 100000; open 30 s",
      "slower than 200 ms: 50 % in 10 s, at least 20; open 30 s, 100 % jitter",
      "failed or slower than 90 s: 33.3333 % of the last 50 calls, at least 20; open 30 s",
      "worse than 1 % to 10 % once per year at 1000 calls/s; open 30 s",
      "worse than 1 % to 10 %, 20 % after a failure, once per 30 d at 12.5 calls/s; open 30 s",
      "5 failures in a row or 50 % in 10 s, at least 20; open 30 s",
      "5 failures in a row and 50 % in 10 s, at least 20 and 9 failures in 3 min; open 30 s",
      "5 failures in 10 s; open 30 s; 63 probes, closing after 62, reopening after 61, slow start, "
      "lease 7 us",
      "5 failures in 10 s; open 30 s; retry-after up to 1 h; normally 1 % and 2 % slow at 50 "
      "calls/s; "
      "shadow; named payments.example:8080",
      "5 failures in 10 s; open 30 s; normally 0.01 % at 0.000001 calls/s",
      "5 failures in 10 s; open 30 s; normally 0.01 % at 8.29 calls/s",
      "worse than 1 % to 10 % once per year at 1000 calls/s; open 30 s; normally 2 % at 50 "
      "calls/s"};
  return all;
}

/// What `answer` says is in its ranges, and has a usual form that says the same; or it is wrong at a place in a text of
/// `size` bytes.
inline bool is_right(const Parsed& answer, std::size_t size) {
  if (!answer) return answer.position() <= size;
  validate(answer->config);
  const SettingsText words = in_words(*answer);
  const Parsed again = parse(words.view());
  return again && *again == *answer && in_words(*again).view() == words.view();
}
inline bool is_right(std::string_view sentence) {
  return is_right(parse(sentence), sentence.size());
}

/// A value for each key of from_pairs() but `breaker`.
inline const std::vector<std::pair<std::string, std::string>>& usual_pairs() {
  static const std::vector<std::pair<std::string, std::string>> all{
      {"trip", "5 failures in 10 s or 9 failures in a row"},
      {"open_for", "1 s"},
      {"backoff_factor", "1.5"},
      {"backoff_max", "1 min"},
      {"jitter", "20 %"},
      {"probes", "3"},
      {"close_after", "2"},
      {"reopen_after", "4"},
      {"probe_lease", "5 s"},
      {"slow_start", "true"},
      {"retry_after_max", "1 h"},
      {"mode", "shadow"},
      {"normal", "1 %"},
      {"calls_per_second", "50"},
      {"name", "payments"}};
  return all;
}

/// Sentences of which up to two pieces are missing, others, or those of another one.
class MangledSentences {
 public:
  explicit MangledSentences(std::uint64_t seed) : draws_{seed} {}

  std::string next() {
    std::string sentence = any_form();
    for (std::size_t n = below(3); n-- > 0;) mangle(sentence);
    return sentence;
  }

  /// Keys and values of about half of all keys; of a third of them something is mangled.
  std::vector<std::pair<std::string, std::string>> next_pairs() {
    const auto& usual = usual_pairs();
    std::vector<std::pair<std::string, std::string>> pairs{usual.front()};
    for (std::size_t i = 1; i != usual.size(); ++i)
      if (below(2) == 0) pairs.push_back(usual[i]);
    auto& [key, value] = pairs[below(pairs.size())];
    switch (below(9)) {
      case 0: mangle(key); break;
      case 1: mangle(value); break;
      case 2: value = usual[below(usual.size())].second; break;
      default: break;
    }
    return pairs;
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(draws_() % n); }
  const std::string& any_form() { return usual_forms()[below(usual_forms().size())]; }

  void mangle(std::string& sentence) {
    static constexpr std::string_view pieces[] = {
        "1",        " ",     ",",  ";",        "%",    "open",     "0.5",     " s",
        "min",      "calls", "in", "at least", "or",   "and",      "x2",      "to",
        "failures", "'",     "_",  "\xc2\xa0", "\xb5", "3 probes", "named a", "."};
    const std::size_t at = below(sentence.size() + 1);
    const std::string_view piece = pieces[below(std::size(pieces))];
    switch (below(4)) {
      case 0: sentence.insert(at, piece); break;
      case 1: sentence.erase(at, 1 + below(3)); break;
      case 2: sentence.replace(at, below(3), piece); break;
      default: {
        const std::string& other = any_form();
        sentence = sentence.substr(0, at) + other.substr(below(other.size()));
      }
    }
    if (sentence.empty()) sentence = "1";
  }

  std::mt19937_64 draws_;
};

}  // namespace breaker
