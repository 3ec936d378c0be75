// What an endpoint's traffic looked like over time, see timeline.hpp.
#include "timeline.hpp"

#include <bit>

namespace backtest {

namespace {

constexpr Ticks millisecond = 1'000'000;

/// Class 2k holds (2^(k-1)·√2 ms, 2^k ms], class 2k+1 holds (2^k ms, 2^k·√2 ms].
Ticks upper_end(std::size_t number) {
  const Ticks power = millisecond << (number / 2);
  return number % 2 == 0 ? power : power + power * 414 / 1000;
}

std::size_t class_of(Ticks took, std::size_t classes) {
  if (took <= millisecond) return 0;
  const auto whole = static_cast<std::uint64_t>((took - 1) / millisecond);  // 1 or more
  std::size_t number = 2 * (static_cast<std::size_t>(std::bit_width(whole)) - 1) + 1;
  if (took > upper_end(number)) ++number;
  return number < classes ? number : classes - 1;
}

}  // namespace

void Timeline::Latencies::add(Ticks took) { ++counts_[class_of(took, counts_.size())]; }

void Timeline::Latencies::add(const Latencies& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

Ticks Timeline::Latencies::percentile(int percent) const {
  std::uint64_t all = 0;
  for (const std::uint32_t count : counts_) all += count;
  if (all == 0) return 0;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen * 100 >= all * static_cast<unsigned>(percent)) return upper_end(i);
  }
  return upper_end(counts_.size() - 1);
}

void Timeline::add(std::span<const Event> events) {
  for (const Event& event : events) {
    if (event.is_begin) continue;
    if (steps_.empty()) begin_ = second_of(event.time) * second;
    while (event.time - begin_ >= width_ * static_cast<Ticks>(most_steps)) halve();
    const auto at = static_cast<std::size_t>((event.time - begin_) / width_);
    if (at >= steps_.size()) steps_.resize(at + 1);
    Step& step = steps_[at];
    ++step.calls;
    if (event.verdict == Verdict::failure) ++step.failures;
    if (event.verdict == Verdict::ignored) ++step.ignored;
    step.latencies.add(event.took);
  }
}

void Timeline::halve() {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (i % 2 == 0) {
      if (i > 0) steps_[i / 2] = steps_[i];
      continue;
    }
    Step& into = steps_[i / 2];
    into.calls += steps_[i].calls;
    into.failures += steps_[i].failures;
    into.ignored += steps_[i].ignored;
    into.latencies.add(steps_[i].latencies);
  }
  steps_.resize((steps_.size() + 1) / 2);
  width_ *= 2;
}

}  // namespace backtest
