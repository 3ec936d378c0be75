// A log, line by line: a file, compressed or not, or the standard input, of any size, in bounded
// memory. What it is compressed with (gzip, bzip2, xz, zstd, lz4) its first bytes tell.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace backtest {

/// The log can't be read, or not to its end.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class LineReader {
 public:
  /// A longer line is told of, not read.
  static constexpr std::size_t longest_line = std::size_t{1} << 20;
  /// So many bytes behind each line may be read (simdjson asks for that).
  static constexpr std::size_t padding = 64;

  struct Line {
    std::string_view text;  ///< Valid until the next call; without its end of line.
    bool is_too_long;       ///< Longer than longest_line: `text` is its beginning.
  };

  /// `path`: "-" is the standard input. **Throws** InputError if it can't be opened. An interrupt (see
  /// interrupt.hpp) is the log's end.
  explicit LineReader(const std::string& path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

  /// **Returns** the beginning of the log in whole lines, without taking it: at least two lines that
  /// do not begin with #, or all there is. Call it before next(). **Throws** InputError if nothing can be read.
  std::string_view peek();

  /// Take the next line. **Returns** false at the end. **Throws** InputError if there is more, but
  /// it can't be read: then `line` is untouched.
  bool next(Line& line);

  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_; }  ///< Decompressed.

  /// **Returns** how many bytes of the file have been read, compressed where it is.
  [[nodiscard]] double read_on_disk() const;

 private:
  class Bytes;  // decompressed

  bool fill();
  bool take_until(std::size_t end, bool ends_with_newline, Line& line);

  std::string path_;
  std::unique_ptr<Bytes> bytes_of_log_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;     // of what was not taken yet, in buffer_
  std::size_t end_ = 0;       // of what was read, in buffer_
  bool is_at_end_ = false;    // nothing is left to read
  bool is_skipping_ = false;  // the rest of a line that is too long
  std::string error_;         // thrown when everything before it was taken
  std::uint64_t bytes_ = 0;
};

}  // namespace backtest
