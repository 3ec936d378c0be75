// The logs as one stream of calls: each file read in its format, all of them in the order of time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "format.hpp"
#include "judge.hpp"
#include "line_reader.hpp"

namespace backtest {

/// A line that could not be read.
struct BadLine {
  std::string path;
  std::uint64_t number;
  Fault fault;
  std::string text;  ///< Its beginning.
};

/// What was read.
struct Tally {
  static constexpr std::size_t most_bad_lines = 5;

  std::uint64_t lines = 0;        ///< Without empty ones.
  std::uint64_t bytes = 0;        ///< Decompressed.
  std::uint64_t other_lines = 0;  ///< That are no calls: neither a duration nor a status.
  std::uint64_t unreadable = 0;
  std::uint64_t unreadable_judged = 0;    ///< Of these: where the outcome could be read …
  std::uint64_t unreadable_failures = 0;  ///< … and it is a failure.
  std::vector<BadLine> bad_lines = {};    ///< The first of them.
  std::string truncated = {};             ///< Why a file was not read to its end; empty: it was.
};

/// One file, from call to call.
class Source {
 public:
  /// **Throws** InputError if the file can't be opened, or its format is not known.
  Source(const std::string& path, const std::string& format, const Fields& fields,
         const Judge& judge);

  /// Take the next call into record(); what can't be read is added to `tally`. **Returns** false at
  /// the end. **Throws** InputError if there is more, but it can't be read.
  bool next(Tally& tally);

  /// Valid until next().
  [[nodiscard]] const Record& record() const { return record_; }

  [[nodiscard]] bool is_empty() const { return format_ == nullptr; }
  [[nodiscard]] const Format& format() const { return *format_; }
  [[nodiscard]] bool whole_seconds() const { return whole_seconds_; }
  [[nodiscard]] const LineReader& reader() const { return reader_; }

 private:
  void note(const LineReader::Line& line, Fault fault, Tally& tally) const;

  LineReader reader_;
  const Judge& judge_;
  std::unique_ptr<Format> format_;  // none: the file is empty
  bool whole_seconds_ = false;
  std::uint64_t number_ = 0;  // of the line
  Record record_;
};

/// Several files: rotated logs, in whatever order they are named, and logs of replicas, which overlap.
/// The calls come in the order of time as far as each file has them so. A file is opened when its
/// first call is due and closed at its end, so that memory does not grow with their number.
class Sources {
 public:
  struct Settings {
    std::string format = "auto";
    Fields fields = {};
    Judge judge = {};
    bool allow_truncated = false;
  };

  /// Called for each call. `share`: of the logs' bytes, what was read; -1: not known.
  using Sink = std::function<void(const Record& record)>;

  /// Looks at the beginning of each. **Throws** InputError if one can't be read, if all are empty, or
  /// if some log when calls begin and others when they end.
  Sources(const std::vector<std::string>& paths, const Settings& settings);

  /// Read all of them, or until there is an interrupt. **Throws** InputError.
  void read(const Sink& sink);

  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] const std::vector<std::string>& empty() const { return empty_; }
  [[nodiscard]] const std::vector<std::string>& formats() const { return formats_; }
  [[nodiscard]] const Layout& layout() const { return layout_; }  ///< Of the first one.
  [[nodiscard]] bool whole_seconds() const { return whole_seconds_; }
  [[nodiscard]] std::uint64_t bytes() const;  ///< Read so far, decompressed.
  [[nodiscard]] double share_read() const;    ///< Of the bytes on disk; -1: not known.

 private:
  struct Waiting {
    std::string path;
    Ticks first;
    std::unique_ptr<Source> source;  ///< Where it can't be opened a second time.
  };

  std::unique_ptr<Source> open(const std::string& path) const;
  void look_at(const std::string& path, bool is_alone);
  void start_next();
  bool advance(Source& source);
  std::size_t earliest() const;

  const Settings settings_;
  std::vector<Waiting> waiting_;  // the latest first
  std::vector<std::unique_ptr<Source>> open_;
  Tally tally_;
  std::vector<std::string> empty_;
  std::vector<std::string> formats_;
  Layout layout_;
  bool whole_seconds_ = false;
  double on_disk_ = 0;    // bytes of all files; 0: not known
  double done_disk_ = 0;  // bytes of the files that were read
};

}  // namespace backtest
