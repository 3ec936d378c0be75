// Whether a log's durations can be true, see plausible.hpp.
#include "plausible.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace backtest {

void Durations::add(const Record& record) {
  ++calls_;
  first_ = std::min(first_, record.time.at);
  last_ = std::max(last_, record.time.at);
  if (record.status == 504 || record.status == 408) ++timeouts_;
  if (!record.knows_took) {
    ++unknown_;
    return;
  }
  ++counts_[static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(record.took)))];
  longest_ = std::max(longest_, record.took);
}

std::string Durations::doubt() const {
  if (calls_ == unknown_) return "";
  const Ticks span = std::max(last_ - first_ + second, Ticks{1});
  std::uint64_t longer = 0;  // than twice the span at least: its class has all that are
  const auto bits = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(span)));
  for (std::size_t i = bits + 1; i < counts_.size(); ++i) longer += counts_[i];
  if (longer >= 20 && longer * 100 > calls_) {
    return fmt::format(
        "{} of {} calls took longer than the whole log, which spans {}; the longest {}",
        grouped(longer), grouped(calls_), in_words(span), in_words(longest_));
  }
  if (longest_ < 1'000 && longest_ > 0 && timeouts_ > 0) {
    return fmt::format("no call took longer than {}, but {} ended in a time-out",
                       in_words(longest_), grouped(timeouts_));
  }
  return "";
}

}  // namespace backtest
