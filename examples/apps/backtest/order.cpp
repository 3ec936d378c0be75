// Puts the calls of a log into order, see order.hpp.
#include "order.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace backtest {

namespace {

// A line that is this far ahead of every line before it is an error, unless others follow it.
constexpr Ticks jump_seconds = 3600;

bool is_earlier(const auto& a, const auto& b) { return a.time < b.time; }

template <class Items, class Less>
void sort_by(Items& items, Less less) {
  if (!std::is_sorted(items.begin(), items.end(), less))
    std::stable_sort(items.begin(), items.end(), less);
}

}  // namespace

std::uint32_t Order::Slots::take() {
  if (free_.empty()) return used_++;
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

Order::Order(const Settings& settings, Sink sink) : settings_{settings}, sink_{std::move(sink)} {}

void Order::add(Ticks logged, Ticks took, std::uint32_t endpoint, Verdict verdict) {
  const Line line{logged, took, endpoint, verdict};
  const Ticks at = second_of(logged);
  if (jumped_) {
    const Line jumped = *std::exchange(jumped_, std::nullopt);
    const Ticks ahead = at - second_of(jumped.logged);
    if (ahead > -jump_seconds && ahead < jump_seconds) {
      place(jumped);
    } else {
      ++counts_.misplaced;
    }
  }
  if (newest_ != INT64_MIN && at > newest_ + jump_seconds) {
    jumped_ = line;
    return;
  }
  place(line);
}

void Order::finish() {
  if (jumped_) place(*std::exchange(jumped_, std::nullopt));
  for (auto& [at, lines] : lines_) put_in_order(at, lines);
  lines_.clear();
  lines_of_newest_ = nullptr;
  lines_of_newest_second_ = INT64_MIN;
  for (auto& [at, events] : seconds_) release(events);
  seconds_.clear();
  last_ = nullptr;
}

void Order::place(const Line& line) {
  const Ticks at = second_of(line.logged);
  const bool is_late = newest_ != INT64_MIN && at < newest_ - settings_.reorder / second - 1;
  if (is_late || at < ordered_) {
    ++counts_.misplaced;
    return;
  }
  if (at != lines_of_newest_second_) {
    lines_of_newest_ = &lines_[at];
    lines_of_newest_second_ = at;
  }
  lines_of_newest_->push_back(line);
  ++waiting_;
  if (at > newest_) {
    newest_ = at;
    advance();
  } else if (lines_of_newest_->size() > settings_.most_held) {
    throw OrderError{"more than " + std::to_string(settings_.most_held) +
                     " calls have the time of one second: is this the column of the time?"};
  }
}

/// Put in order what can't change any more, and tell what no later line can come before.
void Order::advance() {
  const Ticks reorder = settings_.reorder / second + 1;
  const Ticks longest = settings_.longest / second + 1;
  const auto is_crowded = [&] {
    return waiting_ + held_.size() - free_.size() > settings_.most_held;
  };
  while (!lines_.empty()) {
    const auto oldest = lines_.begin();
    if (oldest->first >= newest_ || (oldest->first >= newest_ - reorder && !is_crowded())) break;
    put_in_order(oldest->first, oldest->second);
    ordered_ = oldest->first + 1;
    if (oldest->first == lines_of_newest_second_) lines_of_newest_second_ = INT64_MIN;
    lines_.erase(oldest);
  }
  while (!seconds_.empty() && ordered_ != INT64_MIN) {
    const auto oldest = seconds_.begin();
    if (oldest->first >= ordered_ || (oldest->first >= ordered_ - longest && !is_crowded())) break;
    release(oldest->second);
    released_ = oldest->first + 1;
    if (&oldest->second == last_) last_ = nullptr;
    seconds_.erase(oldest);
  }
}

void Order::put_in_order(Ticks at, std::vector<Line>& lines) {
  waiting_ -= lines.size();
  if (settings_.whole_seconds) {
    const auto count = static_cast<Ticks>(lines.size());
    for (Ticks i = 0; i < count; ++i)
      hold(at * second + (2 * i + 1) * second / (2 * count), lines[static_cast<std::size_t>(i)]);
    return;
  }
  sort_by(lines, [](const Line& a, const Line& b) { return a.logged < b.logged; });
  for (const Line& line : lines) hold(line.logged, line);
}

void Order::hold(Ticks logged, const Line& line) {
  Call call{.begin = settings_.time_is_begin ? logged : logged - line.took,
            .end = settings_.time_is_begin ? logged + line.took : logged,
            .endpoint = line.endpoint,
            .verdict = line.verdict};
  if (second_of(call.begin) < released_) {
    call.begin = released_ * second;
    ++counts_.too_long;
  }
  std::uint32_t place = 0;
  if (free_.empty()) {
    place = static_cast<std::uint32_t>(held_.size());
    held_.push_back({call, 0});
  } else {
    place = free_.back();
    free_.pop_back();
    held_[place] = {call, 0};
  }
  events_of(second_of(call.begin)).begins.push_back({call.begin, place});
  if (call.begin != call.end) events_of(second_of(call.end)).ends.push_back({call.end, place});
}

Order::Second& Order::events_of(Ticks at) {
  if (at != at_last_ || last_ == nullptr) {
    last_ = &seconds_[at];
    at_last_ = at;
  }
  return *last_;
}

void Order::release(Second& events) {
  sort_by(events.begins, is_earlier<Moment, Moment>);
  sort_by(events.ends, is_earlier<Moment, Moment>);
  auto ending = events.ends.begin();
  for (const Moment& beginning : events.begins) {
    for (; ending != events.ends.end() && ending->time <= beginning.time; ++ending)
      end(ending->held);
    begin(beginning);
  }
  for (; ending != events.ends.end(); ++ending) end(ending->held);
}

void Order::begin(const Moment& moment) {
  Held& held = held_[moment.held];
  const Call& call = held.call;
  if (call.endpoint >= slots_.size()) slots_.resize(call.endpoint + std::size_t{1});
  held.slot = slots_[call.endpoint].take();
  sink_(call.endpoint, {.time = call.begin,
                        .took = call.end - call.begin,
                        .slot = held.slot,
                        .is_begin = true,
                        .verdict = call.verdict});
  if (call.begin == call.end) end(moment.held);
}

void Order::end(std::uint32_t place) {
  const Held& held = held_[place];
  slots_[held.call.endpoint].give(held.slot);
  sink_(held.call.endpoint, {.time = held.call.end,
                             .took = held.call.end - held.call.begin,
                             .slot = held.slot,
                             .is_begin = false,
                             .verdict = held.call.verdict});
  free_.push_back(place);
}

}  // namespace backtest
