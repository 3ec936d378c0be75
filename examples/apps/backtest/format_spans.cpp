// Spans of OpenTelemetry in OTLP's JSON: resourceSpans, scopeSpans, spans; attributes as a list.
#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "format.hpp"
#include "line_reader.hpp"

namespace backtest {

namespace {

using namespace simdjson;

/// What fields a span has here. Attributes of it and of its resource have their own names.
constexpr std::string_view begin_name = "startTimeUnixNano";
constexpr std::string_view end_name = "endTimeUnixNano";
constexpr std::string_view code_name = "status.code";
constexpr std::string_view span_name = "name";
constexpr std::string_view status_name = "http.response.status_code";
constexpr std::string_view address_name = "server.address";

/// **Returns** the name of today for an attribute of the older conventions.
std::string_view todays(std::string_view name) {
  if (name == "http.status_code") return status_name;
  if (name == "net.peer.name") return address_name;
  return name;
}

class SpansFormat : public Format {
 public:
  SpansFormat(std::string name, const Fields& fields) : Format{std::move(name)}, fields_{fields} {
    for (const std::string_view known :
         {begin_name, end_name, code_name, span_name, status_name, address_name,
          std::string_view{"url.path"}, std::string_view{"service.name"}})
      names_.emplace_back(known);
    for (const Fields::Condition& condition : fields.where) add_name(condition.name);
    if (!fields.caller.empty()) add_name(fields.caller);
    if (fields.by.kind == KeyBy::Kind::column) add_name(fields.by.column);
    std::vector<FieldName> names;
    for (const std::string& each : names_) names.push_back({each, usual(each)});
    set_layout(names, fields);
  }

  Fault parse(std::string_view line, Record& record) override {
    record = {};
    spans_.clear();
    numbers_.clear();
    taken_ = 0;
    dom::element document;
    dom::array resources;
    if (parser_.parse(line.data(), line.size(), false).get(document) != SUCCESS ||
        document["resourceSpans"].get(resources) != SUCCESS)
      return Fault::other_format;
    for (const dom::element resource : resources) gather(resource);
    if (spans_.empty()) return Fault::no_call;
    return take_next(record);
  }

  bool next(Record& record) override {
    while (taken_ < spans_.size())
      if (take_next(record) == Fault::none) return true;
    return false;
  }

 private:
  struct Span {
    dom::element span;
    dom::element resource;
  };

  static std::string_view usual(std::string_view own) {
    if (own == code_name) return "outcome";
    return own == span_name || own == "service.name" ? std::string_view{} : own;
  }

  void add_name(const std::string& name) {
    if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
  }

  /// A call out of a process is a span of the kind 3, client. What has no kind may be one.
  void gather(dom::element resource) {
    dom::array scopes;
    if (resource["scopeSpans"].get(scopes) != SUCCESS) return;
    for (const dom::element scope : scopes) {
      dom::array spans;
      if (scope["spans"].get(spans) != SUCCESS) continue;
      for (const dom::element span : spans) {
        std::int64_t kind = 3;
        std::string_view name;
        if (span["kind"].get(kind) != SUCCESS && span["kind"].get(name) == SUCCESS)
          kind = name == "SPAN_KIND_CLIENT" ? 3 : 0;
        if (kind == 3) spans_.push_back({span, resource});
      }
    }
  }

  Fault take_next(Record& record) {
    const Span& now = spans_[taken_++];
    record = {};
    unsigned seen = 0;
    Fault fault = Fault::none;
    const auto give = [&](std::string_view name, std::string_view text) {
      for (std::size_t i = 0; i < names_.size(); ++i) {
        if (names_[i] != name || layout_.roles[i] == 0) continue;
        const Fault found = take(i, text, layout_, record, seen);
        if (fault == Fault::none) fault = found;
      }
    };
    attributes_of(now.resource["resource"]["attributes"], give);
    attributes_of(now.span["attributes"], give);
    for (const std::string_view name : {begin_name, end_name, span_name})
      if (const auto text = text_of(now.span[name])) give(name, *text);
    // 0 is unset, 1 is ok, 2 is an error. It decides only where no status does.
    const auto code = text_of(now.span["status"]["code"]);
    const bool is_error = code && (*code == "2" || *code == "STATUS_CODE_ERROR");
    if (record.status < 0 || is_error) give(code_name, is_error ? "error" : "unset");
    return fault != Fault::none ? fault : complete(seen, layout_, record);
  }

  template <class Give>
  void attributes_of(simdjson_result<dom::element> list, const Give& give) {
    dom::array attributes;
    if (list.get(attributes) != SUCCESS) return;
    for (const dom::element attribute : attributes) {
      std::string_view key;
      dom::object value;
      if (attribute["key"].get(key) != SUCCESS || attribute["value"].get(value) != SUCCESS)
        continue;
      for (const auto [type, content] : value)
        if (const auto text = text_of(dom::element{content})) give(todays(key), *text);
    }
  }

  /// A string's content, or a number as text.
  std::optional<std::string_view> text_of(simdjson_result<dom::element> element) {
    std::string_view text;
    if (element.get(text) == SUCCESS) return text;
    std::int64_t number = 0;
    if (element.get(number) != SUCCESS) return {};
    return numbers_.emplace_back(std::to_string(number));
  }

  const Fields fields_;
  std::vector<std::string> names_;
  dom::parser parser_;
  std::vector<Span> spans_;
  std::size_t taken_ = 0;
  std::deque<std::string> numbers_;  // of the line, as text
};

}  // namespace

std::unique_ptr<Format> make_spans_format(std::string name, const Fields& fields) {
  return std::make_unique<SpansFormat>(std::move(name), fields);
}

}  // namespace backtest
