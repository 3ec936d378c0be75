// Outages, found by the stated rule.
#include "outages.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace backtest;

namespace {

/// A log of ends of calls.
class Traffic {
 public:
  /// Ten calls a second for `count` seconds, of which `failures_of_ten` fail.
  Traffic& seconds(int count, int failures_of_ten) {
    for (int s = 0; s < count; ++s, now_ += second)
      for (int i = 0; i < 10; ++i)
        at(now_ + i * second / 10, i < failures_of_ten ? Verdict::failure : Verdict::success);
    return *this;
  }
  Traffic& silence(Ticks time) {
    now_ += time;
    return *this;
  }
  Traffic& at(Ticks time, Verdict verdict, Ticks took = 0) {
    events_.push_back({time, took, 0, false, false, verdict});
    return *this;
  }
  /// Ten successes a second, of which `slow_of_ten` take `took`, the others 20 ms.
  Traffic& slow_seconds(int count, int slow_of_ten, Ticks took) {
    for (int s = 0; s < count; ++s, now_ += second)
      for (int i = 0; i < 10; ++i)
        at(now_ + i * second / 10, Verdict::success, i < slow_of_ten ? took : second / 50);
    return *this;
  }

  [[nodiscard]] std::vector<Outage> outages(const OutageRule& rule = {}) const {
    OutageFinder finder{rule};
    std::vector<Event> events = events_;
    finder.add(events);
    finder.finish();
    return finder.outages();
  }

 private:
  Ticks now_ = 0;
  std::vector<Event> events_;
};

}  // namespace

TEST_CASE("healthy traffic, or traffic below the share, has no outage") {
  CHECK(Traffic{}.seconds(100, 0).outages().empty());
  CHECK(Traffic{}.seconds(100, 4).outages().empty());
  CHECK(Traffic{}.outages().empty());
}

TEST_CASE("an outage goes from its first to its last failure") {
  const auto outages = Traffic{}.seconds(10, 0).seconds(5, 5).seconds(10, 0).outages();

  REQUIRE(outages.size() == 1);
  CHECK(outages[0].from == 10 * second);
  CHECK(outages[0].until == 14 * second + 4 * second / 10);
  CHECK(outages[0].calls == 50);
  CHECK(outages[0].failures == 25);
}

TEST_CASE("a few good seconds do not end an outage, five do") {
  CHECK(Traffic{}.seconds(5, 10).seconds(4, 0).seconds(5, 10).outages().size() == 1);
  CHECK(Traffic{}.seconds(5, 10).seconds(5, 0).seconds(5, 10).outages().size() == 2);
}

TEST_CASE("good seconds inside an outage are part of it, those behind it are not") {
  const auto outages =
      Traffic{}.seconds(5, 10).seconds(2, 0).seconds(1, 10).seconds(9, 0).outages();

  REQUIRE(outages.size() == 1);
  CHECK(outages[0].calls == 80);
  CHECK(outages[0].failures == 60);
}

TEST_CASE("a hiccup is no outage: too short, or too few failures") {
  CHECK(Traffic{}.seconds(9, 0).seconds(3, 10).seconds(9, 0).outages().empty());
  CHECK(Traffic{}.seconds(9, 0).seconds(4, 10).seconds(9, 0).outages().size() == 1);
  Traffic sparse;
  for (int i = 0; i < 4; ++i) sparse.at(i * 10 * second, Verdict::failure);
  CHECK(sparse.outages().empty());
  CHECK(sparse.at(40 * second, Verdict::failure).outages().size() == 1);
}

TEST_CASE("silence for longer than the limit ends an outage, shorter silence does not") {
  CHECK(Traffic{}.seconds(5, 10).silence(290 * second).seconds(5, 10).outages().size() == 1);
  CHECK(Traffic{}.seconds(5, 10).silence(310 * second).seconds(5, 10).outages().size() == 2);
}

TEST_CASE("an outage that the log ends in is an outage") {
  CHECK(Traffic{}.seconds(9, 0).seconds(5, 10).outages().size() == 1);
}

TEST_CASE("calls that count as nothing make no outage and end none") {
  Traffic traffic;
  for (int i = 0; i < 100; ++i) traffic.at(i * second, Verdict::ignored);
  CHECK(traffic.outages().empty());
}

