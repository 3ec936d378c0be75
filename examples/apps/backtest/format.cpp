// What all formats share, see format.hpp.
#include "format.hpp"

#include <algorithm>
#include <stdexcept>

namespace backtest {

void Format::set_layout(const std::vector<FieldName>& names, const Fields& fields) {
  layout_ = layout_of(names, fields);
  const std::string_view missing = lacks(layout_);
  if (!missing.empty()) {
    throw std::invalid_argument{"the fields have " + std::string{missing} +
                                " (name it: --field duration=NAME)"};
  }
}

Mapping::Mapping(std::string_view text) {
  while (!text.empty()) {
    std::string_view own = text.substr(0, text.find(' '));
    text = trimmed(text.substr(own.size()));
    const bool may_be_missing = own.ends_with('?');
    if (may_be_missing) own.remove_suffix(1);
    std::string_view usual;
    if (const std::size_t equals = own.find('='); equals != std::string_view::npos) {
      usual = own.substr(0, equals);
      own.remove_prefix(equals + 1);
    }
    entries_.push_back({own, usual, may_be_missing});
  }
}

bool Mapping::fits(const std::vector<std::string>& names) const {
  return std::all_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.may_be_missing || std::find(names.begin(), names.end(), entry.own) != names.end();
  });
}

std::vector<FieldName> Mapping::applied_to(const std::vector<std::string>& names) const {
  std::vector<FieldName> fields;
  for (const std::string& name : names) {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.own == name; });
    if (entries_.empty()) {
      fields.push_back({name, name});
    } else {
      fields.push_back({name, found == entries_.end() ? std::string_view{} : found->usual});
    }
  }
  return fields;
}

}  // namespace backtest
