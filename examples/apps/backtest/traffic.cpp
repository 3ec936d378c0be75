// What calls are like while nothing is wrong, see traffic.hpp.
#include "traffic.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace backtest {

namespace {

constexpr Ticks tenth = second / 10;

double in_seconds(Ticks ticks) { return static_cast<double>(ticks) / static_cast<double>(second); }

/// **Returns** the upper end of Wilson's interval for a share: where it lies with 97.5 % certainty.
double wilson_upper(double part, double whole) {
  if (whole <= 0) return 0;
  constexpr double z = 1.96;
  const double share = part / whole;
  const double centre = share + z * z / (2 * whole);
  const double margin = z * std::sqrt((share * (1 - share) + z * z / (4 * whole)) / whole);
  return (centre + margin) / (1 + z * z / whole);
}

}  // namespace

double Normal::share() const {
  return calls == 0 ? 0 : static_cast<double>(failures) / static_cast<double>(calls);
}

bool Normal::is_clumped() const {
  constexpr std::uint64_t enough = 20;  // failures: fewer say nothing
  return failures >= enough && (after_failure > 2 * share() || dispersion_of_second > 2);
}

void TrafficMeter::Sums::add(double n, double f) {
  nn += n * n;
  nf += n * f;
  ff += f * f;
}

void TrafficMeter::Sums::add(const Sums& other) {
  nn += other.nn;
  nf += other.nf;
  ff += other.ff;
}

// The failures of n calls would have the variance n·p·q.
double TrafficMeter::Sums::dispersion(double calls, double share) const {
  const double independent = calls * share * (1 - share);
  return independent <= 0 ? 1 : (ff - 2 * share * nf + share * share * nn) / independent;
}

void TrafficMeter::Step::add(const Step& other) {
  calls += other.calls;
  failures += other.failures;
  followers += other.followers;
  followers_failed += other.followers_failed;
  tenths.add(other.tenths);
  seconds.add(other.seconds);
}

void TrafficMeter::add(std::span<const Event> events) {
  for (const Event& event : events)
    if (!event.is_begin && event.verdict != Verdict::ignored) add(event);
}

void TrafficMeter::add(const Event& event) {
  const bool failed = event.verdict == Verdict::failure;
  if (steps_.empty()) begin_ = second_of(event.time) * second;
  last_ = event.time;
  for (auto [slice, sums, length] :
       {std::tuple{&tenth_, &Step::tenths, tenth}, std::tuple{&second_, &Step::seconds, second}}) {
    const Ticks number = (event.time - begin_) / length;
    if (number != slice->number) end_slice(*slice, sums);
    slice->number = number;
    ++slice->calls;
    slice->failures += failed ? 1 : 0;
  }
  Step& step = step_of(event.time);
  ++step.calls;
  step.failures += failed ? 1 : 0;
  step.followers += failed_before_ ? 1 : 0;
  step.followers_failed += failed_before_ && failed ? 1 : 0;
  failed_before_ = failed;
}

/// A slice is over: it counts for the step that its last call was in.
void TrafficMeter::end_slice(Slice& slice, Sums Step::* sums) {
  if (slice.calls > 0) (steps_.back().*sums).add(slice.calls, slice.failures);
  slice = {};
}

TrafficMeter::Step& TrafficMeter::step_of(Ticks time) {
  const auto number = [&] { return static_cast<std::size_t>((time - begin_) / width_); };
  while (number() >= most_steps) {
    for (std::size_t i = 0; i < steps_.size(); i += 2) {
      Step both = steps_[i];
      if (i + 1 < steps_.size()) both.add(steps_[i + 1]);
      steps_[i / 2] = both;
    }
    steps_.resize((steps_.size() + 1) / 2);
    width_ *= 2;
  }
  if (number() >= steps_.size()) steps_.resize(number() + 1);
  return steps_.back();
}

std::vector<bool> TrafficMeter::steps_in(const std::vector<Outage>& outages) const {
  std::vector<bool> is_in(steps_.size(), false);
  const auto last = static_cast<Ticks>(steps_.size()) - 1;
  for (const Outage& outage : outages) {
    const Ticks from = std::clamp((outage.from - begin_) / width_, Ticks{0}, last);
    const Ticks until = std::clamp((outage.until - begin_) / width_, Ticks{0}, last);
    for (Ticks i = from; i <= until; ++i) is_in[static_cast<std::size_t>(i)] = true;
  }
  return is_in;
}

Normal TrafficMeter::normal(const std::vector<Outage>& outages) {
  Normal normal;
  if (steps_.empty()) return normal;
  end_slice(tenth_, &Step::tenths);
  end_slice(second_, &Step::seconds);
  const std::vector<bool> is_in = steps_in(outages);
  const std::size_t in_a_minute =
      static_cast<std::size_t>(std::max(60 * second / width_, Ticks{1}));
  Step all;
  std::uint64_t minute = 0;  // calls of the last steps without an outage …
  std::size_t in_a_row = 0;  // … and how many steps these are
  std::size_t counted = 0;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (is_in[i]) {
      minute = in_a_row = 0;
      continue;
    }
    all.add(steps_[i]);
    ++counted;
    minute += steps_[i].calls;
    if (++in_a_row < in_a_minute || i + 1 == steps_.size()) continue;  // the last step is cut
    const double rate =
        static_cast<double>(minute) / in_seconds(static_cast<Ticks>(in_a_row) * width_);
    normal.busiest = std::max(normal.busiest, rate);
    normal.quietest = normal.quietest == 0 ? rate : std::min(normal.quietest, rate);
    minute -= steps_[i + 1 - in_a_row].calls;
    --in_a_row;
  }
  normal.calls = all.calls;
  normal.failures = all.failures;
  normal.time = static_cast<Ticks>(counted) * width_;
  if (!is_in.back() && counted > 0)  // of the last step only what was read
    normal.time -= begin_ + static_cast<Ticks>(steps_.size()) * width_ - last_ - 1;
  const auto calls = static_cast<double>(all.calls);
  normal.share_at_most = wilson_upper(static_cast<double>(all.failures), calls);
  normal.after_failure = all.followers == 0 ? 0
                                            : static_cast<double>(all.followers_failed) /
                                                  static_cast<double>(all.followers);
  normal.dispersion_of_tenth = all.tenths.dispersion(calls, normal.share());
  normal.dispersion_of_second = all.seconds.dispersion(calls, normal.share());
  normal.usual = normal.time <= 0 ? 0 : calls / in_seconds(std::max(normal.time, second));
  if (normal.busiest == 0) normal.busiest = normal.quietest = normal.usual;
  return normal;
}

}  // namespace backtest
