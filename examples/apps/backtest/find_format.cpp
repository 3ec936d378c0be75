// Which format a log has.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "envelope.hpp"
#include "format.hpp"
#include "formats.hpp"
#include "units.hpp"

namespace backtest {

namespace {

constexpr std::size_t lines_looked_at = 100;
constexpr int most_envelopes = 2;  // one in the other

/// A format that reads what is in an envelope.
class WrappedFormat : public Format {
 public:
  WrappedFormat(std::unique_ptr<Envelope> envelope, std::unique_ptr<Format> inner)
      : Format{inner->name() + " in " + envelope->name()},
        envelope_{std::move(envelope)},
        inner_{std::move(inner)} {}

  Fault parse(std::string_view line, Record& record) override {
    std::string_view text;
    record = {};
    switch (envelope_->open(line, text)) {
      case Envelope::Opened::none: return Fault::other_format;
      case Envelope::Opened::part: return Fault::no_call;
      case Envelope::Opened::whole: break;
    }
    return inner_->parse(text, record);
  }
  bool next(Record& record) override { return inner_->next(record); }
  [[nodiscard]] const Layout& layout() const override { return inner_->layout(); }

 private:
  std::unique_ptr<Envelope> envelope_;
  std::unique_ptr<Format> inner_;
};

/// A format, and how it reads the beginning of a log.
struct Tried {
  const KnownFormat* known = nullptr;  // none: the user's own
  std::unique_ptr<Format> format;
  std::size_t readable = 0;
  std::size_t calls = 0;  // lines that are no other kind of line
  bool whole_seconds = true;
  std::vector<std::string> durations = {};

