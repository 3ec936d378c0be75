// Whole runs: a recorded log, and logs that are not as they should be.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "backtest.hpp"
#include "candidates.hpp"
#include "line_reader.hpp"
#include "support/catch.hpp"
#include "text.hpp"

using namespace backtest;

namespace {

const std::string data = BACKTEST_DATA;

Settings settings_with(const std::vector<std::string>& candidates) {
  Settings settings;
  for (const std::string& text : candidates) settings.candidates.push_back(checked_candidate(text));
  return settings;
}

struct Phase {
  Ticks from;
  Ticks until;
};

/// What was done to the services while the log was recorded, by its first word.
std::map<std::string, Phase> recorded_phases() {
  std::ifstream file{data + "/phases.txt"};
  std::map<std::string, Phase> phases;
  std::string line;
  Phase* last = nullptr;
  while (std::getline(file, line)) {
    std::istringstream words{line};
    std::string time;
    std::string name;
    words >> time >> name;
    const Ticks at = parse_time(time)->at;
    if (last != nullptr) last->until = at;
    if (!name.empty() && name.back() == ':') name.pop_back();
    last = &phases.try_emplace(name, Phase{at, at}).first->second;
  }
  return phases;
}

/// Parts of a log, as files that go when this does.
class Parts {
 public:
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() {
    for (const std::string& path : paths_) std::filesystem::remove(path);
  }
  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }
  [[nodiscard]] const std::string& path(std::size_t i) const { return paths_.at(i); }

 protected:
  Parts(const std::string& log, std::size_t count, bool is_in_turn) {
    std::vector<std::string> lines;
    LineReader reader{log};
    for (LineReader::Line line{}; reader.next(line);) lines.emplace_back(line.text);
    for (std::size_t part = 0; part < count; ++part) {
      paths_.push_back((std::filesystem::temp_directory_path() /
                        fmt::format("breaker_part_{}_{}", getpid(), part))
                           .string());
      std::ofstream file{paths_.back()};
      for (std::size_t i = 0; i < lines.size(); ++i)
        if ((is_in_turn ? i % count : i * count / lines.size()) == part) file << lines[i] << '\n';
    }
  }

 private:
  std::vector<std::string> paths_;
};

struct Pieces : Parts {  // one behind the other
  Pieces(const std::string& log, std::size_t count) : Parts{log, count, false} {}
};
struct Replicas : Parts {  // which take calls in turn
  Replicas(const std::string& log, std::size_t count) : Parts{log, count, true} {}
};

/// A log that a function writes, as a file that goes when this does.
class Log {
 public:
  explicit Log(const std::function<void(std::ostream&)>& write) {
    std::ofstream file{path_};
    write(file);
  }
  ~Log() { std::filesystem::remove(path_); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ =
      (std::filesystem::temp_directory_path() / fmt::format("breaker_log_{}", getpid())).string();
};

bool is_close(Ticks a, Ticks b, Ticks tolerance) {
  return a - b <= tolerance && b - a <= tolerance;
}

}  // namespace

TEST_CASE("the outages that are found in the recorded log are those that were made") {
  const auto phases = recorded_phases();

  const Result result = run({data + "/payments.json.gz"}, settings_with({"consecutive 5"}));

  REQUIRE(result.endpoints.size() == 1);
  const auto& outages = result.endpoints[0].outages;
  REQUIRE(outages.size() == 3);
  // The rule looks at whole seconds, and requests that were waiting fail up to 0.3 s later.
  CHECK(is_close(outages[0].from, phases.at("outage").from, second));
  CHECK(is_close(outages[0].until, phases.at("outage").until, second));
  CHECK(is_close(outages[1].from, phases.at("flapping").from, second));
  CHECK(is_close(outages[1].until, phases.at("flapping").until, 3 * second));  // it ends well
  CHECK(is_close(outages[2].from, phases.at("rolling").from, second));
}

TEST_CASE("times in whole seconds lead to nearly the same as times in milliseconds") {
  const Settings settings = settings_with(
      {"consecutive 5, open 1s", "rate>=50% in 10s, open 5s", "rate>=50% of last 100, open 1s"});

  const Result coarse = run({data + "/payments.log.gz"}, settings);
  const Result fine = run({data + "/payments.json.gz"}, settings);

  CHECK(coarse.input.whole_seconds);
  CHECK_FALSE(fine.input.whole_seconds);
  REQUIRE(coarse.endpoints[0].calls == fine.endpoints[0].calls);
  CHECK(coarse.endpoints[0].outages.size() == fine.endpoints[0].outages.size());
  for (std::size_t i = 0; i < settings.candidates.size(); ++i) {
    const auto saved = static_cast<double>(fine.endpoints[0].trials[i].saved);
    const auto difference = static_cast<double>(coarse.endpoints[0].trials[i].saved) - saved;
    CAPTURE(settings.candidates[i].in_words(), saved, difference);
    CHECK(difference < 0.1 * saved);
    CHECK(difference > -0.1 * saved);
  }
}

