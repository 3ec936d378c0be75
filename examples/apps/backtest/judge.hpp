// What counts as a failure.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "record.hpp"

namespace backtest {

/// A set of HTTP statuses, such as "5xx,429,400-403". 0 stands for "no answer".
class Statuses {
 public:
  Statuses() = default;
  /// **Throws** std::invalid_argument if `text` is no such list. An empty text is the empty set.
  explicit Statuses(std::string_view text);

  [[nodiscard]] bool has(int status) const {
    return status >= 0 && status < 1000 && set_[static_cast<std::size_t>(status)];
  }

  /// **Returns** it in words: "429, 500-599".
  [[nodiscard]] std::string in_words() const;

 private:
  std::bitset<1000> set_;
};

/// Judges a call, in this order: what the log itself calls it (`outcome`), a caller that went away,
/// a status that is ignored, a status that is a failure, a call that took too long. The rest are
/// successes.
struct Judge {
  Statuses failures{"0,5xx"};
  Statuses ignored{};
  std::optional<Ticks> slower_than = {};  ///< Not given: no call is too slow.
  /// What a call is that the caller gave up (499). It had no answer: by default a failure.
  Verdict aborted = Verdict::failure;

  [[nodiscard]] Verdict judge(const Record& record) const {
    if (record.outcome) {
      if (*record.outcome == Verdict::success && is_slow(record)) return Verdict::failure;
      return *record.outcome;
    }
    if (record.is_aborted) return aborted;
    if (ignored.has(record.status)) return Verdict::ignored;
    return failures.has(record.status) || is_slow(record) ? Verdict::failure : Verdict::success;
  }

  /// **Returns** the rule in one line.
  [[nodiscard]] std::string in_words() const;

 private:
  [[nodiscard]] bool is_slow(const Record& record) const {
    return slower_than && record.took > *slower_than;
  }
};

}  // namespace backtest
