// A candidate, see candidate.hpp.
#include "candidate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>

#include "text.hpp"

namespace backtest {

namespace {

/// **Returns** "30s", the shortest text that parse_duration() reads back.
std::string short_duration(Ticks ticks) {
  if (ticks % second == 0) return fmt::format("{}s", ticks / second);
  if (ticks % 1'000'000 == 0) return fmt::format("{}ms", ticks / 1'000'000);
  if (ticks % 1'000 == 0) return fmt::format("{}us", ticks / 1'000);
  return fmt::format("{}ns", ticks);
}

std::string cpp_duration(Ticks ticks) {
  if (ticks % second == 0) return fmt::format("std::chrono::seconds{{{}}}", ticks / second);
  if (ticks % 1'000'000 == 0)
    return fmt::format("std::chrono::milliseconds{{{}}}", ticks / 1'000'000);
  return fmt::format("std::chrono::nanoseconds{{{}}}", ticks);
}

std::string short_share(breaker::Ratio share) {
  if (share.whole() == 100) return fmt::format("{}%", share.part());
  return fmt::format("{}.{}%", share.part() / 10, share.part() % 10);
}

std::string cpp_share(breaker::Ratio share) {
  if (share.whole() == 100) return fmt::format("breaker::percent({})", share.part());
  return fmt::format("breaker::Ratio{{{}, {}}}", share.part(), share.whole());
}

/// Reads one candidate from the left to the right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_{text}, rest_{text} {}

  Candidate read() {
    read_trigger();
    bool has_min = false;
    while (accept(",")) read_setting(has_min);
    if (!trimmed(rest_).empty()) fail("a comma or the end");
    if (!has_min && candidate_.last_calls > 0)
      candidate_.min_calls = std::min(candidate_.min_calls, candidate_.last_calls);
    return candidate_;
  }

 private:
  void read_trigger() {
    if (accept("consecutive")) {
      candidate_.kind = Candidate::Kind::consecutive;
      candidate_.count = number();
    } else if (accept("rate") || accept("failure rate")) {
      candidate_.kind = Candidate::Kind::rate;
      read_share_and_window();
    } else if (accept("slow")) {
      candidate_.kind = Candidate::Kind::slow;
      if (!accept(">")) fail("'>' and a duration");
      candidate_.slower_than = duration();
      accept("rate");
      read_share_and_window();
    } else if (is_digit_next()) {
      candidate_.count = number();
      read_counted();
    } else {
      fail(
          "'consecutive 5', '5 failures in 10s', 'rate>=50% in 10s', 'slow>200ms rate>=50% in 10s' "
          "or '5 calls over 2s'");
    }
  }

  void read_counted() {
    if (accept("calls")) return read_overdue();
    if (accept("consecutive")) {
      accept("failures");
      candidate_.kind = Candidate::Kind::consecutive;
      return;
    }
    if (!accept("failures")) fail("'failures', or 'calls over' and a duration");
    candidate_.kind = Candidate::Kind::count;
    if (accept("in a row")) {
      candidate_.kind = Candidate::Kind::consecutive;
    } else {
      read_window();
    }
  }

  void read_overdue() {
    candidate_.kind = Candidate::Kind::overdue;
    if (!accept("over")) fail("'over' and a duration");
    candidate_.slower_than = duration();
    if (candidate_.count > watched_places.back() / 2)
      fail_about(fmt::format("{} overdue calls are more than are compiled in; the most are {}",
                             candidate_.count, watched_places.back() / 2));
  }

  void read_share_and_window() {
    if (!accept(">=") && !accept("\u2265")) fail("'>=' and a percentage");
    candidate_.share = share();
    read_window();
  }

  void read_window() {
    if (accept("of the last") || accept("of last")) {
      candidate_.last_calls = number();
      if (std::find(window_sizes.begin(), window_sizes.end(), candidate_.last_calls) ==
          window_sizes.end())
        fail_about(fmt::format("a window of {} calls is not compiled in; there are {}",
                               candidate_.last_calls, fmt::join(window_sizes, ", ")));
    } else if (accept("in") || accept("over")) {
      candidate_.within = duration();
    } else {
      fail("'in' and a duration, or 'of last' and a number of calls");
    }
  }

  void read_setting(bool& has_min) {
    if (accept("min")) {
      candidate_.min_calls = number();
      has_min = true;
    } else if (accept("open")) {
      candidate_.open_for = duration();
      if (accept("x")) candidate_.factor = number();
      if (accept("max")) candidate_.open_max = duration();
    } else if (accept("probes")) {
      candidate_.probes = number();
    } else if (accept("close")) {
      candidate_.close_after = number();
    } else if (accept("reopen")) {
      candidate_.reopen_after = number();
    } else if (accept("lease")) {
      candidate_.lease = duration();
    } else {
      fail("min, open, probes, close, reopen or lease");
    }
  }

  /// Take `word`, if it is next; a word ends where a letter doesn't follow.
  bool accept(std::string_view word) {
    const std::string_view ahead = trimmed(rest_);
    if (!ahead.starts_with(word)) return false;
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const std::string_view behind = ahead.substr(word.size());
    if (is_letter(word.back()) && !behind.empty() && is_letter(behind[0])) return false;
    rest_ = behind;
    return true;
  }

  [[nodiscard]] bool is_digit_next() const {
    const std::string_view ahead = trimmed(rest_);
    return !ahead.empty() && ahead[0] >= '0' && ahead[0] <= '9';
  }

  std::string_view token() {
    const std::string_view ahead = trimmed(rest_);
    const std::size_t end = std::min(ahead.find_first_of(" \t,>"), ahead.size());
    rest_ = ahead.substr(end);
    return ahead.substr(0, end);
  }

