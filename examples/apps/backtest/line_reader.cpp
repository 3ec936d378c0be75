// A log, line by line, see line_reader.hpp.
#include "line_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace backtest {

namespace {

constexpr unsigned chunk = 1U << 18;

gzFile open_log(const std::string& path) {
  const int file = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw InputError{path + ": " + std::strerror(errno)};
  struct stat status{};
  if (fstat(file, &status) == 0 && S_ISDIR(status.st_mode)) {
    close(file);
    throw InputError{path + ": is a folder"};
  }
  const gzFile opened = gzdopen(file, "rb");  // reads what is not compressed as it is
  if (opened == nullptr) {
    close(file);
    throw InputError{path + ": no memory to read it"};
  }
  gzbuffer(opened, chunk);
  return opened;
}

}  // namespace

LineReader::LineReader(const std::string& path)
    : path_{path == "-" ? "standard input" : path},
      file_{open_log(path)},
      buffer_(longest_line + chunk + padding) {}

LineReader::~LineReader() { gzclose(file_); }

std::string_view LineReader::peek() {
  while (std::memchr(buffer_.data() + begin_, '\n', end_ - begin_) == nullptr && fill()) {
  }
  if (begin_ == end_ && !error_.empty()) throw InputError{error_};
  return {buffer_.data() + begin_, end_ - begin_};
}

bool LineReader::next(Line& line) {
  std::size_t searched = begin_;
  for (;;) {
    const void* found = std::memchr(buffer_.data() + searched, '\n', end_ - searched);
    if (found != nullptr) {
      const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      if (take_until(at, true, line)) return true;
      searched = begin_;  // that was the end of a line that is too long, told of before
      continue;
    }
    if (is_skipping_) begin_ = end_;
    if (end_ - begin_ > longest_line) {
      line = {{buffer_.data() + begin_, longest_line}, true};
      begin_ = end_;
      is_skipping_ = true;
      return true;
    }
    const std::size_t ahead = end_ - begin_;
    if (!fill()) {
      if (!error_.empty()) throw InputError{error_};
      return begin_ < end_ && take_until(end_, false, line);
    }
    searched = begin_ + ahead;
  }
}

double LineReader::read_on_disk() const { return static_cast<double>(gzoffset(file_)); }

/// **Returns** false if what is taken is the rest of a line that is too long.
bool LineReader::take_until(std::size_t end, bool ends_with_newline, Line& line) {
  std::size_t length = end - begin_;
  if (length > 0 && buffer_[end - 1] == '\r') --length;
  const bool is_too_long = length > longest_line;
  const std::string_view text{buffer_.data() + begin_, is_too_long ? longest_line : length};
  begin_ = ends_with_newline ? end + 1 : end;
  if (is_skipping_) {
    is_skipping_ = false;
    return false;
  }
  line = {text, is_too_long};
  return true;
}

/// Read more, behind what is there. **Returns** false at the end, or at an error.
bool LineReader::fill() {
  if (is_at_end_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t room = buffer_.size() - padding - end_;
  if (room == 0) return false;
  const int got =
      gzread(file_, buffer_.data() + end_, room < chunk ? static_cast<unsigned>(room) : chunk);
  int code = Z_OK;
  const char* text = gzerror(file_, &code);
  if (got <= 0) is_at_end_ = true;
  if (code == Z_BUF_ERROR) {
    error_ = path_ + ": the compressed file ends in the middle";
    is_at_end_ = got <= 0;
  } else if (got < 0) {
    const std::string_view told = text;  // "<fd:3>: what it is"
    const std::size_t colon = told.find(": ");
    error_ = path_ + ": ";
    error_ += code == Z_ERRNO                   ? std::strerror(errno)
              : colon == std::string_view::npos ? told
                                                : told.substr(colon + 2);
  }
  if (got <= 0) return false;
  end_ += static_cast<std::size_t>(got);
  bytes_ += static_cast<std::uint64_t>(got);
  return true;
}

}  // namespace backtest
