// README's table of policies says how long each keeps a healthy circuit closed, at least: as the library forecasts it.
// Takes README.
#include <breaker/breaker.hpp>
#include <breaker/text/forecast.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

class Table {
 public:
  explicit Table(const char* page)
      : text_{std::istreambuf_iterator<char>{std::ifstream{page}.rdbuf()}, {}} {}

  /// `name`: as the table has the policy.
  template <class Policy>
  void check(const char* name, const Policy& policy) {
    std::string cell;
    for (const double calls : {10.0, 100.0, 1000.0}) {
      const Forecast promise = forecast(
          policy, Config{},
          {.normal = 1_percent, .calls_per_second = calls, .slow = 1_percent, .slow_excess = 1});
      cell += (cell.empty() ? "" : " / ") + detail::time_text(promise.at_least);
    }
    const std::string_view row = row_of("| `" + std::string{name} + "` | ");
    if (row.find(" | " + cell + " | ") != row.npos) return;
    std::printf("WRONG: %s: %s\n", name, cell.c_str());
    ++wrong_;
  }
  [[nodiscard]] int wrong() const { return wrong_; }

 private:
  [[nodiscard]] std::string_view row_of(const std::string& begin) const {
    const std::size_t at = text_.find("\n" + begin);
    if (at == text_.npos) return {};
    return std::string_view{text_}.substr(at + 1, text_.find('\n', at + 1) - at);
  }

  std::string text_;
  int wrong_ = 0;
};

}  // namespace

#define CHECK_ROW(...) table.check(#__VA_ARGS__, __VA_ARGS__)

int main(int /*argc*/, char** argv) {
  Table table{argv[1]};
  CHECK_ROW(ConsecutiveFailures{5});
  CHECK_ROW(FailureRate{{.threshold = 50_percent, .min_calls = 20}});
  CHECK_ROW(FailureRate{within(10s), {.threshold = 50_percent}});
  CHECK_ROW(Cusum{{.normal = 1_percent,
                   .bad = 10_percent,
                   .calls_per_second = 1000,
                   .false_opening_every = std::chrono::days{365}}});
  CHECK_ROW(FailureCount{5, within(10s)});
  CHECK_ROW(SlowCallRate{{.slower_than = 200ms, .threshold = 50_percent}});
  CHECK_ROW(Overdue{{.limit = 2s, .calls = 5}});
  return table.wrong();
}
