// Whatever stands in a log, reading it neither crashes nor hangs, and what is read makes sense. For
// libFuzzer; see fuzz.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "candidate.hpp"
#include "format.hpp"
#include "judge.hpp"
#include "line_reader.hpp"

using namespace backtest;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// The text in a place of its own, so that reading behind it is found; with the room that a format
/// may read.
class Padded {
 public:
  explicit Padded(std::string_view text)
      : size_{text.size()}, bytes_{new char[text.size() + LineReader::padding]{}} {
    text.copy(bytes_.get(), text.size());
  }
  [[nodiscard]] std::string_view text() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

void read_lines(Format& format, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const Padded line{text.substr(0, end)};
    text.remove_prefix(std::min(end + 1, text.size()));
    Record record;
    if (format.parse(line.text(), record) != Fault::none) continue;
    do {
      require(record.took >= 0 && record.time.at >= 0);
      require(record.outcome || (record.status >= 0 && record.status <= 999));
      static_cast<void>(Judge{}.judge(record));
      const std::string key{record.key};  // it must be readable
      require(key.size() == record.key.size());
    } while (format.next(record));
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer asks for this name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const char* const names[] = {"nginx", "apache",  "envoy", "json",
                               "csv",   "haproxy", "auto",  "$msec|$host|\"$request\"|$status|$rt",
                               "w3c",   "logfmt",  "otlp",  "ecs"};
  const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};
  Fields fields;
  fields.by.kind = static_cast<KeyBy::Kind>(data[1] % 5);
  fields.by.column = "team";
  if (data[0] == 0xff) {
    try {
      const Candidate candidate = parse_candidate(text);
      require(parse_candidate(candidate.in_words()) == candidate);
    } catch (const std::invalid_argument&) {
    }
    return 0;
  }
  try {
    const Padded sample{text};
    const auto format =
        find_format(names[data[0] % std::size(names)], sample.text(), fields).format;
    read_lines(*format, text);
  } catch (const std::invalid_argument&) {  // the format is not known
  }
  return 0;
}
