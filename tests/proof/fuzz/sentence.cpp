// A fuzzer's bytes as a sentence, and as keys and values, one a line: what is accepted has settings
// in their ranges, and says the same in its usual form. Linked with libFuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/config.hpp"
#include "breaker/text/pairs.hpp"
#include "breaker/text/sentence.hpp"

namespace {

void check(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

void check(const breaker::Parsed& answer, std::size_t longest) {
  if (!answer) {
    check(answer.position() <= longest, "a position behind the end");
    check(answer.message().size() > 0, "no message");
    return;
  }
  breaker::validate(answer->config);
  const breaker::SettingsText words = breaker::in_words(*answer);
  const breaker::Parsed again = breaker::parse(words.view());
  check(bool{again}, words.view());
  check(*again == *answer, words.view());
  check(breaker::in_words(*again).view() == words.view(), words.view());
}

/// **Returns** "key value" of each line.
std::vector<std::pair<std::string_view, std::string_view>> lines_of(std::string_view text) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
    const std::size_t end = line.find(' ');
    pairs.emplace_back(line.substr(0, end),
                       end == std::string_view::npos ? std::string_view{} : line.substr(end + 1));
  }
  return pairs;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check(breaker::parse(text), size);
  check(breaker::from_pairs(lines_of(text)), size);
  return 0;
}
