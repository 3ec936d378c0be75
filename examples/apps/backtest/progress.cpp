// A line on the terminal, see progress.hpp.
#include "progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>

#include "text.hpp"

namespace backtest {

using namespace std::chrono_literals;

namespace {

constexpr const char* erased = "\r\x1b[2K";

/// **Returns** how long a line may be: one that the terminal breaks can't be erased.
std::size_t room() {
  winsize size{};
  const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return (is_known ? size.ws_col : std::size_t{80}) - 1;
}

/// **Returns** "[=====     ] ", as long as `length`, or nothing if that is too little.
std::string bar(double share, std::size_t length) {
  if (length < 13) return {};
  const std::size_t width = std::min<std::size_t>(length, 33) - 3;
  const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
  return fmt::format("[{:<{}}] ", std::string(full, '='), width);
}

}  // namespace

ProgressLine::ProgressLine() : is_terminal_{isatty(STDERR_FILENO) != 0} {}

ProgressLine::~ProgressLine() {
  if (is_drawn_) std::fputs(erased, stderr);
}

void ProgressLine::show(std::uint64_t bytes, std::uint64_t lines, double share) {
  const Clock::time_point now = Clock::now();
  if (!is_terminal_ || now - start_ < 1s || now - shown_ < 200ms) return;
  shown_ = now;
  is_drawn_ = true;
  const double seconds = std::chrono::duration<double>{now - start_}.count();
  std::string line =
      fmt::format("{:.1f} million lines, {:.0f} MB/s", static_cast<double>(lines) / 1e6,
                  static_cast<double>(bytes) / 1e6 / seconds);
  const std::size_t longest = room();
  if (share > 0.001) {
    const auto left = static_cast<Ticks>(seconds / share * (1 - share) * 1e9);
    line =
        fmt::format("{:.0f} %, {} left, {}", share * 100, in_words(left / second * second), line);
    line = bar(share, longest - std::min(longest, line.size())) + line;
  }
  line.resize(std::min(line.size(), longest));
  std::fputs((erased + line).c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace backtest
