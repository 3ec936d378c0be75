// The results as a page: report.html with the JSON put into it.
#include "page.hpp"
#include "report.hpp"

namespace backtest {

namespace {

/// **Returns** JSON that can stand inside a <script>: names from a log can't end it.
std::string for_script(const Result& result) {
  const std::string json = json_report(result, -1);
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::string html_report(const Result& result) {
  constexpr std::string_view place = "\"RESULT\"";
  std::string page{page_template};
  return page.replace(page.find(place), place.size(), for_script(result));
}

}  // namespace backtest
