// What the readers of formats do with lines that are not as usual. The usual ones: formats_test.cpp.
#include "format.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "line_reader.hpp"
#include "support/catch.hpp"

using namespace backtest;

namespace {

const std::string nginx =
    R"(10.0.0.7 - - [23/Nov/2026:18:54:23 +0000] "POST /api/pay?x=1 HTTP/1.1" 503 24 "-" "wrk" 0.023)";
const std::string envoy =
    R"([2026-11-23T18:54:23.100Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" )"
    R"("nsq2http" "cc21d9b0" "locations" "tcp://10.0.2.1:80")";
const std::string json =
    R"({"time":"2026-11-23T18:54:23+00:00","request_time":0.023,"status":"502","host":"pay","n":1})";
const std::string csv = "time,duration,status,team\n1795460063.5,0.023,200,blue\n";

constexpr Ticks instant = Ticks{1'795'460'063} * second;

/// A log's text, with the room behind it that a reader's lines have.
class Log {
 public:
  explicit Log(std::string text) : text_{std::move(text)} { text_.append(64, '\0'); }
  [[nodiscard]] std::string_view text() const {
    return std::string_view{text_}.substr(0, text_.size() - 64);
  }

 private:
  std::string text_;
};

struct Read {
  Fault fault;
  Record record;
  std::string key;
};

Read read(const std::string& name, const std::string& line, const Fields& fields = {},
          const std::string& sample = {}) {
  const Log log{line};
  const Log beginning{sample.empty() ? line : sample};
  const auto format = find_format(name, beginning.text(), fields).format;
  Read read{};
  read.fault = format->parse(log.text(), read.record);
  if (read.fault == Fault::none) read.key = read.record.key;
  return read;
}

std::string detected(const std::string& sample, const Fields& fields = {}) {
  const Log log{sample};
  return find_format("auto", log.text(), fields).format->name();
}

Fields by(KeyBy::Kind kind, int segments = 1, const std::string& column = {}) {
  Fields fields;
  fields.by = {kind, segments, column};
  return fields;
}

}  // namespace

TEST_CASE("a line of JSON is read by its keys, whether numbers are quoted or not") {
  const Read line = read("json", json, by(KeyBy::Kind::host));

  REQUIRE(line.fault == Fault::none);
  CHECK(line.record.time.at == instant);
  CHECK(line.record.took == 23'000'000);
  CHECK(line.record.status == 502);
  CHECK(line.key == "pay");
}

TEST_CASE("keys of JSON can be named") {
  Fields fields;
  fields.names = {{Role::duration, "ms"}, {Role::outcome, "good"}};
  fields.duration_unit = 1'000'000;

  const Read line = read("json", R"({"ms":5,"good":false,"ts":1795460063.5})", fields);

  REQUIRE(line.fault == Fault::none);
  CHECK(line.record.took == 5'000'000);
  CHECK(line.record.outcome == Verdict::failure);
}

TEST_CASE("CSV is read by its header, in any order, with quotes") {
  const std::string header = "team,\"duration_ms\",outcome,time\nred,1,ok,1795460063";

  const Read line = read("csv", R"("blue, ""the"" team",1.5,timeout,1795460063)",
                         by(KeyBy::Kind::column, 1, "team"), header);

  REQUIRE(line.fault == Fault::none);
  CHECK(line.record.took == 1'500'000);
  CHECK(line.record.outcome == Verdict::failure);
  CHECK(line.key == R"(blue, "the" team)");
}

TEST_CASE("CSV without a header is time, duration, outcome or status") {
  CHECK(read("csv", "1795460063,0.5,ok").record.outcome == Verdict::success);
  CHECK(read("csv", "1795460063;0.5;404").record.status == 404);
  CHECK_FALSE(find_format("csv", "1795460063,0.5,ok\n", {}).format->has_header());
  CHECK(find_format("csv", csv, {}).format->has_header());
}

TEST_CASE("an nginx log_format of one's own is a format") {
  const std::string format = R"($msec|$host|"$request"|$status|$request_time)";

  const Read line = read(format, R"(1795460063.250|pay.local|"GET /x HTTP/1.1"|200|0.010)",
                         by(KeyBy::Kind::host));

  REQUIRE(line.fault == Fault::none);
  CHECK(line.record.time.at == instant + second / 4);
  CHECK(line.key == "pay.local");
}

TEST_CASE("a log_format that lacks what is needed is refused with a sentence") {
  CHECK_THROWS_WITH(find_format("$msec $status", "1 200", {}),
                    "the fields have no duration (name it: --field duration=NAME)");
  CHECK_THROWS_AS(find_format("$msec$status $request_time", "1", {}), std::invalid_argument);
}

