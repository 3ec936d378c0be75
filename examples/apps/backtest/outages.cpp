// Finds the outages in a log, see outages.hpp.
#include "outages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text.hpp"

namespace backtest {

namespace {

constexpr std::uint64_t least_usual = 100;  // successes, before anything is slow
constexpr Ticks minute = 60 * second;

/// Whether `bad` of `calls` are `percent` or more.
bool is_share(std::uint64_t bad, std::uint64_t calls, int percent) {
  return bad * 100 >= calls * static_cast<unsigned>(percent);
}

}  // namespace

std::string OutageRule::in_words() const {
  return fmt::format(
      "An outage: from the first failure of a second in which {} % of the calls or more fail, to "
      "the "
      "last such second's last failure before {} seconds with fewer, or {} of silence; at least {} "
      "failures and {} long. Or minutes in which {} % or more fail, and {} times as many as usual, "
      "for "
      "{} or longer. Or seconds in which half of the successes take {} times the usual median, and "
      "{} "
      "longer, for {} or longer.",
      share_percent, good_seconds, backtest::in_words(silence), failures,
      backtest::in_words(at_least), part_percent, part_times, backtest::in_words(part_at_least),
      slow_times, backtest::in_words(slow_by), backtest::in_words(slow_at_least));
}

void Detector::end_step(bool is_bad) {
  if (now_.calls == 0) return;
  const Step seen = now_;
  now_ = {};
  if (is_in_outage_ && step_begin_ - current_.until > settings_.silence) end_outage();
  if (!is_bad) {
    if (!is_in_outage_) return;
    since_.calls += seen.calls;
    since_.bad += seen.bad;
    if (++good_in_a_row_ >= settings_.good_steps) end_outage();
    return;
  }
  if (!is_in_outage_) {
    is_in_outage_ = true;
    current_ = {seen.first_bad, 0, 0, 0, settings_.kind, seen.first_began};
  }
  current_.until = seen.last_bad;
  current_.calls += since_.calls + seen.calls;
  current_.failures += since_.bad + seen.bad;
  since_ = {};
  good_in_a_row_ = 0;
}

void Detector::finish() {
  if (is_in_outage_) end_outage();
}

void Detector::end_outage() {
  is_in_outage_ = false;
  since_ = {};
  good_in_a_row_ = 0;
  const bool counts = current_.failures >= settings_.least_bad &&
                      current_.until - current_.from >= settings_.at_least;
  if (!counts) return;
  if (++count_ <= most_outages) outages_.push_back(current_);
}

OutageFinder::OutageFinder(const OutageRule& rule)
    : rule_{rule},
      failing_{{Outage::Kind::failing, second, rule.good_seconds,
                static_cast<std::uint32_t>(rule.failures), rule.at_least, rule.silence}},
      partly_{{Outage::Kind::partly, minute, 2, static_cast<std::uint32_t>(rule.failures),
               rule.part_at_least,
               rule.silence - minute}},  // it is measured from the step's beginning
      slow_{{Outage::Kind::slow, second, rule.good_seconds,
             static_cast<std::uint32_t>(rule.failures), rule.slow_at_least, rule.silence}} {}

void OutageFinder::add(std::span<Event> events) {
  for (Event& event : events) {
    if (!event.is_begin) {
      if (event.verdict != Verdict::ignored) end(event);
    } else if (slow_.is_in_outage() && event.verdict == Verdict::success) {
      event.is_slow = is_slow(event.took);
    }
  }
}

void OutageFinder::end(const Event& event) {
  if (failing_.is_new_step(event.time)) {
    end_second();
    failing_.begin_step(event.time);
    slow_.begin_step(event.time);
    if (partly_.is_new_step(event.time)) {
      end_minute();
      partly_.begin_step(event.time);
    }
  }
  const bool is_failure = event.verdict == Verdict::failure;
  failing_.add(event, is_failure);
  partly_.add(event, is_failure);
  if (is_failure) return;
  slow_.add(event, is_slow(event.took));
  latencies_.add(event.took);
}

void OutageFinder::end_second() {
  const Detector::Step step = failing_.now();
  failing_.end_step(is_share(step.bad, step.calls, rule_.share_percent));
  const Detector::Step successes = slow_.now();
  const bool is_bad = successes.calls > 0 && is_share(successes.bad, successes.calls, 50);
  slow_.end_step(is_bad);
  if (!is_bad && successes.calls > 0) {
    usual_.add(latencies_);
    usual_successes_ += successes.calls;
    if (usual_successes_ >= least_usual) {
      const Ticks median = usual_.percentile(50);
      slow_limit_ = std::max(median * rule_.slow_times, median + rule_.slow_by);
    }
  }
  latencies_ = {};
}

void OutageFinder::end_minute() {
  const Detector::Step step = partly_.now();
  const bool is_bad = is_share(step.bad, step.calls, rule_.part_percent) &&
                      std::uint64_t{step.bad} * usual_calls_ >=
                          usual_failures_ * step.calls * static_cast<unsigned>(rule_.part_times);
  partly_.end_step(is_bad && step.bad > 0);
  if (is_bad) return;
  usual_calls_ += step.calls;
  usual_failures_ += step.bad;
}

void OutageFinder::finish() {
  end_second();
  end_minute();
  for (Detector* const detector : {&failing_, &partly_, &slow_}) detector->finish();
}

std::vector<Outage> OutageFinder::outages() const {
  std::vector<Outage> all;
  for (const Detector* const detector : {&failing_, &partly_, &slow_})
    all.insert(all.end(), detector->outages().begin(), detector->outages().end());
  std::stable_sort(all.begin(), all.end(),
                   [](const Outage& a, const Outage& b) { return a.from < b.from; });
  std::vector<Outage> apart;
  for (const Outage& outage : all) {
    if (apart.empty() || outage.from > apart.back().until) {
      apart.push_back(outage);
      continue;
    }
    Outage& before = apart.back();
    const Ticks from = before.from;
    const Ticks until = std::max(before.until, outage.until);
    const Ticks began = std::min(before.began, outage.began);
    if (outage.until - outage.from > before.until - before.from) before = outage;
    before.from = from;
    before.until = until;
    before.began = began;
  }
  return apart;
}

std::uint64_t OutageFinder::count() const {
  std::uint64_t more = 0;
  for (const Detector* const detector : {&failing_, &partly_, &slow_})
    more += detector->count() - detector->outages().size();
  return outages().size() + more;
}

}  // namespace backtest
