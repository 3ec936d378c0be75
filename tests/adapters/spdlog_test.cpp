// spdlog.hpp: what stands in the log file.
#include "breaker/adapters/spdlog.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

using adapters::SpdlogTransitions;
using Lines = std::vector<std::string>;

// A logger that writes to a file of its own, level and text only.
class LogFile {
 public:
  LogFile() {
    std::string name = std::filesystem::temp_directory_path() / "breaker_log_XXXXXX";
    ::close(::mkstemp(name.data()));
    path_ = name;
    logger = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::basic_file_sink_mt>(name));
    logger->set_pattern("%l %v");
  }
  ~LogFile() { std::filesystem::remove(path_); }

  [[nodiscard]] Lines lines() const {
    logger->flush();
    Lines lines;
    std::ifstream file{path_};
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  std::shared_ptr<spdlog::logger> logger;

 private:
  std::filesystem::path path_;
};

[[maybe_unused]] void example() {
#include "example/spdlog.inc"
}

}  // namespace

TEST_CASE("the log says which number crossed which threshold, and how the recovery went") {
  LogFile file;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s},
                         FailureRate{{.threshold = 50_percent, .min_calls = 4}}, clock,
                         SpdlogTransitions{file.logger, "prices"}};

  circuit.try_acquire().success();
  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();
  clock.advance(30s);
  circuit.try_acquire().failure();
  clock.advance(30s);
  circuit.try_acquire().success();

  CHECK(
      file.lines() ==
      Lines{"warning circuit prices: closed -> open: 3 of 4 calls failed, 75.0 % (limit 50.0 % of "
            "at least 4 calls); calls are refused for 30000 ms",
            "info circuit prices: open -> half_open: the wait is over, a probe goes out",
            "warning circuit prices: half_open -> open: too many probes failed; calls are refused "
            "for 30000 ms",
            "info circuit prices: open -> half_open: the wait is over, a probe goes out",
            "info circuit prices: half_open -> closed: enough probes succeeded"});
}

TEST_CASE("what is done by hand, and a lost probe, stands in the log") {
  LogFile file;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, clock, SpdlogTransitions{file.logger, "prices"}};

  circuit.trip();
  clock.advance(30s);
  const auto lost = circuit.try_acquire();
  clock.advance(30s);
  circuit.try_acquire().ignore();
  circuit.force_open();
  circuit.disable();
  circuit.reset();

  CHECK(
      file.lines() ==
      Lines{
          "warning circuit prices: closed -> open: tripped by hand; calls are refused for 30000 ms",
          "info circuit prices: open -> half_open: the wait is over, a probe goes out",
          "warning circuit prices: half_open -> half_open: a probe was not heard of for a whole "
          "lease, a fresh one goes out",
          "warning circuit prices: half_open -> forced_open: forced open by hand",
          "warning circuit prices: forced_open -> disabled: disabled by hand",
          "info circuit prices: disabled -> closed: reset by hand"});
}

TEST_CASE("a level that is not wanted is not written, and not put into words") {
  LogFile file;
  file.logger->set_level(spdlog::level::warn);
  CircuitBreaker circuit{Config{}, SpdlogTransitions{file.logger, "prices"}};

  circuit.trip();
  const int for_reset = allocations_in([&] { circuit.reset(); });

  CHECK(file.lines().size() == 1);
  CHECK(for_reset == 0);
}

TEST_CASE("lines of circuits that change at the same time do not mix") {
  LogFile file;
  const auto live = [&](const char* name) {
    CircuitBreaker circuit{Config{}, SpdlogTransitions{file.logger, name}};
    for (int i = 0; i < 500; ++i) circuit.force_open(), circuit.reset();
  };

  std::thread other{live, "bids"};
  live("asks");
  other.join();

  const Lines lines = file.lines();
  CHECK(lines.size() == 2000);
  int whole = 0;
  for (const std::string& line : lines) {
    whole += line.ends_with("asks: closed -> forced_open: forced open by hand") ||
             line.ends_with("bids: closed -> forced_open: forced open by hand") ||
             line.ends_with("asks: forced_open -> closed: reset by hand") ||
             line.ends_with("bids: forced_open -> closed: reset by hand");
  }
  CHECK(whole == 2000);
}

TEST_CASE("the adapter for spdlog allocates nothing while nothing changes") {
  LogFile file;
  CircuitBreaker circuit{Config{}, SpdlogTransitions{file.logger, "prices"}};

  const int quiet = allocations_in([&] {
    for (int i = 0; i < 10; ++i) circuit.call([] { return 1; }, 2);
    circuit.try_acquire().failure();
  });
  const int loud = allocations_in([&] { circuit.trip(); });

  CHECK(quiet == 0);
  CHECK(loud > 0);
}
