// What counts as a failure, see judge.hpp.
#include "judge.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace backtest {

Statuses::Statuses(std::string_view text) {
  const auto fail = [&](std::string_view part) {
    throw std::invalid_argument{"'" + std::string{part} +
                                "' is no status: write 5xx, 503, 500-503, joined by commas"};
  };
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    std::optional<int> low;
    std::optional<int> high;
    if (part.size() == 3 && part.ends_with("xx")) {
      low = parse_count(part.substr(0, 1));
      if (low) low = *low * 100, high = *low + 99;
    } else if (const std::size_t dash = part.find('-'); dash != std::string_view::npos) {
      low = parse_count(part.substr(0, dash));
      high = parse_count(part.substr(dash + 1));
    } else {
      low = high = parse_count(part);
    }
    if (!low || !high || *low > *high || *high > 999) fail(part);
    for (int status = *low; status <= *high; ++status) set_.set(static_cast<std::size_t>(status));
  }
}

std::string Statuses::in_words() const {
  std::string text;
  for (std::size_t low = 0; low < set_.size(); ++low) {
    if (!set_[low]) continue;
    std::size_t high = low;
    while (high + 1 < set_.size() && set_[high + 1]) ++high;
    text += text.empty() ? "" : ", ";
    text += low == high ? fmt::format("{}", low) : fmt::format("{}-{}", low, high);
    if (low == 0) text += " (no answer)";
    low = high;
  }
  return text;
}

std::string Judge::in_words() const {
  std::string text = "A failure is: status " + failures.in_words();
  if (failures.in_words().empty()) text = "A failure is: no status";
  if (aborted == Verdict::failure) text += ", given up by the caller (499)";
  if (slower_than) text += ", slower than " + backtest::in_words(*slower_than);
  text += ". Not counted: ";
  std::string not_counted = ignored.in_words();
  if (!not_counted.empty()) not_counted = "status " + not_counted;
  if (aborted == Verdict::ignored)
    not_counted += (not_counted.empty() ? "" : ", ") + std::string{"given up by the caller (499)"};
  text += (not_counted.empty() ? "nothing" : not_counted) + ". The rest succeeded.";
  return text;
}

}  // namespace backtest
