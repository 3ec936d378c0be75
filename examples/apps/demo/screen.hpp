// What is seen: lines for what happens, and on a terminal a live picture below them.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "load.hpp"
#include "story.hpp"

namespace demo {

enum class Colour { plain, bold, dim, green, yellow, red };

/// Where the story stands, for the live picture.
struct Scene {
  std::string database;
  std::string circuit;
  Clock::duration time;
  std::vector<Payment> payments;
};

/// The standard output. Any thread may use it.
class Screen {
 public:
  explicit Screen(const Story& story);

  /// A line of text.
  void say(const std::string& line = {});

  /// From now on events are told with the time since `start`.
  void set_start(Clock::time_point start);

  /// A line about what happens now.
  void event(const std::string& line, Colour colour);

  /// Draw the live picture, over the last one. Without a terminal, or on a narrow one: nothing.
  void show(const Scene& scene);

  /// Take the live picture away.
  void end_show();

  /// **Returns** `text` in colour, if there are colours.
  [[nodiscard]] std::string paint(const std::string& text, Colour colour) const;

  /// **Returns** how the payments went, one cell for each second of real time.
  [[nodiscard]] std::string ribbon(const std::vector<Payment>& payments) const;

 private:
  void print(const std::string& text);  // requires mutex_

  const Story story_;
  const bool is_terminal_;
  const bool has_room_;  // for the live picture
  std::mutex mutex_;
  Clock::time_point start_;  // guarded by mutex_
  std::string live_;         // guarded by mutex_; two lines, or nothing
};

/// **Returns** `text` in `width` columns, to the left or (negative) to the right.
[[nodiscard]] std::string fit(const std::string& text, int width);

/// **Returns** "1.2 s".
[[nodiscard]] std::string in_seconds(Clock::duration time);

/// **Returns** "0.012 ms", or more coarsely "12 ms".
[[nodiscard]] std::string in_milliseconds(Clock::duration time);

}  // namespace demo