  [[nodiscard]] bool reads_most() const { return readable > 0 && 2 * readable >= calls; }
};

Tried try_on(const KnownFormat* known, std::unique_ptr<Format> format, const Lines& lines) {
  Tried tried{.known = known, .format = std::move(format)};
  Record record;
  const std::size_t first = tried.format->has_header() && lines.size() > 1 ? 1 : 0;
  for (std::size_t i = first; i < lines.size(); ++i) {
    const Fault fault = tried.format->parse(lines[i], record);
    if (fault == Fault::no_call) continue;
    ++tried.calls;
    if (fault != Fault::none && fault != Fault::no_unit && fault != Fault::out_of_range) continue;
    ++tried.readable;
    tried.durations.emplace_back(record.took_text);
    if (record.time.has_fraction) tried.whole_seconds = false;
  }
  return tried;
}

std::unique_ptr<Format> make_format(const KnownFormat& known, const Lines& lines,
                                    const Fields& fields) {
  const std::string title{known.title};
  switch (known.shape) {
    case KnownFormat::Shape::text: return make_template_format(title, known.fields, fields);
    case KnownFormat::Shape::json:
      return make_json_format(title, Mapping{known.fields}, lines, fields);
    case KnownFormat::Shape::logfmt:
      return make_logfmt_format(title, Mapping{known.fields}, lines, fields);
    case KnownFormat::Shape::csv: return make_csv_format(title, lines, fields);
    case KnownFormat::Shape::w3c:
      return make_w3c_format(title, Mapping{known.fields}, lines, fields);
    case KnownFormat::Shape::spans: return make_spans_format(title, fields);
  }
  throw std::invalid_argument{"no such shape"};
}

/// Whether the numbers look as they do in this format, so that it may be taken without its name.
bool looks_right(const Tried& tried) {
  switch (tried.known->found) {
    case KnownFormat::Found::always: return true;
    case KnownFormat::Found::if_fractions: return are_fractions(tried.durations);
    case KnownFormat::Found::if_large:
      return !are_fractions(tried.durations) && median_number(tried.durations) >= 10'000;
    case KnownFormat::Found::never: return false;
  }
  return false;
}

/// The formats of the table, tried on a log's first lines.
struct Tries {
  Tried best;
  std::vector<std::string_view> undecided;  ///< Names of those that the numbers speak against.
  std::string error;                        ///< Why the last one could not be made.
};

Tries try_all(const std::string& name, const Lines& lines, const Fields& fields) {
  Tries tries;
  for (const KnownFormat& known : known_formats()) {
    if (name != "auto" && name != known.name) continue;
    try {
      Tried tried = try_on(&known, make_format(known, lines, fields), lines);
      const bool is_taken = name != "auto" || looks_right(tried);
      const bool differs_in_unit =
          known.found == KnownFormat::Found::if_large ||
          (known.found == KnownFormat::Found::never && known.shape == KnownFormat::Shape::text);
      if (!is_taken && differs_in_unit && tried.reads_most() &&
          std::find(tries.undecided.begin(), tries.undecided.end(), known.name) ==
              tries.undecided.end())
        tries.undecided.push_back(known.name);
      if (is_taken && tried.readable > tries.best.readable) tries.best = std::move(tried);
    } catch (const std::invalid_argument& error) {  // other fields, or no such lines
      tries.error = error.what();
    }
  }
  return tries;
}

std::string names_of_formats() {
  std::string names;
  std::string_view last;
  for (const KnownFormat& known : known_formats()) {
    if (known.name != last && names.find(std::string{known.name} + ",") == std::string::npos)
      names += std::string{known.name} + ", ";
    last = known.name;
  }
  return names;
}

/// Say what durations without a unit count.
void settle_unit(Tried& tried, bool was_named) {
  const Layout& layout = tried.format->layout();
  if (layout.duration.empty()) return;
  if (layout.duration_unit == 0) {
    if (const Ticks unit = inferred_unit(tried.durations, layout.duration); unit != 0)
      tried.format->set_unit(unit, inferred_from(unit));
  } else if (tried.known != nullptr && !tried.known->fields.empty() &&
             layout.unit_is_from.find("--") == std::string::npos) {
    const bool is_inferred = !was_named && tried.known->found == KnownFormat::Found::if_large;
    tried.format->set_unit(
        layout.duration_unit,
        is_inferred ? "inferred: half of the numbers are 10,000 or more" : "as this format has it");
  }
}

Tried find(const std::string& name, const Lines& lines, const Fields& fields, int depth);

/// **Returns** a format that reads what is in some envelope around the lines, or none.
Tried find_inside(const std::string& name, const Lines& lines, const Fields& fields, int depth) {
  for (auto& envelope : all_envelopes()) {
    std::vector<std::string> texts;
    std::size_t parts = 0;
    for (const std::string_view line : lines) {
      std::string_view inner;
      const Envelope::Opened opened = envelope->open(line, inner);
      if (opened == Envelope::Opened::whole) texts.emplace_back(inner);
      if (opened == Envelope::Opened::part) ++parts;
    }
    envelope->restart();
    if (texts.empty() || 2 * (texts.size() + parts) < lines.size()) continue;
    for (std::string& text : texts) text.reserve(text.size() + 64);  // padding
    const Lines inside(texts.begin(), texts.end());
    Tried tried = find(name, inside, fields, depth + 1);
    tried.format = std::make_unique<WrappedFormat>(std::move(envelope), std::move(tried.format));
    return tried;
  }
  return {};
}

[[noreturn]] void refuse(const std::string& name, const Lines& lines, const Tries& tries) {
  const std::string beginning = "\n  " + printable(lines[0].substr(0, 200)) + "\n";
  if (name != "auto" && tries.error.empty())
    throw std::invalid_argument{"the first lines are not of the format '" + name +
                                "'; it begins with" + beginning};
  if (name != "auto") throw std::invalid_argument{tries.error};
  if (!tries.undecided.empty()) {
    std::string names;
    for (const std::string_view each : tries.undecided)
      names += (names.empty() ? "" : ", ") + std::string{each};
    throw std::invalid_argument{
        "its lines fit several formats, which differ in what the duration "
        "counts; it begins with" +
        beginning + "Say which it is: --format with one of " + names};
  }
  const bool is_combined =
      lines[0].find("] \"") != std::string_view::npos && lines[0].ends_with('"');
  throw std::invalid_argument{
      "the format is not known; it begins with" + beginning +
      (is_combined ? "If no field says how long the call took, append one where the log is written "
                     "($request_time in nginx, %D in Apache). "
                   : "") +
      "Name it with --format: " + names_of_formats() +
      "or the log_format of your nginx configuration in quotes"};
}

Tried find(const std::string& name, const Lines& lines, const Fields& fields, int depth) {
  Tried own;
  Tries tries;
  if (name.find('$') != std::string::npos) {
    own = try_on(nullptr, make_template_format("the log_format given", name, fields), lines);
    tries.error = "the first lines do not fit the log_format; it begins with\n  " +
                  printable(lines[0].substr(0, 200));
  } else {
    tries = try_all(name, lines, fields);
    own = std::move(tries.best);
  }
  if (own.format && own.reads_most()) {
    settle_unit(own, name != "auto");
    return own;
  }
  if (tries.undecided.empty() && depth < most_envelopes) {
    Tried inside = find_inside(name, lines, fields, depth);
    if (inside.format) return inside;
  }
  refuse(name, lines, tries);
}

Lines lines_of(std::string_view sample, std::size_t most) {
  Lines lines;
  while (lines.size() < most) {
    const std::size_t end = std::min(sample.find('\n'), sample.size());
    std::string_view line = sample.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
    if (end == sample.size()) break;
    sample.remove_prefix(end + 1);
  }
  return lines;
}

void require_known(const std::string& name) {
  if (name == "auto" || name.find('$') != std::string::npos) return;
  const auto formats = known_formats();
  if (std::none_of(formats.begin(), formats.end(),
                   [&](const KnownFormat& known) { return known.name == name; }))
    throw std::invalid_argument{"no format is called '" + name + "'; there are " +
                                names_of_formats() + "auto, or a log_format"};
}

}  // namespace

FoundFormat find_format(const std::string& name, std::string_view sample, const Fields& fields) {
  require_known(name);
  if (sample.substr(0, 4096).find('\0') != std::string_view::npos)
    throw std::invalid_argument{"it is not text"};
  const Lines lines = lines_of(sample, lines_looked_at);
  if (lines.empty()) throw std::invalid_argument{"there is no line in it"};
  Tried found = find(name, lines, fields, 0);
  return {std::move(found.format), found.whole_seconds};
}

}  // namespace backtest
