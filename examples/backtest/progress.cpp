// A line on the terminal, see progress.hpp.
#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "text.hpp"

namespace backtest {

using namespace std::chrono_literals;

ProgressLine::ProgressLine() : is_terminal_{isatty(STDERR_FILENO) != 0} {}

ProgressLine::~ProgressLine() {
  if (is_drawn_) std::fputs("\r\x1b[2K", stderr);
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
  if (share > 0.001) {
    constexpr int width = 30;
    const auto full = static_cast<std::size_t>(share * width);
    const auto left = static_cast<Ticks>(seconds / share * (1 - share) * 1e9);
    line = fmt::format("[{:<{}}] {:.0f} %, {}, {} left", std::string(full, '='), width, share * 100,
                       line, in_words(left / second * second));
  }
  std::fputs(("\r\x1b[2K" + line).c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace backtest