TEST_CASE("the rule's numbers can be changed") {
  const Traffic traffic = Traffic{}.seconds(9, 0).seconds(2, 3).seconds(9, 0);

  CHECK(traffic.outages().empty());
  CHECK(traffic.outages({.share_percent = 30, .at_least = second}).size() == 1);
}

TEST_CASE("a third of the calls failing for ten minutes is an outage, though most succeed") {
  const auto outages = Traffic{}.seconds(600, 0).seconds(600, 3).seconds(600, 0).outages();

  REQUIRE(outages.size() == 1);
  CHECK(outages[0].kind == Outage::Kind::partly);
  CHECK(outages[0].from == 600 * second);
  CHECK(outages[0].until == 1199 * second + 2 * second / 10);
  CHECK(outages[0].failures == 1800);
}

TEST_CASE("many calls that fail as usual, or not for long, are no outage") {
  CHECK(Traffic{}.seconds(600, 1).seconds(600, 3).outages().empty());
  CHECK(Traffic{}.seconds(600, 0).seconds(110, 3).seconds(600, 0).outages().empty());
}

TEST_CASE("calls that take far longer than usual are an outage, though all succeed") {
  const auto outages = Traffic{}
                           .slow_seconds(100, 0, 0)
                           .slow_seconds(60, 10, 5 * second)
                           .slow_seconds(100, 0, 0)
                           .outages();

  REQUIRE(outages.size() == 1);
  CHECK(outages[0].kind == Outage::Kind::slow);
  CHECK(outages[0].from == 100 * second);
  CHECK(outages[0].until == 159 * second + 9 * second / 10);
  CHECK(outages[0].failures == 600);
}

TEST_CASE("slow calls are no outage if they are few, short, or usual in this log") {
  const auto none = [](int seconds, int slow_of_ten, Ticks took) {
    return Traffic{}
        .slow_seconds(100, 0, 0)
        .slow_seconds(seconds, slow_of_ten, took)
        .slow_seconds(100, 0, 0)
        .outages()
        .empty();
  };
  CHECK(none(60, 4, 5 * second));
  CHECK(none(9, 10, 5 * second));
  CHECK(none(60, 10, second / 15));  // 67 ms is more than thrice, but not by 50 ms more
  CHECK(Traffic{}.slow_seconds(200, 10, 5 * second).outages().empty());
}

TEST_CASE("outages that overlap are one, of the longer one's kind") {
  const auto outages = Traffic{}
                           .seconds(600, 0)
                           .seconds(300, 3)
                           .seconds(10, 10)
                           .seconds(300, 3)
                           .seconds(600, 0)
                           .outages();

  REQUIRE(outages.size() == 1);
  CHECK(outages[0].kind == Outage::Kind::partly);
}

TEST_CASE("it is known when the first bad call of an outage began") {
  std::vector<Event> events;
  for (Ticks s = 0; s < 60; ++s) {
    const bool fails = s >= 40;
    events.push_back({s * second, fails ? 30 * second : second / 50, 0, false, false,
                      fails ? Verdict::failure : Verdict::success});
  }
  OutageFinder finder{OutageRule{}};
  finder.add(events);
  finder.finish();
  REQUIRE(finder.outages().size() == 1);
  CHECK(finder.outages()[0].from == 40 * second);
  CHECK(finder.outages()[0].began == 10 * second);
}

TEST_CASE("a call that begins while the endpoint is slow, and will be slow, is marked") {
  std::vector<Event> events;
  for (Ticks s = 0; s < 200; ++s)
    for (Ticks i = 0; i < 10; ++i) {
      const Ticks took = s >= 100 ? 5 * second : second / 50;
      events.push_back({s * second + i * second / 10, took, 0, true, false, Verdict::success});
      events.push_back({s * second + i * second / 10 + 1, took, 0, false, false, Verdict::success});
    }
  OutageFinder finder{OutageRule{}};
  finder.add(events);
  CHECK_FALSE(events[99 * 20].is_slow);
  CHECK_FALSE(events[100 * 20].is_slow);  // nobody knows it yet
  CHECK(events[102 * 20].is_slow);
}