TEST_CASE("some unreadable lines do not hide the format, and nothing is taken for one") {
  CHECK(detected(nginx + "\ngarbage\n" + nginx + "\n") == "nginx combined + $request_time");
  CHECK_THROWS_AS(detected("hello\nworld\n"), std::invalid_argument);
  CHECK_THROWS_AS(detected(std::string("\x7f"
                                       "ELF\0\1\2\n",
                                       8)),
                  std::invalid_argument);
}

TEST_CASE("calls are told apart by upstream, host or a prefix of the path") {
  const std::string line = nginx + " 10.0.0.1:80 pay.local";

  CHECK(read("nginx", line, by(KeyBy::Kind::upstream)).key == "10.0.0.1:80");
  CHECK(read("nginx", line, by(KeyBy::Kind::host)).key == "pay.local");
  CHECK(read("nginx", line, by(KeyBy::Kind::path_prefix)).key == "/api");
  CHECK(read("nginx", line, by(KeyBy::Kind::path_prefix, 2)).key == "/api/pay");
  CHECK(read("nginx", line, by(KeyBy::Kind::path_prefix, 9)).key == "/api/pay");
  CHECK(read("nginx", nginx, by(KeyBy::Kind::host)).key.empty());
}

TEST_CASE("lines of one time, and of others, each have their own") {
  const Log log{nginx};
  const auto format = find_format("auto", log.text(), {}).format;
  std::string later = nginx;
  later.replace(later.find("18:54:23"), 8, "18:54:24");
  std::string wrong = nginx;
  wrong.replace(wrong.find("18:54:23"), 8, "18:54:99");
  Record record;
  const auto time_of = [&](const std::string& line) {
    const Log one{line};
    CHECK(format->parse(one.text(), record) == Fault::none);
    return record.time.at;
  };
  CHECK(time_of(nginx) == instant);
  CHECK(time_of(nginx) == instant);
  CHECK(time_of(later) == instant + second);
  const Log bad{wrong};
  CHECK(format->parse(bad.text(), record) == Fault::bad_time);
  CHECK(time_of(later) == instant + second);
  CHECK(time_of(nginx) == instant);
}

TEST_CASE("what is wrong with a line is named") {
  const auto fault = [](const std::string& from, const std::string& to) {
    std::string line = nginx;
    line.replace(line.find(from), from.size(), to);
    return read("nginx", line, {}, nginx).fault;
  };
  CHECK(fault("23/Nov", "33/Nov") == Fault::bad_time);
  CHECK(fault(" 503 ", " fine ") == Fault::bad_status);
  CHECK(fault(" 0.023", " fast") == Fault::bad_duration);
  CHECK(fault(" 0.023", "") == Fault::other_format);
  CHECK(fault(" 0.023", " 0.023 more") == Fault::other_format);
  CHECK(read("json", R"({"request_time":1,"status":200})", {}, json).fault == Fault::no_time);
  CHECK(read("json", R"({"time":1,)", {}, json).fault == Fault::other_format);
  CHECK(read("json", R"({"time":1,"msg":"warm"})", {}, json).fault == Fault::no_call);
  CHECK(read("csv", "soon,1,200,blue", {}, csv).fault == Fault::bad_time);
  CHECK(read("csv", "1795460063,1,200", {}, csv).fault == Fault::other_format);
}

TEST_CASE("a call counts whose duration is not told, and what can be read of a bad line is there") {
  for (const char* none : {"-", "-1"}) {
    const Read line = read("nginx", nginx.substr(0, nginx.size() - 5) + none, {}, nginx);
    REQUIRE(line.fault == Fault::none);
    CHECK_FALSE(line.record.knows_took);
    CHECK(line.record.status == 503);
  }
  const Read line = read("nginx", nginx.substr(0, nginx.size() - 5) + "fast", {}, nginx);
  CHECK(line.fault == Fault::bad_duration);
  CHECK(line.record.status == 503);
}

TEST_CASE("a call that begins before 1970 or ends after 2200 is out of range") {
  CHECK(read("json", R"({"time":2,"request_time":5,"status":200})", {}, json).fault ==
        Fault::out_of_range);
  std::string line = R"({"start_time":"2026-12-31T23:59:59Z","duration":"5s","status":200})";
  const std::string sample = line;
  line.replace(line.find("2026"), 4, "2200");
  CHECK(read("json", line, {}, sample).fault == Fault::out_of_range);
}

