// The order in which calls begin and end.
#include "order.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace backtest;

namespace {

constexpr Ticks ms = 1'000'000;

struct Told {
  std::uint32_t endpoint;
  Event event;
};

/// An order that remembers what it tells.
class Fixture {
 public:
  explicit Fixture(const Order::Settings& settings = {})
      : order{settings, [this](std::uint32_t endpoint, const Event& event) {
                told.push_back({endpoint, event});
              }} {}

  void call(Ticks end, Ticks took, Verdict verdict = Verdict::success) {
    order.add(end, took, 0, verdict);
  }

  /// "b" or "e" and the milliseconds, for each event.
  [[nodiscard]] std::string story() const {
    std::string text;
    for (const Told& each : told) {
      text += (text.empty() ? "" : " ") + std::string{each.event.is_begin ? "b" : "e"} +
              std::to_string(each.event.time / ms);
    }
    return text;
  }

  std::vector<Told> told;
  Order order;
};

}  // namespace

TEST_CASE("calls overlap as they did: each begins as long before its end as it took") {
  Fixture log;
  log.call(100 * ms, 90 * ms);
  log.call(110 * ms, 20 * ms);
  log.call(500 * ms, 450 * ms);
  log.order.finish();

  CHECK(log.story() == "b10 b50 b90 e100 e110 e500");
}

TEST_CASE("beginning and end of a call share a slot, calls in flight never do") {
  Fixture log;
  log.call(100 * ms, 90 * ms);
  log.call(110 * ms, 20 * ms);
  log.call(300 * ms, 100 * ms);
  log.order.finish();

  REQUIRE(log.told.size() == 6);
  CHECK(log.told[0].event.slot == log.told[2].event.slot);
  CHECK(log.told[1].event.slot == log.told[3].event.slot);
  CHECK(log.told[0].event.slot != log.told[1].event.slot);
  CHECK(log.told[4].event.slot < 2);  // slots are used again
}

TEST_CASE("at the same instant, calls end before others begin") {
  Fixture log;
  log.call(200 * ms, 100 * ms, Verdict::failure);
  log.call(300 * ms, 100 * ms);
  log.order.finish();

  CHECK(log.story() == "b100 e200 b200 e300");
}

TEST_CASE("a call that took no time ends before anything else happens") {
  Fixture log;
  log.call(200 * ms, 0);
  log.call(200 * ms, 0);
  log.call(200 * ms, 50 * ms);
  log.order.finish();

  CHECK(log.story() == "b150 e200 b200 e200 b200 e200");
}

TEST_CASE("times in whole seconds are spread evenly over the second, in the order of the log") {
  Fixture log{{.whole_seconds = true}};
  for (int i = 0; i < 4; ++i) log.call(7 * second, 10 * ms);
  log.call(8 * second, 10 * ms);
  log.order.finish();

  CHECK(log.story() == "b7115 e7125 b7365 e7375 b7615 e7625 b7865 e7875 b8490 e8500");
}

TEST_CASE("where the log has the beginning, the end comes as long behind") {
  Fixture log{{.time_is_begin = true}};
  log.call(200 * ms, 50 * ms);
  log.call(100 * ms, 500 * ms);
  log.order.finish();

  CHECK(log.story() == "b100 b200 e250 e600");
}

TEST_CASE("lines out of order within the window are sorted, beyond it counted and left out") {
  Fixture log{{.reorder = 2 * second}};
  log.call(10 * second, ms);
  log.call(13 * second, ms);
  log.call(12 * second, ms);
  log.call(11 * second, ms);
  log.call(14 * second, ms);
  log.call(10 * second, ms);
  log.order.finish();

  CHECK(log.order.counts().misplaced == 1);
  CHECK(log.story() == "b9999 e10000 b10999 e11000 b11999 e12000 b12999 e13000 b13999 e14000");
}

TEST_CASE("one line from the far future does not make all others late") {
  Fixture log;
  log.call(10 * second, ms);
  log.call(100'000 * second, ms);
  log.call(11 * second, ms);
  log.call(12 * second, ms);
  log.order.finish();

  CHECK(log.order.counts().misplaced == 1);
  CHECK(log.story() == "b9999 e10000 b10999 e11000 b11999 e12000");
}

TEST_CASE("a night without traffic is no mistake") {
  Fixture log;
  log.call(10 * second, ms);
  log.call(50'000 * second, ms);
  log.call(50'001 * second, ms);
  log.order.finish();

  CHECK(log.order.counts().misplaced == 0);
  CHECK(log.told.size() == 6);
}

TEST_CASE("calls longer than the limit are counted, and begin late rather than not at all") {
  Fixture log{{.reorder = second, .longest = 10 * second}};
  for (int i = 0; i < 100; ++i) log.call((100 + i) * second, ms);
  log.call(200 * second, 90 * second, Verdict::failure);
  log.order.finish();

  CHECK(log.order.counts().too_long == 1);
  CHECK(log.told.size() == 202);
  Ticks last = 0;
  for (const Told& each : log.told) {
    CHECK(each.event.time >= last);
    last = each.event.time;
  }
}

TEST_CASE("what is held is bounded, however long a call may take") {
  Fixture log{{.longest = 86'400 * second, .most_held = 100}};
  for (int i = 0; i < 10'000; ++i) log.call(i * 100 * ms, ms);

  CHECK(log.told.size() > 19'000);
}

TEST_CASE("a column that is no time is refused before it fills the memory") {
  Fixture log{{.most_held = 1000}};

  CHECK_THROWS_AS(
      [&] {
        for (int i = 0; i < 2000; ++i) log.call(5 * second, ms);
      }(),
      OrderError);
}
