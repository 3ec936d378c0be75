// Finds the outages in a log, see outages.hpp.
#include "outages.hpp"

#include <fmt/format.h>

#include "text.hpp"

namespace backtest {

std::string OutageRule::in_words() const {
  return fmt::format(
      "An outage: from the first failure of a second in which {} % of the calls or more fail, to "
      "the "
      "last such second's last failure before {} seconds with fewer, or {} of silence; at least {} "
      "failures and {} long.",
      share_percent, good_seconds, backtest::in_words(silence), failures,
      backtest::in_words(at_least));
}

void OutageFinder::add(std::span<const Event> events) {
  for (const Event& event : events) {
    if (event.is_begin || event.verdict == Verdict::ignored) continue;
    if (const Ticks at = second_of(event.time); at != second_) {
      judge_second();
      second_ = at;
    }
    ++now_.calls;
    if (event.verdict != Verdict::failure) continue;
    if (now_.failures++ == 0) now_.first_failure = event.time;
    now_.last_failure = event.time;
  }
}

void OutageFinder::finish() {
  judge_second();
  if (is_in_outage_) end_outage();
}

void OutageFinder::judge_second() {
  if (now_.calls == 0) return;
  const Tally seen = now_;
  now_ = {};
  const bool is_bad = std::uint64_t{seen.failures} * 100 >=
                      std::uint64_t{seen.calls} * static_cast<unsigned>(rule_.share_percent);
  if (is_in_outage_ && second_ * second - current_.until > rule_.silence) end_outage();
  if (!is_bad) {
    if (!is_in_outage_) return;
    since_.calls += seen.calls;
    since_.failures += seen.failures;
    if (++good_in_a_row_ >= rule_.good_seconds) end_outage();
    return;
  }
  if (!is_in_outage_) {
    is_in_outage_ = true;
    current_ = {seen.first_failure, 0, 0, 0};
  }
  current_.until = seen.last_failure;
  current_.calls += since_.calls + seen.calls;
  current_.failures += since_.failures + seen.failures;
  since_ = {};
  good_in_a_row_ = 0;
}

void OutageFinder::end_outage() {
  is_in_outage_ = false;
  since_ = {};
  good_in_a_row_ = 0;
  const bool counts = current_.failures >= static_cast<unsigned>(rule_.failures) &&
                      current_.until - current_.from >= rule_.at_least;
  if (!counts) return;
  if (++count_ <= most_outages) outages_.push_back(current_);
}

}  // namespace backtest
