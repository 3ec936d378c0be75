// The backtest, see backtest.hpp.
#include "backtest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "format.hpp"
#include "line_reader.hpp"

namespace backtest {

namespace {

/// One endpoint's circuits. Events are gathered, so that a simulation is called once for many.
class Replay {
 public:
  Replay(std::string name, const Settings& settings) : finder_{settings.outage} {
    endpoint_.name = std::move(name);
    events_.reserve(batch);
    for (const Candidate& candidate : settings.candidates)
      simulations_.push_back(make_simulation(candidate));
  }

  void add(const Event& event) {
    events_.push_back(event);
    if (events_.size() == batch) flush();
  }

  Endpoint finish(const Settings& settings) {
    flush();
    finder_.finish();
    endpoint_.outages = finder_.outages();
    endpoint_.outage_count = finder_.count();
    for (const auto& simulation : simulations_) {
      simulation->finish(endpoint_.last);
      endpoint_.trials.push_back(simulation->trial());
      endpoint_.assessments.push_back(
          assess(simulation->trial(), endpoint_.outages, settings.lost_costs));
    }
    endpoint_.ranking = ranked(endpoint_.trials, endpoint_.assessments);
    endpoint_.recommendation =
        recommend(settings.candidates, endpoint_.trials, endpoint_.assessments,
                  endpoint_.outages.size(), settings.lost_costs);
    return std::move(endpoint_);
  }

 private:
  static constexpr std::size_t batch = 4096;

  void flush() {
    if (events_.empty()) return;
    for (const auto& simulation : simulations_) simulation->replay(events_);
    finder_.add(events_);
    endpoint_.timeline.add(events_);
    count();
    events_.clear();
  }

  void count() {
    if (!std::exchange(has_begun_, true)) endpoint_.first = events_.front().time;
    endpoint_.last = events_.back().time;
    for (const Event& event : events_) {
      if (event.is_begin) continue;
      ++endpoint_.calls;
      if (event.verdict == Verdict::failure) ++endpoint_.failures;
      if (event.verdict == Verdict::ignored) ++endpoint_.ignored;
    }
  }

  Endpoint endpoint_;
  OutageFinder finder_;
  std::vector<std::unique_ptr<Simulation>> simulations_;
  std::vector<Event> events_;
  bool has_begun_ = false;
};

/// Gives endpoints their numbers, and keeps their replays.
class Endpoints {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  explicit Endpoints(const Settings& settings) : settings_{settings} {}

  /// **Returns** the number of the endpoint called `name`, or `none` if there are too many.
  std::uint32_t number_of(std::string_view name) {
    if (name == last_name_ && !replays_.empty()) return last_number_;
    std::string key{name};
    auto found = numbers_.find(key);
    if (found == numbers_.end()) {
      if (replays_.size() == settings_.most_endpoints) return none;
      found = numbers_.emplace(std::move(key), static_cast<std::uint32_t>(replays_.size())).first;
      replays_.push_back(std::make_unique<Replay>(found->first, settings_));
    }
    last_name_ = found->first;
    last_number_ = found->second;
    return last_number_;
  }

  void add(std::uint32_t endpoint, const Event& event) { replays_[endpoint]->add(event); }

  std::vector<Endpoint> finish() {
    std::vector<Endpoint> endpoints;
    for (const auto& replay : replays_) endpoints.push_back(replay->finish(settings_));
    std::stable_sort(endpoints.begin(), endpoints.end(),
                     [](const Endpoint& a, const Endpoint& b) { return a.calls > b.calls; });
    return endpoints;
  }

 private:
  const Settings& settings_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::unique_ptr<Replay>> replays_;
  std::string_view last_name_;  // most calls go where the one before them went
  std::uint32_t last_number_ = none;
};

/// **Returns** how much there is to read, compressed where it is; 0 if that is not known.
std::uint64_t bytes_of(const std::vector<std::string>& paths) {
  std::uint64_t bytes = 0;
  for (const std::string& path : paths) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) return 0;
    bytes += size;
  }
  return bytes;
}

class Run {
 public:
  Run(const Settings& settings, const Progress& progress, std::uint64_t bytes_on_disk)
      : settings_{settings},
        progress_{progress},
        bytes_on_disk_{static_cast<double>(bytes_on_disk)},
        endpoints_{settings} {}

