// JSON lines: one object a line; keys may be in objects inside it.
#include <simdjson.h>

#include <deque>
#include <stdexcept>
#include <vector>

#include "format.hpp"
#include "line_reader.hpp"

namespace backtest {

namespace {

using namespace simdjson;

static_assert(LineReader::padding >= SIMDJSON_PADDING);

constexpr std::size_t no_field = SIZE_MAX;
constexpr int deepest = 8;  // further objects inside are not looked into

/// The keys of an object: which field each one is, and the keys inside it.
struct Keys {
  struct Key {
    std::string name;
    std::size_t field = no_field;
    std::size_t inside = 0;  ///< Number of the Keys of the object in it; 0: none.
    bool is_wanted = false;  ///< It, or a key inside it, has a role.
  };
  std::vector<Key> keys;

  /// **Returns** the key called `name`. Keys come in the same order nearly always: `expected` is the
  /// number of the one that is probably next.
  const Key* find(ondemand::raw_json_string name, std::size_t& expected) const {
    for (std::size_t tried = 0; tried < keys.size(); ++tried) {
      const std::size_t at = expected < keys.size() ? expected : 0;
      expected = at + 1;
      if (name.is_equal(keys[at].name)) return &keys[at];
    }
    return nullptr;
  }
};

class JsonFormat : public Format {
 public:
  JsonFormat(std::string name, const Mapping& mapping, const Lines& sample, const Fields& fields)
      : Format{std::move(name)}, mapping_{mapping}, fields_{fields}, tree_(1) {
    for (const std::string_view line : sample) learn(line);
    if (names_.empty()) throw std::invalid_argument{"there is no JSON object in the first lines"};
    if (!mapping_.fits(names_)) throw std::invalid_argument{"these are other keys"};
    give_roles();
  }

  Fault parse(std::string_view line, Record& record) override {
    const Fault fault = parse_known(line, record);
    // Perhaps a later line has keys that the first ones lacked.
    if (fault != Fault::no_call && fault != Fault::no_outcome && fault != Fault::no_time)
      return fault;
    if (learned_late_ == most_learned_late) return fault;
    const std::size_t known = names_.size();
    if (!learn(line) || names_.size() == known) return fault;
    ++learned_late_;
    give_roles();
    return parse_known(line, record);
  }

 private:
  static constexpr int most_learned_late = 64;

  Fault parse_known(std::string_view line, Record& record) {
    record = {};
    ondemand::object object;
    if (!open(line, object)) return Fault::other_format;
    unsigned seen = 0;
    Fault fault = Fault::none;
    if (!take_object(object, 0, record, seen, fault)) return Fault::other_format;
    return fault != Fault::none ? fault : complete(seen, layout_, record);
  }

  bool open(std::string_view line, ondemand::object& object) {
    // LineReader keeps the padding that simdjson reads into.
    return parser_.iterate(line.data(), line.size(), line.size() + SIMDJSON_PADDING)
                   .get(document_) == SUCCESS &&
           document_.get_object().get(object) == SUCCESS;
  }

  /// **Returns** false if it is no JSON.
  bool take_object(ondemand::object& object, std::size_t keys, Record& record, unsigned& seen,
                   Fault& fault) {
    std::size_t expected = 0;
    for (auto field : object) {
      ondemand::raw_json_string name;
      if (field.key().get(name) != SUCCESS) return false;
      const Keys::Key* const key = tree_[keys].find(name, expected);
      if (key == nullptr || !key->is_wanted) continue;
      ondemand::value value;
      ondemand::json_type type{};
      if (field.value().get(value) != SUCCESS || value.type().get(type) != SUCCESS) return false;
      if (type == ondemand::json_type::object) {
        ondemand::object inside;
        if (key->inside == 0) continue;
        if (value.get_object().get(inside) != SUCCESS ||
            !take_object(inside, key->inside, record, seen, fault))
          return false;
      } else if (key->field != no_field && type != ondemand::json_type::array) {
        std::string_view text;
        if (!text_of(value, type, text)) return false;
        const Fault now = take(key->field, text, layout_, record, seen);
        if (fault == Fault::none) fault = now;
      }
    }
    return true;
  }

  /// A string's content, or a number, true, false or null as it is written.
  static bool text_of(ondemand::value& value, ondemand::json_type type, std::string_view& text) {
    if (type == ondemand::json_type::string) return value.get_string().get(text) == SUCCESS;
    text = trimmed(value.raw_json_token());
    if (text == "null") text = {};
    return true;
  }

  /// Note the keys of a line. **Returns** false if it is none of JSON.
  bool learn(std::string_view line) {
    ondemand::object object;
    return open(line, object) && learn_object(object, 0, "", 0);
  }

  bool learn_object(ondemand::object& object, std::size_t keys, const std::string& path,
                    int depth) {
    for (auto field : object) {
      std::string_view text;
      ondemand::value value;
      ondemand::json_type type{};
      if (field.unescaped_key().get(text) != SUCCESS) return false;
      const std::string name{text};
      if (field.value().get(value) != SUCCESS || value.type().get(type) != SUCCESS) return false;
      if (type == ondemand::json_type::array) continue;
      const std::size_t at = key_called(keys, name);
      if (type == ondemand::json_type::object) {
        if (depth == deepest) continue;
        if (tree_[keys].keys[at].inside == 0) {
          tree_[keys].keys[at].inside = tree_.size();
          tree_.emplace_back();
        }
        ondemand::object inside;
        if (value.get_object().get(inside) != SUCCESS ||
            !learn_object(inside, tree_[keys].keys[at].inside, path + name + ".", depth + 1))
          return false;
      } else if (tree_[keys].keys[at].field == no_field) {
        tree_[keys].keys[at].field = names_.size();
        names_.push_back(path + name);
      }
    }
    return true;
  }

  std::size_t key_called(std::size_t keys, const std::string& name) {
    std::vector<Keys::Key>& known = tree_[keys].keys;
    for (std::size_t i = 0; i < known.size(); ++i)
      if (known[i].name == name) return i;
    known.push_back({.name = name});
    return known.size() - 1;
  }

  void give_roles() {
    const Ticks unit = layout_.duration_unit;
    const std::string from = layout_.unit_is_from;
    set_layout(mapping_.applied_to(names_), fields_);
    if (layout_.duration_unit == 0) set_unit(unit, from);
    for (std::size_t keys = tree_.size(); keys-- > 0;) {  // what is inside comes behind
      for (Keys::Key& key : tree_[keys].keys) {
        key.is_wanted = key.field != no_field && layout_.roles[key.field] != 0;
        if (key.inside == 0) continue;
        for (const Keys::Key& inner : tree_[key.inside].keys) key.is_wanted |= inner.is_wanted;
      }
    }
  }

  const Mapping mapping_;
  const Fields fields_;
  ondemand::parser parser_;
  ondemand::document document_;
  std::vector<std::string> names_;  // of the fields, with their paths
  std::deque<Keys> tree_;           // of the keys; 0 is the line itself
  int learned_late_ = 0;
};

}  // namespace

std::unique_ptr<Format> make_json_format(std::string name, const Mapping& mapping,
                                         const Lines& sample, const Fields& fields) {
  return std::make_unique<JsonFormat>(std::move(name), mapping, sample, fields);
}

}  // namespace backtest