TEST_CASE("each upstream has circuits of its own, and no call is lost between them") {
  Settings settings = settings_with({"consecutive 5"});
  settings.fields.by = {.kind = KeyBy::Kind::upstream};

  const Result result = run({data + "/payments.log.gz"}, settings);

  REQUIRE(result.endpoints.size() == 2);
  CHECK(result.endpoints[0].calls >= result.endpoints[1].calls);
  CHECK(result.endpoints[0].calls + result.endpoints[1].calls == result.input.tally.lines);
}

TEST_CASE("files are one log, in whatever order they are given, and where they overlap") {
  const std::string log = data + "/payments.json.gz";
  const Settings settings = settings_with({"consecutive 5, open 1s"});
  const Pieces pieces{log, 3};
  const Replicas replicas{log, 3};

  const Result once = run({log}, settings);
  const Result rotated = run({pieces.path(2), pieces.path(0), pieces.path(1)}, settings);
  const Result merged = run(replicas.paths(), settings);

  for (const Result* result : {&rotated, &merged}) {
    CHECK(result->input.tally.lines == once.input.tally.lines);
    CHECK(result->input.order.misplaced == 0);
    CHECK(result->endpoints[0].failures == once.endpoints[0].failures);
    CHECK(result->endpoints[0].trials[0].saved == once.endpoints[0].trials[0].saved);
    CHECK(result->endpoints[0].trials[0].openings == once.endpoints[0].trials[0].openings);
  }
}

TEST_CASE("each caller has circuits of its own, and what they did is added up") {
  // Two callers of three whose upstream is always well: one circuit for all would refuse their calls.
  const Log log{[](std::ostream& out) {
    for (int i = 0; i < 30'000; ++i) {
      const bool fails = i % 3 == 0 && i >= 10'000 && i < 20'000;
      out << fmt::format(
                 R"({{"time":{}.{:03},"duration":0.02,"status":{},"client":"c{}","tenant":"t"}})",
                 1'795'456'800 + i / 100, i % 100 * 10, fails ? 503 : 200, i % 3)
          << '\n';
    }
  }};
  const std::vector<std::string> candidates{"consecutive 5, open 1s"};
  Settings one = settings_with(candidates);
  Settings each = settings_with(candidates);
  each.fields.caller = "client";
  Settings dealt = settings_with(candidates);
  dealt.callers = 3;

  const Endpoint alone = run({log.path()}, one).endpoints[0];
  const Endpoint apart = run({log.path()}, each).endpoints[0];
  const Endpoint in_turn = run({log.path()}, dealt).endpoints[0];

  CHECK(alone.trials[0].openings == 0);  // never five in a row
  CHECK(apart.callers.size() == 3);
  CHECK(apart.trials[0].openings == 1);
  CHECK(apart.trials[0].saved > 3000);
  CHECK(apart.trials[0].lost < 100);
  REQUIRE(apart.trials[0].callers.size() == 3);
  CHECK(apart.trials[0].callers[0].openings == 1);
  CHECK(apart.trials[0].callers[1].openings == 0);
  CHECK(apart.callers[0].failures == apart.failures);
  CHECK(in_turn.trials[0].saved == apart.trials[0].saved);  // the log takes turns, too
}

TEST_CASE("an outage by slowness is found, and whoever opens on slow calls saves waiting") {
  const Log log{[](std::ostream& out) {
    for (int i = 0; i < 60'000; ++i) {
      const bool is_slow = i >= 20'000 && i < 40'000;
      out << fmt::format(R"({{"time":{}.{:03},"duration":"{}","status":200}})",
                         1'795'456'800 + i / 20, i % 20 * 50, is_slow ? "5s" : "20ms")
          << '\n';
    }
  }};

  const Result result =
      run({log.path()}, settings_with({"consecutive 5", "slow>1s rate>=50% of last 100"}));

  const Endpoint& endpoint = result.endpoints[0];
  REQUIRE(endpoint.outages.size() == 1);
  CHECK(endpoint.outages[0].kind == Outage::Kind::slow);
  CHECK(endpoint.recommendation.helps);
  CHECK(endpoint.recommendation.candidate == 1);
  CHECK(endpoint.trials[1].saved_slow > 10'000);
  CHECK(endpoint.trials[1].waiting_saved > 50'000 * second);
  CHECK_FALSE(
      run({log.path()}, settings_with({"consecutive 5"})).endpoints[0].recommendation.helps);
}

TEST_CASE("endpoints beyond the limit are counted, not replayed") {
  Settings settings = settings_with({"consecutive 5"});
  settings.fields.by = {.kind = KeyBy::Kind::upstream};
  settings.most_endpoints = 1;

  const Result result = run({data + "/payments.log.gz"}, settings);

  REQUIRE(result.endpoints.size() == 1);
  CHECK(result.endpoints[0].calls + result.input.at_further_endpoints == result.input.tally.lines);
}