  void read(const std::string& path) {
    LineReader reader{path};
    const std::string_view sample = reader.peek();
    std::unique_ptr<Format> format;
    try {
      FoundFormat found = find_format(settings_.format, sample, settings_.fields);
      format = std::move(found.format);
      if (!order_) begin(*format, found.whole_seconds);
    } catch (const std::invalid_argument& error) {
      throw InputError{path + ": " + error.what()};
    }
    input_.paths.push_back(path);
    try {
      read_lines(reader, *format, path);
    } catch (const InputError& error) {
      if (!settings_.allow_truncated) throw;
      input_.truncated = error.what();
    }
    input_.bytes += reader.bytes_read();
  }

  Result finish() {
    order_->finish();
    input_.order = order_->counts();
    require_readable();
    return {settings_, std::move(input_), endpoints_.finish()};
  }

 private:
  void begin(const Format& format, bool whole_seconds) {
    Order::Settings how = settings_.order;
    how.whole_seconds = whole_seconds;
    how.time_is_begin = format.time_is_begin();
    // A log is written when calls end: by their beginnings it is out of order by as long as they took.
    if (how.time_is_begin) how.reorder = std::max(how.reorder, how.longest);
    input_.format = format.name();
    input_.whole_seconds = how.whole_seconds;
    input_.time_is_begin = how.time_is_begin;
    order_ = std::make_unique<Order>(how, [this](std::uint32_t endpoint, const Event& event) {
      endpoints_.add(endpoint, event);
    });
  }

  void read_lines(LineReader& reader, Format& format, const std::string& path) {
    constexpr std::uint64_t lines_between_progress = 8192;
    LineReader::Line line{};
    std::uint64_t number = 0;
    if (format.has_header() && reader.next(line)) ++number;
    while (reader.next(line)) {
      ++number;
      if (line.text.empty()) continue;
      ++input_.lines;
      take(line, format, path, number);
      if (progress_ && number % lines_between_progress == 0) {
        progress_(
            input_.bytes + reader.bytes_read(), input_.lines,
            bytes_on_disk_ == 0 ? -1 : (done_on_disk_ + reader.read_on_disk()) / bytes_on_disk_);
      }
    }
    done_on_disk_ += reader.read_on_disk();
  }

  void take(const LineReader::Line& line, Format& format, const std::string& path,
            std::uint64_t number) {
    const Fault fault = line.is_too_long ? Fault::too_long : format.parse(line.text, record_);
    if (fault != Fault::none) {
      ++input_.unreadable;
      if (input_.bad_lines.size() < Input::most_bad_lines)
        input_.bad_lines.push_back({path, number, fault, std::string{line.text.substr(0, 120)}});
      return;
    }
    std::string_view name;
    if (settings_.fields.by.kind != KeyBy::Kind::nothing)
      name = record_.key.empty() ? "(not named)" : record_.key;
    const std::uint32_t endpoint = endpoints_.number_of(name);
    if (endpoint == Endpoints::none) {
      ++input_.at_further_endpoints;
      return;
    }
    order_->add(record_.time.at, record_.took, endpoint, settings_.judge.judge(record_));
  }

  void require_readable() const {
    const auto percent = [&](std::uint64_t count) {
      return 100.0 * static_cast<double>(count) / static_cast<double>(input_.lines);
    };
    if (input_.lines == 0) throw InputError{"there is no call in the log"};
    if (percent(input_.unreadable) > settings_.most_unreadable) {
      std::string text = fmt::format("{} of {} lines can't be read ({:.1f} %):", input_.unreadable,
                                     input_.lines, percent(input_.unreadable));
      for (const BadLine& bad : input_.bad_lines) {
        text += fmt::format("\n  {}:{}: {}: {}", bad.path, bad.number, to_string(bad.fault),
                            printable(bad.text));
      }
      throw InputError{text + "\nGo on all the same with --allow-unreadable PERCENT"};
    }
    if (percent(input_.order.misplaced) > settings_.most_unreadable) {
      throw InputError{fmt::format(
          "{} of {} lines are out of order by more than {} ({:.1f} %). Are the files given from "
          "the "
          "oldest to the newest? Widen with --reorder, or go on with --allow-unreadable PERCENT",
          input_.order.misplaced, input_.lines, in_words(settings_.order.reorder),
          percent(input_.order.misplaced))};
    }
  }

  const Settings& settings_;
  const Progress& progress_;
  const double bytes_on_disk_;  // of all logs; 0: not known
  double done_on_disk_ = 0;     // of the logs that were read
  Input input_;
  Endpoints endpoints_;
  std::unique_ptr<Order> order_;
  Record record_;
};

}  // namespace

Result run(const std::vector<std::string>& paths, const Settings& settings,
           const Progress& progress) {
  Run run{settings, progress, bytes_of(paths)};
  for (const std::string& path : paths) run.read(path);
  return run.finish();
}

}  // namespace backtest
