// The logs as one stream of calls, see source.hpp.
#include "source.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "interrupt.hpp"

namespace backtest {

Source::Source(const std::string& path, const std::string& format, const Fields& fields,
               const Judge& judge)
    : reader_{path}, judge_{judge} {
  const std::string_view sample = reader_.peek();
  if (trimmed(sample).empty()) return;
  try {
    FoundFormat found = find_format(format, sample, fields);
    format_ = std::move(found.format);
    whole_seconds_ = found.whole_seconds;
  } catch (const std::invalid_argument& error) {
    throw InputError{reader_.path() + ": " + error.what()};
  }
}

bool Source::next(Tally& tally) {
  if (is_empty()) return false;
  if (format_->next(record_)) return true;
  LineReader::Line line{};
  while (reader_.next(line)) {
    if (++number_ == 1 && format_->has_header()) continue;
    if (line.text.empty()) continue;
    ++tally.lines;
    if (line.is_too_long) record_ = {};
    const Fault fault = line.is_too_long ? Fault::too_long : format_->parse(line.text, record_);
    if (fault == Fault::none) return true;
    if (fault == Fault::no_call) {
      ++tally.other_lines;
    } else {
      note(line, fault, tally);
    }
  }
  return false;
}

void Source::note(const LineReader::Line& line, Fault fault, Tally& tally) const {
  ++tally.unreadable;
  if (record_.status >= 0 || record_.outcome) {
    ++tally.unreadable_judged;
    if (judge_.judge(record_) == Verdict::failure) ++tally.unreadable_failures;
  }
  if (tally.bad_lines.size() < Tally::most_bad_lines)
    tally.bad_lines.push_back(
        {reader_.path(), number_, fault, std::string{line.text.substr(0, 120)}});
}

Sources::Sources(const std::vector<std::string>& paths, const Settings& settings)
    : settings_{settings} {
  for (const std::string& path : paths) look_at(path, paths.size() == 1);
  if (formats_.empty()) {
    throw InputError{(empty_.empty() ? std::string{"no log"} : empty_.front()) +
                     ": there is no line in it"};
  }
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [](const Waiting& a, const Waiting& b) { return a.first > b.first; });
}

std::unique_ptr<Source> Sources::open(const std::string& path) const {
  return std::make_unique<Source>(path, settings_.format, settings_.fields, settings_.judge);
}

/// Find out its format and when its first call is.
void Sources::look_at(const std::string& path, bool is_alone) {
  std::unique_ptr<Source> source = open(path);
  if (source->is_empty()) {
    empty_.push_back(source->reader().path());
    return;
  }
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path, error);
  const auto size = is_file ? std::filesystem::file_size(path, error) : 0;
  on_disk_ = size == 0 || on_disk_ < 0 ? -1 : on_disk_ + static_cast<double>(size);
  const Layout& layout = source->format().layout();
  if (formats_.empty()) {
    layout_ = layout;
  } else if (layout.time_is_begin != layout_.time_is_begin) {
    throw InputError{path + ": it logs when calls " + (layout.time_is_begin ? "begin" : "end") +
                     ", the files before it when they " + (layout.time_is_begin ? "end" : "begin") +
                     "; say what is right: --time-is begin or end"};
  }
  const std::string name = source->format().name();
  if (std::find(formats_.begin(), formats_.end(), name) == formats_.end()) formats_.push_back(name);
  whole_seconds_ |= source->whole_seconds();
  if (is_alone || !is_file) {
    const bool has_call = advance(*source);
    waiting_.push_back({path, has_call ? source->record().time.at : INT64_MAX, std::move(source)});
    return;
  }
  Tally unused;
  const bool has_call = source->next(unused);
  waiting_.push_back({path, has_call ? source->record().time.at : INT64_MIN, nullptr});
}

void Sources::read(const Sink& sink) {
  while (!is_interrupted()) {
    const std::size_t at = earliest();
    const bool is_due = !waiting_.empty() &&
                        (open_.empty() || waiting_.back().first <= open_[at]->record().time.at);
    if (is_due) {
      start_next();
      continue;
    }
    if (open_.empty()) break;
    Source& source = *open_[at];
    sink(source.record());
    if (!advance(source)) {
      tally_.bytes += source.reader().bytes_read();
      done_disk_ += source.reader().read_on_disk();
      open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
}

/// Open the file whose first call is the earliest.
void Sources::start_next() {
  Waiting next = std::move(waiting_.back());
  waiting_.pop_back();
  const bool is_new = next.source == nullptr;
  if (is_new) next.source = open(next.path);
  if (is_new ? advance(*next.source) : next.first != INT64_MAX)
    open_.push_back(std::move(next.source));
}

bool Sources::advance(Source& source) {
  try {
    return source.next(tally_);
  } catch (const InputError& error) {
    if (!settings_.allow_truncated) throw;
    tally_.truncated = error.what();
    return false;
  }
}

std::size_t Sources::earliest() const {
  std::size_t best = 0;
  for (std::size_t i = 1; i < open_.size(); ++i)
    if (open_[i]->record().time.at < open_[best]->record().time.at) best = i;
  return best;
}

std::uint64_t Sources::bytes() const {
  std::uint64_t bytes = tally_.bytes;
  for (const auto& source : open_) bytes += source->reader().bytes_read();
  return bytes;
}

double Sources::share_read() const {
  if (on_disk_ <= 0) return -1;
  double done = done_disk_;
  for (const auto& source : open_) done += source->reader().read_on_disk();
  return done / on_disk_;
}

}  // namespace backtest
