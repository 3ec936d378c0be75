// What an endpoint's traffic looked like over time, see timeline.hpp.
#include "timeline.hpp"

#include <bit>

namespace backtest {

namespace {

constexpr Ticks millisecond = 1'000'000;

/// Class 2k holds (2^(k-1)·√2 ms, 2^k ms], class 2k+1 holds (2^k ms, 2^k·√2 ms].
constexpr Ticks upper_end(std::size_t number) {
  const Ticks power = millisecond << (number / 2);
  return number % 2 == 0 ? power : power + power * 414 / 1000;
}

constexpr std::size_t class_of(Ticks took, std::size_t classes) {
  if (took <= millisecond) return 0;
  if (took > upper_end(classes - 1)) return classes - 1;
  const auto whole = static_cast<std::uint64_t>((took - 1) / millisecond);  // 1 or more
  const std::size_t number = 2 * (static_cast<std::size_t>(std::bit_width(whole)) - 1) + 1;
  return took > upper_end(number) ? number + 1 : number;
}
static_assert(class_of(INT64_MAX, 42) == 41);  // and nothing overflows

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
    if (event.time >= end_) grow_to(event.time);
    Step& step = steps_.back();
    ++step.calls;
    if (event.verdict == Verdict::failure) ++step.failures;
    if (event.verdict == Verdict::ignored) ++step.ignored;
    step.latencies.add(event.took);
  }
}

/// Make the step that `time` lies in the last one.
void Timeline::grow_to(Ticks time) {
  if (steps_.empty()) begin_ = second_of(time) * second;
  while (time - begin_ >= width_ * static_cast<Ticks>(most_steps)) halve();
  steps_.resize(static_cast<std::size_t>((time - begin_) / width_) + 1);
  end_ = saturated_sum(begin_, static_cast<Ticks>(steps_.size()) * width_);
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
