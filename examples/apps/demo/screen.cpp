// The standard output, see screen.hpp.
#include "screen.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace demo {

namespace {

constexpr const char* erase_live = "\r\x1b[2K\x1b[1A\x1b[2K";  // this line and the one above

constexpr int live_columns = 78;  // a line that wraps could not be erased

/// **Returns** how wide the terminal is.
int columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

const char* code_of(Colour colour) {
  switch (colour) {
    case Colour::plain: return "";
    case Colour::bold: return "\x1b[1m";
    case Colour::dim: return "\x1b[2m";
    case Colour::green: return "\x1b[1;32m";
    case Colour::yellow: return "\x1b[1;33m";
    case Colour::red: return "\x1b[1;31m";
  }
  return "";
}

Colour colour_of(const std::string& circuit) {
  if (circuit == "closed") return Colour::green;
  if (circuit == "open") return Colour::red;
  return circuit == "none" ? Colour::plain : Colour::yellow;
}

std::string with_decimals(double value, int decimals, const char* unit) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.*f %s", decimals, value, unit);
  return text.data();
}

struct Counts {
  std::array<int, 3> of_answer{};  // by Answer
  int in_last_second = 0;

  Counts(const std::vector<Payment>& payments, Clock::duration now) {
    for (const Payment& payment : payments) {
      ++of_answer.at(static_cast<std::size_t>(payment.answer));
      if (payment.began + payment.took > now - std::chrono::seconds{1}) ++in_last_second;
    }
  }
};

}  // namespace

Screen::Screen(const Story& story)
    : story_{story},
      is_terminal_{isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr},
      has_room_{is_terminal_ && columns() >= live_columns} {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // each line at once, also into a pipe
}

void Screen::say(const std::string& line) {
  const std::lock_guard lock{mutex_};
  print(line + "\n");
}

void Screen::set_start(Clock::time_point start) {
  const std::lock_guard lock{mutex_};
  start_ = start;
}

void Screen::event(const std::string& line, Colour colour) {
  const std::lock_guard lock{mutex_};
  const std::string time = in_seconds(Clock::now() - start_);
  print(paint(fit(time, -7), Colour::dim) + "  " + paint(line, colour) + "\n");
}

void Screen::show(const Scene& scene) {
  if (!has_room_) return;
  const Counts counts{scene.payments, scene.time};
  const auto count = [&](Answer answer) {
    return std::to_string(counts.of_answer.at(static_cast<std::size_t>(answer)));
  };
  const std::lock_guard lock{mutex_};
  const std::string before = live_.empty() ? "" : erase_live;
  live_ = fit(in_seconds(scene.time), -7) + "  " + ribbon(scene.payments) + "  " +
          fit(std::to_string(counts.in_last_second), -3) + " calls/s\n         database " +
          paint(fit(scene.database, 5), scene.database == "stuck" ? Colour::red : Colour::green) +
          "  circuit " + paint(fit(scene.circuit, 9), colour_of(scene.circuit)) + "  paid " +
          paint(fit(count(Answer::paid), 3), Colour::green) + "  failed " +
          paint(fit(count(Answer::failed), 3), Colour::red) + "  queued " +
          paint(fit(count(Answer::queued), 3), Colour::yellow);
  std::fputs((before + live_).c_str(), stdout);
  std::fflush(stdout);
}

void Screen::end_show() {
  const std::lock_guard lock{mutex_};
  if (!live_.empty()) std::fputs(erase_live, stdout);
  live_.clear();
}

void Screen::print(const std::string& text) {
  std::fputs(((live_.empty() ? "" : erase_live) + text + live_).c_str(), stdout);
  std::fflush(stdout);
}

std::string Screen::paint(const std::string& text, Colour colour) const {
  if (!is_terminal_ || colour == Colour::plain) return text;
  return code_of(colour) + text + "\x1b[0m";
}

std::string Screen::ribbon(const std::vector<Payment>& payments) const {
  const auto cells =
      static_cast<std::size_t>(story_.whole * story_.speed / std::chrono::seconds{1});
  std::vector<std::array<int, 3>> counts(cells);  // in each cell, by Answer
  for (const Payment& payment : payments) {
    const auto cell = static_cast<std::size_t>(payment.began * cells / story_.whole);
    ++counts.at(std::min(cell, cells - 1)).at(static_cast<std::size_t>(payment.answer));
  }
  std::string text;
  for (const auto& [paid, failed, queued] : counts) {
    const int most = std::max({paid, failed, queued});
    if (most == 0) {
      text += " ";
    } else if (most == failed) {
      text += paint("x", Colour::red);
    } else if (most == queued) {
      text += paint("q", Colour::yellow);
    } else {
      text += paint("+", Colour::green);
    }
  }
  return text;
}

std::string fit(const std::string& text, int width) {
  const auto columns = static_cast<std::size_t>(std::abs(width));
  const std::string space(columns > text.size() ? columns - text.size() : 0, ' ');
  return width < 0 ? space + text : text + space;
}

std::string in_seconds(Clock::duration time) {
  return with_decimals(std::chrono::duration<double>{time}.count(), 1, "s");
}

std::string in_milliseconds(Clock::duration time) {
  const double value = std::chrono::duration<double, std::milli>{time}.count();
  return with_decimals(value, value < 1 ? 3 : value < 10 ? 2 : 0, "ms");
}

}  // namespace demo