TEST_CASE("keys of JSON that only later lines have are found") {
  const std::string sample = R"({"time":1795460063.5,"http":{"status":200},"latency":"5ms"})";
  Fields fields;
  fields.names = {{Role::status, "http.status"}};
  const Log log{sample};
  const Log later{R"({"time":1795460063.5,"http":{"status":502},"took":{"x":1},"up":"b"})"};
  fields.by = {KeyBy::Kind::column, 1, "up"};
  const auto format = find_format("json", log.text(), fields).format;
  Record record;
  REQUIRE(format->parse(later.text(), record) == Fault::none);
  CHECK(record.status == 502);
  CHECK_FALSE(record.knows_took);
}

TEST_CASE("several spans in a line are several calls") {
  const std::string span = R"({"kind":3,"startTimeUnixNano":"1795460063250000000",)"
                           R"("endTimeUnixNano":"1795460063260000000"})";
  const Log log{R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + span + "," + span + "]}]}]}"};
  const auto format = find_format("auto", log.text(), {}).format;
  Record record;
  REQUIRE(format->parse(log.text(), record) == Fault::none);
  REQUIRE(format->next(record));
  CHECK(record.took == 10'000'000);
  CHECK_FALSE(format->next(record));
}

TEST_CASE("a line that CRI has cut into parts is one call, whatever comes between them") {
  const std::string stamp = "2026-11-23T18:54:23.031877123Z ";
  const std::string whole = stamp + "stdout F " + nginx + '\n';
  const Log log{whole + stamp + "stdout P " + nginx.substr(0, 30) + '\n'};  // is cut there, too
  const auto format = find_format("auto", log.text(), {}).format;
  Record record;
  const auto fault_of = [&](const std::string& flags, const std::string& text) {
    const Log line{stamp + flags + text};
    return format->parse(line.text(), record);
  };
  CHECK(fault_of("stdout F ", nginx) == Fault::none);
  CHECK(fault_of("stdout P ", nginx.substr(0, 40)) == Fault::no_call);
  CHECK(fault_of("stderr P ", "[error] connect() ") == Fault::no_call);
  CHECK(fault_of("stdout P ", nginx.substr(40, 10)) == Fault::no_call);
  CHECK(fault_of("stdout F ", nginx.substr(50)) == Fault::none);
  CHECK(record.status == 503);
  CHECK(record.took == 23'000'000);
  CHECK(record.time.at == instant);
  CHECK(fault_of("stderr F ", "failed") == Fault::other_format);
  CHECK(fault_of("stdout F ", nginx) == Fault::none);
}

TEST_CASE(
    "a line that docker has cut into parts of 16 KB is one call, whatever comes between them") {
  std::string whole = nginx;
  whole.replace(whole.find("wrk"), 3, std::string(40'000, 'x'));
  const auto wrapped = [](const std::string& text, const std::string& stream) {
    return nlohmann::json{{"log", text}, {"stream", stream}, {"time", "2026-11-23T18:54:23.03Z"}}
        .dump();
  };
  const Log log{wrapped(nginx + '\n', "stdout")};
  const auto format = find_format("auto", log.text(), {}).format;
  Record record;
  const auto fault_of = [&](const std::string& text, const std::string& stream) {
    const Log line{wrapped(text, stream)};
    return format->parse(line.text(), record);
  };
  CHECK(fault_of(whole.substr(0, 16'384), "stdout") == Fault::no_call);
  CHECK(fault_of(std::string(16'384, '!'), "stderr") == Fault::no_call);
  CHECK(fault_of(whole.substr(16'384, 16'384), "stdout") == Fault::no_call);
  CHECK(fault_of(whole.substr(32'768) + '\n', "stdout") == Fault::none);
  CHECK(record.status == 503);
  CHECK(record.took == 23'000'000);
  CHECK(record.time.at == instant);
  CHECK(fault_of("!\n", "stderr") == Fault::other_format);
  CHECK(fault_of(nginx, "stdout") == Fault::none);  // some collectors take the line's end away
}

TEST_CASE("a condition holds where the field has that value") {
  Fields fields;
  fields.where = {{"status", "503"}, {"remote_addr", "10.0.0.8"}};
  CHECK(read("nginx", nginx, fields).record.meets == 1);
  fields.where[1].value = "10.0.0.7";
  CHECK(read("nginx", nginx, fields).record.meets == 3);
  fields.where[1].name = "nowhere";
  CHECK(read("nginx", nginx, fields).record.meets == 1);
}

TEST_CASE("whether times are whole seconds is seen in the log's beginning") {
  CHECK(find_format("auto", nginx, {}).whole_seconds);
  CHECK_FALSE(find_format("auto", envoy, {}).whole_seconds);
}
