// JSON lines: one object a line.
#include <simdjson.h>

#include <stdexcept>
#include <vector>

#include "format.hpp"
#include "line_reader.hpp"

namespace backtest {

namespace {

static_assert(LineReader::padding >= simdjson::SIMDJSON_PADDING);

class JsonFormat : public Format {
 public:
  explicit JsonFormat(const Fields& fields) : fields_{fields} {}

  Fault parse(std::string_view line, Record& record) override {
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    // LineReader keeps the padding that simdjson reads into.
    if (parser_.iterate(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING)
                .get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS)
      return Fault::other_format;
    if (keys_.empty()) {
      if (!learn_keys(object)) return Fault::other_format;
      if (object.reset().error() != simdjson::SUCCESS) return Fault::other_format;
    }
    return take_fields(object, record);
  }

  [[nodiscard]] std::string name() const override { return "JSON lines"; }
  [[nodiscard]] bool time_is_begin() const override { return layout_.time_is_begin; }

 private:
  /// The first line that can be read tells which keys there are.
  bool learn_keys(simdjson::ondemand::object& object) {
    std::vector<std::string> keys;
    for (auto field : object) {
      std::string_view key;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
      keys.emplace_back(key);
    }
    const std::vector<std::string_view> names(keys.begin(), keys.end());
    Layout layout = layout_of(names, fields_);
    unsigned seen = 0;
    for (const Role role : layout.roles) seen |= bit_of(role);
    if (missing(seen) != Fault::none) return true;  // perhaps the next line has more
    keys_ = std::move(keys);
    layout_ = std::move(layout);
    return true;
  }

  Fault take_fields(simdjson::ondemand::object& object, Record& record) {
    record = {};
    unsigned seen = 0;
    std::size_t expected = 0;  // keys come in the same order nearly always
    for (auto field : object) {
      simdjson::ondemand::raw_json_string key;
      if (field.key().get(key) != simdjson::SUCCESS) return Fault::other_format;
      const Role role = role_of(key, expected);
      if (role == Role::unused) continue;
      simdjson::ondemand::value value;
      if (field.value().get(value) != simdjson::SUCCESS) return Fault::other_format;
      std::string_view text;
      if (!text_of(value, text)) return Fault::other_format;
      seen |= bit_of(role);
      if (const Fault fault = take(role, text, layout_, record); fault != Fault::none) return fault;
    }
    return missing(seen);
  }

  Role role_of(simdjson::ondemand::raw_json_string key, std::size_t& expected) const {
    for (std::size_t tried = 0; tried < keys_.size(); ++tried) {
      const std::size_t at = (expected + tried) % keys_.size();
      if (!key.is_equal(keys_[at])) continue;
      expected = at + 1;
      return layout_.roles[at];
    }
    return Role::unused;
  }

  /// A string's content, or a number, true, false or null as it is written.
  static bool text_of(simdjson::ondemand::value& value, std::string_view& text) {
    simdjson::ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == simdjson::ondemand::json_type::string)
      return value.get_string().get(text) == simdjson::SUCCESS;
    text = trimmed(value.raw_json_token());
    if (text == "null") text = {};
    return true;
  }

  const Fields fields_;
  simdjson::ondemand::parser parser_;
  std::vector<std::string> keys_;
  Layout layout_;
};

}  // namespace

std::unique_ptr<Format> make_json_format(const Fields& fields) {
  return std::make_unique<JsonFormat>(fields);
}

}  // namespace backtest
