// Whatever stands in a log, and whatever is asked about it, the whole tool neither crashes nor hangs, and
// adds up. For libFuzzer; see fuzz.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <string>

#include "backtest.hpp"
#include "candidates.hpp"
#include "report.hpp"

using namespace backtest;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// A file in memory.
class File {
 public:
  File(const std::uint8_t* data, std::size_t size) : file_{memfd_create("log", 0)} {
    require(file_ >= 0 && write(file_, data, size) == static_cast<ssize_t>(size));
  }
  ~File() { close(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

/// What is asked, by two bytes.
Settings settings_of(std::uint8_t format, std::uint8_t options) {
  const char* const formats[] = {"auto",  "json",    "csv", "logfmt",
                                 "nginx", "haproxy", "w3c", "otlp"};
  Settings settings;
  settings.format = formats[format % std::size(formats)];
  settings.most_unreadable = 100;
  settings.allow_unequal = true;
  settings.allow_truncated = true;
  settings.order.most_held = 1000;
  settings.fields.by.kind = static_cast<KeyBy::Kind>(options % 4);
  if ((options & 4) != 0) settings.callers = 3;
  if ((options & 8) != 0) settings.fields.caller = "client";
  if ((options & 16) != 0) settings.fields.duration_unit = second;
  if ((options & 32) != 0) settings.fields.time_is_begin = (options & 64) != 0;
  settings.candidates = {checked_candidate("consecutive 2, open 1s x2 max 5m"),
                         checked_candidate("slow>1s rate>=50% in 10s, min 2")};
  return settings;
}

void check(const Result& result) {
  std::uint64_t calls = 0;
  for (const Endpoint& endpoint : result.endpoints) {
    calls += endpoint.calls;
    require(endpoint.first >= 0 && endpoint.last >= endpoint.first);
    for (const Trial& trial : endpoint.trials) {
      require(trial.saved + trial.lost + trial.refused_ignored <= endpoint.calls);
      require(trial.open_time >= 0 && trial.waiting_saved >= 0);
    }
  }
  const Input& input = result.input;
  if (input.format.find("spans") == std::string::npos)
    require(calls + input.order.misplaced + input.at_further_endpoints + input.filtered +
                input.tally.unreadable + input.tally.other_lines ==
            input.tally.lines);
  require(!text_report(result, 10).empty() && !html_report(result).empty());
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer asks for this name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const File log{data + 2, size - 2};
  try {
    check(run({log.path()}, settings_of(data[0], data[1])));
  } catch (const std::runtime_error&) {  // InputError, OrderError: refused, in words
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
