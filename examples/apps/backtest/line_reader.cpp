// A log, line by line, see line_reader.hpp.
#include "line_reader.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "interrupt.hpp"

namespace backtest {

namespace {

constexpr std::size_t chunk = std::size_t{1} << 18;

int open_log(const std::string& path) {
  const int file = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw InputError{path + ": " + std::strerror(errno)};
  struct stat status{};
  if (fstat(file, &status) == 0 && S_ISDIR(status.st_mode)) {
    close(file);
    throw InputError{path + ": is a folder"};
  }
  return file;
}

/// **Returns** how many whole lines `text` has that are no comments; counts no further than 2.
int lines_in(std::string_view text) {
  int lines = 0;
  for (std::size_t end = 0; lines < 2; text.remove_prefix(end + 1)) {
    end = text.find('\n');
    if (end == std::string_view::npos) break;
    if (!text.starts_with('#')) ++lines;
  }
  return lines;
}

/// Whether `begin` is that of a file by gzip.
bool is_gzip(std::string_view begin) { return begin.starts_with("\x1f\x8b"); }

}  // namespace

/// The bytes of a file: those of gzip decompressed by zlib, which checks them, others by libarchive.
class LineReader::Bytes {
 public:
  explicit Bytes(const std::string& path)
      : file_{open_log(path)}, archive_{archive_read_new()}, buffer_(chunk) {
    archive_read_support_filter_bzip2(archive_);
    archive_read_support_filter_xz(archive_);
    archive_read_support_filter_zstd(archive_);
    archive_read_support_filter_lz4(archive_);
    archive_read_support_format_raw(archive_);
    archive_read_support_format_empty(archive_);
  }
  ~Bytes() {
    inflateEnd(&gzip_);
    archive_read_free(archive_);
    close(file_);
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  /// **Returns** how many bytes were read, 0 at the end, or -1 after an error.
  la_ssize_t read(char* into, std::size_t most) {
    if (!std::exchange(has_begun_, true)) {
      const la_ssize_t got = read_file();
      if (got <= 0) return got;
      first_ = static_cast<std::size_t>(got);
      if (is_gzip({buffer_.data(), first_})) return begin_gzip() ? read_gzip(into, most) : -1;
      if (!begin_archive()) return is_empty_ ? 0 : -1;
    }
    return gzip_.state != nullptr ? read_gzip(into, most) : archive_read_data(archive_, into, most);
  }

  /// **Returns** what went wrong, in words.
  [[nodiscard]] std::string error() const {
    if (error_ != 0) return std::strerror(error_);
    const char* const told = is_cut_                  ? "truncated"
                             : gzip_.state != nullptr ? gzip_.msg
                                                      : archive_error_string(archive_);
    const std::string text = told == nullptr ? "can't be read" : told;
    const bool is_cut = text.find("runcated") != std::string::npos;
    return is_cut ? "the compressed file ends in the middle" : text;
  }

  [[nodiscard]] double read_on_disk() const { return static_cast<double>(on_disk_); }

 private:
  /// Fill buffer_. **Returns** as read().
  la_ssize_t read_file() {
    if (!wait_for_input(file_)) return 0;
    const ssize_t got = ::read(file_, buffer_.data(), chunk);
    if (got < 0) error_ = errno;
    if (got > 0) on_disk_ += static_cast<std::uint64_t>(got);
    return got;
  }

  bool begin_archive() {
    archive_entry* entry = nullptr;
    int code = archive_read_open(archive_, this, nullptr, &read_chunk, nullptr);
    if (code >= ARCHIVE_WARN) code = archive_read_next_header(archive_, &entry);
    is_empty_ = code == ARCHIVE_EOF;
    return code != ARCHIVE_EOF && code >= ARCHIVE_WARN;
  }

  static la_ssize_t read_chunk(archive* archive, void* self, const void** buffer) {
    Bytes& bytes = *static_cast<Bytes*>(self);
    *buffer = bytes.buffer_.data();
    if (bytes.first_ > 0) return static_cast<la_ssize_t>(std::exchange(bytes.first_, 0));
    const la_ssize_t got = bytes.read_file();
    if (got < 0) archive_set_error(archive, bytes.error_, "can't be read");
    return got;
  }

  bool begin_gzip() {
    constexpr int gzip_alone = 15 + 16;
    set_input(std::exchange(first_, 0));
    return inflateInit2(&gzip_, gzip_alone) == Z_OK;
  }

  void set_input(std::size_t size) {
    gzip_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
    gzip_.avail_in = static_cast<uInt>(size);
  }

  la_ssize_t read_gzip(char* into, std::size_t most) {
    gzip_.next_out = reinterpret_cast<Bytef*>(into);
    gzip_.avail_out = static_cast<uInt>(most);
    while (gzip_.avail_out == most) {
      if (gzip_.avail_in == 0) {
        const la_ssize_t got = read_file();
        if (got < 0) return got;
        if (got == 0) {  // the end, unless it is in the middle
          is_cut_ = !is_between_;
          return is_cut_ ? -1 : 0;
        }
        set_input(static_cast<std::size_t>(got));
      }
      // Files by gzip may follow each other; what follows them else is no part of the log.
      if (is_between_ && (*gzip_.next_in != 0x1f || inflateReset(&gzip_) != Z_OK)) return 0;
      is_between_ = false;
      const int code = inflate(&gzip_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        is_between_ = true;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return -1;
      }
    }
    return static_cast<la_ssize_t>(most - gzip_.avail_out);
  }

  const int file_;
  archive* const archive_;
  std::vector<char> buffer_;
  std::size_t first_ = 0;  // bytes in buffer_ that were looked at, and are still to be read
  std::uint64_t on_disk_ = 0;
  z_stream gzip_{};
  bool has_begun_ = false;
  bool is_empty_ = false;    // nothing is in the archive
  bool is_between_ = false;  // behind the end of one that gzip made
  bool is_cut_ = false;
  int error_ = 0;  // of the system
};

LineReader::LineReader(const std::string& path)
    : path_{path == "-" ? "standard input" : path},
      bytes_of_log_{std::make_unique<Bytes>(path)},
      buffer_(longest_line + chunk + padding) {}

LineReader::~LineReader() = default;

std::string_view LineReader::peek() {
  while (lines_in({buffer_.data() + begin_, end_ - begin_}) < 2 && fill()) {
  }
  if (begin_ == end_ && !error_.empty()) throw InputError{error_};
  const std::string_view all{buffer_.data() + begin_, end_ - begin_};
  return is_at_end_ ? all : all.substr(0, all.rfind('\n') + 1);
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

double LineReader::read_on_disk() const { return bytes_of_log_->read_on_disk(); }

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
  const la_ssize_t got = bytes_of_log_->read(buffer_.data() + end_, room < chunk ? room : chunk);
  if (got <= 0) {
    is_at_end_ = true;
    if (got < 0 && !is_interrupted()) error_ = path_ + ": " + bytes_of_log_->error();
    return false;
  }
  end_ += static_cast<std::size_t>(got);
  bytes_ += static_cast<std::uint64_t>(got);
  return true;
}

}  // namespace backtest
