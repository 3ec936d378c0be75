// What log collectors put around each line, see envelope.hpp.
#include "envelope.hpp"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "line_reader.hpp"
#include "text.hpp"

namespace backtest {

namespace {

/// Lines that come in parts, each stream's in their order.
class Parts {
 public:
  /// A further part of a line, not its last.
  void add(std::string_view stream, std::string_view part) {
    std::string& parts = of(stream);
    if (parts.size() <= LineReader::longest_line) parts += part;
  }
  /// **Returns** the line that ends with `last`, with padding, valid until the next call.
  std::string_view join(std::string_view stream, std::string_view last) {
    line_.assign(std::exchange(of(stream), {})).append(last);
    const std::size_t size = line_.size();
    line_.append(LineReader::padding, '\0');
    return std::string_view{line_}.substr(0, size);
  }
  void forget() { of_stdout_ = of_stderr_ = {}; }

 private:
  std::string& of(std::string_view stream) { return stream == "stderr" ? of_stderr_ : of_stdout_; }

  std::string of_stdout_;
  std::string of_stderr_;
  std::string line_;
};

/// A JSON object with the line as a string in it, beside another string.
class InJson : public Envelope {
 public:
  InJson(std::string name, std::string key, std::string other_key)
      : name_{std::move(name)}, key_{std::move(key)}, other_key_{std::move(other_key)} {}

  Opened open(std::string_view line, std::string_view& inner) override {
    using namespace simdjson;
    ondemand::document document;
    ondemand::object object;
    std::string_view text;
    std::string_view other;
    if (!line.starts_with('{') ||
        parser_.iterate(line.data(), line.size(), line.size() + SIMDJSON_PADDING).get(document) !=
            SUCCESS ||
        document.get_object().get(object) != SUCCESS ||
        object.find_field_unordered(key_).get_string().get(text) != SUCCESS ||
        object.find_field_unordered(other_key_).get_string().get(other) != SUCCESS)
      return Opened::none;
    return open_text(text, other, inner);
  }
  void restart() override { parts_.forget(); }
  [[nodiscard]] std::string name() const override { return name_; }

 protected:
  virtual Opened open_text(std::string_view text, std::string_view other, std::string_view& inner) {
    inner = parts_.join(other, text.substr(0, text.find_last_not_of("\r\n") + 1));
    return Opened::whole;
  }

  Parts parts_;

 private:
  std::string name_;
  std::string key_;
  std::string other_key_;
  simdjson::ondemand::parser parser_;
};

/// A line longer than 16 KB comes in parts: all but the last are that long, and end without the line's end.
class InDocker : public InJson {
 public:
  InDocker() : InJson{"docker's json-file", "log", "stream"} {}

 private:
  static constexpr std::size_t longest_part = std::size_t{16} << 10;

  Opened open_text(std::string_view text, std::string_view stream,
                   std::string_view& inner) override {
    if (text.size() < longest_part || text.ends_with('\n'))
      return InJson::open_text(text, stream, inner);
    parts_.add(stream, text);
    return Opened::part;
  }
};

/// Take the word at the beginning of `line`, and the blanks behind it.
std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return word;
}

/// "2026-11-23T18:00:00.031877123Z stdout F …"; a long line comes in parts, P each, the last F.
class InCri : public Envelope {
 public:
  Opened open(std::string_view line, std::string_view& inner) override {
    if (!parse_time(take_word(line))) return Opened::none;
    const std::string_view stream = take_word(line);
    if (stream != "stdout" && stream != "stderr") return Opened::none;
    if (line.starts_with("P ")) {
      parts_.add(stream, line.substr(2));
      return Opened::part;
    }
    if (!line.starts_with("F ")) return Opened::none;
    inner = parts_.join(stream, line.substr(2));
    return Opened::whole;
  }
  void restart() override { parts_.forget(); }
  [[nodiscard]] std::string name() const override { return "CRI"; }

 private:
  Parts parts_;
};

/// "Nov 23 18:00:00 host tag: …", "2026-11-23T18:00:00Z host tag: …", both perhaps with <190> before
/// them, and "<190>1 2026-11-23T18:00:00Z host app 12 - - …".
class InSyslog : public Envelope {
 public:
  Opened open(std::string_view line, std::string_view& inner) override {
    if (line.starts_with('<')) {
      const std::size_t end = line.find('>');
      if (end > 4 || !parse_count(line.substr(1, end - 1))) return Opened::none;
      line.remove_prefix(end + 1);
      if (line.starts_with("1 "))
        return open_5424(line.substr(2), inner) ? Opened::whole : Opened::none;
    }
    if (line.size() > 15 && line[3] == ' ' && line[6] == ' ' && line[9] == ':' && line[12] == ':') {
      line.remove_prefix(std::min<std::size_t>(16, line.size()));
    } else if (line.size() < 20 || line[4] != '-' || !parse_time(take_word(line))) {
      return Opened::none;
    }
    take_word(line);  // the host
    if (!take_word(line).ends_with(':') || line.empty()) return Opened::none;
    inner = line;
    return Opened::whole;
  }
  [[nodiscard]] std::string name() const override { return "syslog"; }

 private:
  static bool open_5424(std::string_view line, std::string_view& inner) {
    constexpr std::string_view mark = "\xef\xbb\xbf";  // of UTF-8
    if (!parse_time(take_word(line))) return false;
    for (int i = 0; i < 4; ++i) take_word(line);  // host, application, process, message
    if (line.starts_with("- ")) {
      line.remove_prefix(2);
    } else {
      const std::size_t end = line.find("] ");
      if (!line.starts_with('[') || end == std::string_view::npos) return false;
      line.remove_prefix(end + 2);
    }
    if (line.starts_with(mark)) line.remove_prefix(mark.size());
    inner = line;
    return true;
  }
};

/// "web_1  | …"
class InCompose : public Envelope {
 public:
  Opened open(std::string_view line, std::string_view& inner) override {
    if (line.empty() || line[0] == '[' || line[0] == '{') return Opened::none;
    take_word(line);
    if (!line.starts_with("| ")) return Opened::none;
    inner = line.substr(2);
    return Opened::whole;
  }
  [[nodiscard]] std::string name() const override { return "docker compose"; }
};

}  // namespace

std::vector<std::unique_ptr<Envelope>> all_envelopes() {
  std::vector<std::unique_ptr<Envelope>> all;
  all.push_back(std::make_unique<InDocker>());
  all.push_back(std::make_unique<InJson>("journald's export", "MESSAGE", "__REALTIME_TIMESTAMP"));
  all.push_back(std::make_unique<InCri>());
  all.push_back(std::make_unique<InSyslog>());
  all.push_back(std::make_unique<InCompose>());
  return all;
}

}  // namespace backtest
