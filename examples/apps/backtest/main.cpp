// breaker-backtest: which thresholds to take? Replays your own log and shows.
#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "backtest.hpp"
#include "interrupt.hpp"
#include "line_reader.hpp"
#include "options.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "report.hpp"

namespace backtest {

namespace {

constexpr std::size_t rows_shown = 10;

Result run_with_progress(const Options& options) {
  ProgressLine line;
  return run(options.logs, options.settings,
             [&](std::uint64_t bytes, std::uint64_t lines, double share) {
               line.show(bytes, lines, share);
             });
}

std::string json_text(const Result& result) { return json_report(result, 2) + '\n'; }

void write_reports(const Options& options, const Result& result) {
  if (!options.html.empty()) write_to_file(options.html, html_report(result));
  if (!options.json.empty() && options.json != "-") write_to_file(options.json, json_text(result));
  write_to_stdout(options.json == "-" ? json_text(result)
                                      : text_report(result, options.all ? 0 : rows_shown));
}

int tell(const std::exception& error, int code) {
  std::fprintf(stderr, "breaker-backtest: %s\n", error.what());
  return code;
}

int main(int argc, const char* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is told, like a full disk
  try {
    const Options options = parse_options(argc, argv);
    note_interrupts();  // a report of what was read so far is better than none
    const Result result = run_with_progress(options);
    write_reports(options, result);
    return 0;
  } catch (const Exit& exit) {
    return exit.code;
  } catch (const InputError& error) {
    return tell(error, 2);
  } catch (const OrderError& error) {
    return tell(error, 2);
  } catch (const OutputError& error) {
    return tell(error, 3);
  } catch (const std::exception& error) {
    return tell(error, 1);
  }
}

}  // namespace

}  // namespace backtest

int main(int argc, char** argv) { return backtest::main(argc, argv); }