  int number() {
    const std::string_view before = rest_;
    const auto value = parse_count(token());
    if (!value) rest_ = before, fail("a whole number");
    return *value;
  }

  Ticks duration() {
    const std::string_view before = rest_;
    const auto value = parse_duration(token());
    if (!value) rest_ = before, fail("a duration such as 30s or 200ms");
    return *value;
  }

  breaker::Ratio share() {
    const std::string_view before = rest_;
    std::string_view text = token();
    if (text.ends_with('%')) {
      text.remove_suffix(1);
      const auto thousandths = parse_decimal(text, 10);  // of a whole
      const std::size_t point = text.find('.');
      const bool is_fine = point == std::string_view::npos || text.size() - point <= 2;
      if (thousandths && is_fine && *thousandths <= 1000) {
        const auto part = static_cast<int>(*thousandths);
        return part % 10 == 0 ? breaker::Ratio{part / 10, 100} : breaker::Ratio{part, 1000};
      }
    }
    rest_ = before;
    fail("a percentage up to 100% with at most one decimal");
  }

  [[noreturn]] void fail(const std::string& expected) const {
    const std::string_view ahead = trimmed(rest_);
    fail_about("expected " + expected +
               (ahead.empty() ? " at the end" : " at '" + std::string{ahead} + "'"));
  }

  [[noreturn]] void fail_about(const std::string& what) const {
    throw std::invalid_argument{"candidate '" + std::string{text_} + "': " + what};
  }

  std::string_view text_;
  std::string_view rest_;
  Candidate candidate_{};
};

}  // namespace

breaker::Config Candidate::config() const {
  const auto wait = std::chrono::nanoseconds{open_for};
  breaker::Config config{.open_for = wait, .probes = probes, .reopen_after = reopen_after};
  if (factor != 1 || open_max) {
    breaker::Backoff backoff{.first = wait, .factor = factor};
    if (open_max) backoff.max = std::chrono::nanoseconds{*open_max};
    config.open_for = backoff;
  }
  if (close_after) config.close_after = *close_after;
  if (lease) config.probe_lease = std::chrono::nanoseconds{*lease};
  return config;
}

int Candidate::places() const {
  return *std::find_if(watched_places.begin(), watched_places.end() - 1,
                       [&](int places) { return count <= places / 2; });
}

std::string Candidate::in_words() const {
  const std::string window = last_calls > 0 ? fmt::format("of last {}", last_calls)
                                            : fmt::format("in {}", short_duration(within));
  std::string text;
  switch (kind) {
    case Kind::consecutive: text = fmt::format("consecutive {}", count); break;
    case Kind::count: text = fmt::format("{} failures {}", count, window); break;
    case Kind::rate:
      text = fmt::format("rate>={} {}, min {}", short_share(share), window, min_calls);
      break;
    case Kind::slow:
      text = fmt::format("slow>{} rate>={} {}, min {}", short_duration(slower_than),
                         short_share(share), window, min_calls);
      break;
    case Kind::overdue:
      text = fmt::format("{} calls over {}", count, short_duration(slower_than));
      break;
  }
  text += fmt::format(", open {}", short_duration(open_for));
  if (factor != 1) text += fmt::format(" x{}", factor);
  if (open_max) text += fmt::format(" max {}", short_duration(*open_max));
  if (probes != 1) text += fmt::format(", probes {}", probes);
  if (close_after) text += fmt::format(", close {}", *close_after);
  if (reopen_after != 1) text += fmt::format(", reopen {}", reopen_after);
  if (lease) text += fmt::format(", lease {}", short_duration(*lease));
  return text;
}

std::string Candidate::in_cpp() const {
  const std::string window = last_calls > 0
                                 ? fmt::format("breaker::last_calls<{}>()", last_calls)
                                 : fmt::format("breaker::within({})", cpp_duration(within));
  std::string policy;
  switch (kind) {
    case Kind::consecutive:
      policy = fmt::format("breaker::ConsecutiveFailures{{{}}}", count);
      break;
    case Kind::count: policy = fmt::format("breaker::FailureCount{{{}, {}}}", count, window); break;
    case Kind::rate:
      policy = fmt::format("breaker::FailureRate{{{}, {{.threshold = {}, .min_calls = {}}}}}",
                           window, cpp_share(share), min_calls);
      break;
    case Kind::slow:
      policy = fmt::format(
          "breaker::SlowCallRate{{{}, {{.slower_than = {}, .threshold = {}, .min_calls = {}}}}}",
          window, cpp_duration(slower_than), cpp_share(share), min_calls);
      break;
    case Kind::overdue:
      policy = fmt::format("breaker::Overdue<{}>{{{{.limit = {}, .calls = {}}}}}", places(),
                           cpp_duration(slower_than), count);
      break;
  }
  std::string wait = cpp_duration(open_for);
  if (factor != 1 || open_max) {
    wait = fmt::format("breaker::Backoff{{.first = {}, .factor = {}", wait, factor);
    if (open_max) wait += fmt::format(", .max = {}", cpp_duration(*open_max));
    wait += "}";
  }
  std::string config = fmt::format(".open_for = {}", wait);
  if (probes != 1) config += fmt::format(", .probes = {}", probes);
  if (close_after) config += fmt::format(", .close_after = {}", *close_after);
  if (reopen_after != 1) config += fmt::format(", .reopen_after = {}", reopen_after);
  if (lease) config += fmt::format(", .probe_lease = {}", cpp_duration(*lease));
  return fmt::format("breaker::CircuitBreaker circuit{{breaker::Config{{{}}}, {}}};", config,
                     policy);
}

Candidate parse_candidate(std::string_view text) { return Reader{trimmed(text)}.read(); }

}  // namespace backtest
