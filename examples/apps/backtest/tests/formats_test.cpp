// Each format of the table reads its samples, and is found by them.
#include "formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "format.hpp"
#include "support/catch.hpp"

using namespace backtest;

namespace {

/// A log's text, with the room behind it that a reader's lines have.
class Log {
 public:
  explicit Log(std::string_view text) : text_{text} { text_.append(64, '\0'); }
  [[nodiscard]] std::string_view text() const {
    return std::string_view{text_}.substr(0, text_.size() - 64);
  }
  [[nodiscard]] std::string_view last_line() const { return text().substr(text().rfind('\n') + 1); }

 private:
  std::string text_;
};

std::string short_duration(Ticks ticks) {
  for (const auto& [unit, name] : {std::pair{second, "s"}, {1'000'000, "ms"}, {1'000, "us"}})
    if (ticks % unit == 0) return fmt::format("{}{}", ticks / unit, name);
  return fmt::format("{}ns", ticks);
}

std::string outcome_of(const Record& record) {
  if (record.is_aborted) return "aborted";
  if (record.outcome) return *record.outcome == Verdict::success ? "success" : "failure";
  return std::to_string(record.status);
}

/// What the format called `name` says of the last line of `sample`, as Sample::says has it.
std::string read(const std::string& name, std::string_view sample) {
  std::string text;
  for (const auto kind : {KeyBy::Kind::upstream, KeyBy::Kind::path_prefix}) {
    Fields fields;
    fields.by.kind = kind;
    const Log log{sample};
    const Log line{log.last_line()};
    const FoundFormat found = find_format(name, log.text(), fields);
    Record record;
    const Fault fault = found.format->parse(line.text(), record);
    if (fault == Fault::no_call && found.format->next(record)) continue;
    if (fault != Fault::none) return to_string(fault);
    if (text.empty()) {
      const bool is_whole = record.time.at % second == 0;
      text = (found.format->layout().time_is_begin ? "b " : "e ") + date_and_time(record.time.at) +
             (is_whole ? "" : time_of_day(record.time.at).substr(8)) + " " +
             (record.knows_took ? short_duration(record.took) : "-") + " " + outcome_of(record);
    }
    const std::string key{record.key};
    text += " " + (key.empty() ? "-" : key);
  }
  return text;
}

}  // namespace

TEST_CASE("each format that is known reads its samples") {
  for (const KnownFormat& known : known_formats()) {
    REQUIRE_FALSE(known.samples.empty());
    for (const Sample& sample : known.samples) {
      CAPTURE(known.title, sample.log);
      CHECK(read(std::string{known.name}, sample.log) == sample.says);
    }
  }
}

TEST_CASE("each format that is known is found by its samples, or asks for its name") {
  for (const KnownFormat& known : known_formats()) {
    for (const Sample& sample : known.samples) {
      CAPTURE(known.title, sample.log);
      const Log log{sample.log};
      if (known.found != KnownFormat::Found::never) {
        CHECK(find_format("auto", log.text(), {}).format->name() == known.title);
      } else if (known.shape == KnownFormat::Shape::text) {
        CHECK_THROWS_AS(find_format("auto", log.text(), {}), std::invalid_argument);
      }
    }
  }
}

TEST_CASE("no other format reads a sample in text as something else") {
  for (const KnownFormat& known : known_formats()) {
    if (known.shape != KnownFormat::Shape::text) continue;
    for (const Sample& sample : known.samples) {
      const Log log{std::string{sample.log} + " and more of it"};
      CAPTURE(known.title, sample.log);
      if (!known.fields.ends_with("$*"))
        CHECK_THROWS_AS(find_format("auto", log.text(), {}), std::invalid_argument);
    }
  }
}

TEST_CASE("whatever a collector puts around a line is taken away") {
  const std::string nginx =
      R"(10.0.0.7 - - [23/Nov/2026:18:54:23 +0000] "GET /a HTTP/1.1" 503 24 "-" "wrk" 0.023)";
  std::string escaped = nginx;
  for (std::size_t at = 0; (at = escaped.find('"', at)) != std::string::npos; at += 2)
    escaped.insert(at, "\\");
  for (const std::string& wrapped :
       {R"({"log":")" + escaped + R"(\n","stream":"stdout","time":"2026-11-23T18:54:23.1Z"})",
        R"({"__REALTIME_TIMESTAMP":"1795460063000000","MESSAGE":")" + escaped + R"("})",
        "2026-11-23T18:54:23.031877123Z stdout F " + nginx, "Nov 23 18:54:23 web1 nginx: " + nginx,
        "<190>Nov 23 18:54:23 web1 nginx: " + nginx,
        "2026-11-23T18:54:23.031877+00:00 web1 nginx[12]: " + nginx,
        "<190>1 2026-11-23T18:54:23Z web1 nginx 12 - - " + nginx,
        R"(<190>1 2026-11-23T18:54:23Z web1 nginx 12 - [a@1 b="c"] )" + nginx,
        "web_1  | " + nginx}) {
    CAPTURE(wrapped);
    CHECK(read("auto", wrapped) == "e 2026-11-23 18:54:23 23ms 503 - /a");
    CHECK(read("nginx", wrapped) == "e 2026-11-23 18:54:23 23ms 503 - /a");
  }
  const std::string twice = R"({"log":"Nov 23 18:54:23 web1 nginx: )" + escaped +
                            R"(\n","stream":"stdout","time":"2026-11-23T18:54:23.1Z"})";
  CHECK(read("auto", twice) == "e 2026-11-23 18:54:23 23ms 503 - /a");
}
