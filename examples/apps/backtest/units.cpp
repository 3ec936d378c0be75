// What a duration without a unit counts, see units.hpp.
#include "units.hpp"

#include <algorithm>
#include <stdexcept>

#include "text.hpp"

namespace backtest {

namespace {

/// The numbers among `durations`, in millionths of what they count.
std::vector<Ticks> numbers_in(const std::vector<std::string>& durations) {
  constexpr Ticks millionths = 1'000'000;
  std::vector<Ticks> numbers;
  for (const std::string& text : durations)
    if (const auto number = parse_number(text, millionths)) numbers.push_back(*number);
  return numbers;
}

/// Whether they grow by exactly 1 from line to line.
bool count_lines(const std::vector<Ticks>& numbers) {
  if (numbers.size() < 5) return false;
  std::size_t steps = 0;
  for (std::size_t i = 1; i < numbers.size(); ++i)
    steps += numbers[i] - numbers[i - 1] == 1'000'000;
  return steps * 10 >= (numbers.size() - 1) * 9;
}

}  // namespace

double median_number(const std::vector<std::string>& durations) {
  std::vector<Ticks> numbers = numbers_in(durations);
  if (numbers.empty()) return -1;
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return static_cast<double>(*middle) / 1e6;
}

bool are_fractions(const std::vector<std::string>& durations) {
  std::size_t numbers = 0;
  std::size_t fractions = 0;
  for (const std::string& text : durations) {
    if (!parse_number(text, 1)) continue;
    ++numbers;
    fractions += text.find_first_of(".,eE") != std::string::npos;
  }
  return numbers > 0 && 2 * fractions >= numbers;
}

Ticks inferred_unit(const std::vector<std::string>& durations, const std::string& name) {
  const std::vector<Ticks> numbers = numbers_in(durations);
  if (numbers.empty()) return 0;
  if (count_lines(numbers))
    throw std::invalid_argument{"the field '" + name +
                                "' grows by 1 each line: it counts lines, and is no duration. Name "
                                "the duration: --field duration=NAME"};
  const double median = median_number(durations);
  const bool are_whole = !are_fractions(durations);
  if (!are_whole && median < 1) return second;
  if (are_whole && median >= 1e7) return 1;
  throw std::invalid_argument{"what the durations in the field '" + name +
                              "' count is not certain (the first is '" + durations.front() +
                              "'). Say it: --duration-unit s, ms, us or ns"};
}

const char* inferred_from(Ticks unit) {
  return unit == second ? "inferred: half of the first ones are fractions below 1"
                        : "inferred: half of the first ones are whole, and 10,000,000 or more";
}

const char* unit_name(Ticks unit) {
  return unit == second ? "s" : unit == 1'000'000 ? "ms" : unit == 1'000 ? "us" : "ns";
}

}  // namespace backtest
