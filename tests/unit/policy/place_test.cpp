// Place: evidence in a word of its own, behind a lock, or as it is.
#include "breaker/policy/place.hpp"

#include <cstdint>
#include <thread>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "unit/policy/policy_test.hpp"

using namespace breaker;
using policy_test::Asked;

namespace {

using Kind = Standing::Kind;

Standing standing(std::uint32_t seen, std::uint32_t limit) {
  return {.kind = seen >= limit ? Kind::at_limit : Kind::below, .numbers = {{seen}}};
}

/// So many failures in a row.
struct Row {
  std::uint32_t limit;

  using Evidence = InWord;
  Standing record(InWord& row, const Outcome& call) const noexcept {
    row.value = call.verdict == Verdict::failure ? row.value + 1 : 0;
    return standing(row.value, limit);
  }
  bool operator==(const Row&) const = default;
};

/// The same, and can say how it stands.
struct RowSeen : Row {
  [[nodiscard]] Standing look(InWord row) const noexcept { return standing(row.value, limit); }
  bool operator==(const RowSeen&) const = default;
};

/// Points that failures take, on plain integers.
struct Points {
  std::uint32_t at_first;

  struct Evidence {
    std::uint32_t left;
    std::uint32_t failures = 0;
    explicit Evidence(const Points& policy) : left{policy.at_first} {}
  };
  Standing record(Evidence& seen, const Outcome& call) const noexcept {
    if (call.verdict == Verdict::failure) {
      ++seen.failures;
      if (seen.left > 0) --seen.left;
    }
    return {.kind = seen.left == 0 ? Kind::at_limit : Kind::below,
            .numbers = {{seen.failures, seen.left}}};
  }
  bool operator==(const Points&) const = default;
};

/// The same, and can say how it stands.
struct PointsSeen : Points {
  [[nodiscard]] Standing look(const Evidence& seen) const noexcept {
    return {.kind = Kind::below, .numbers = {{0, 0, seen.left}}};
  }
  bool operator==(const PointsSeen&) const = default;
};

/// The same, and is asked when a call arrives.
struct PointsAtArrival : Points {
  [[nodiscard]] Standing arrive(Evidence& seen, Ticks /*now*/) const noexcept {
    return {.kind = Kind::below, .numbers = {{0, 0, --seen.left}}};
  }
  bool operator==(const PointsAtArrival&) const = default;
};

/// Evidence that is fit for threads, with everything that it may have.
struct Open {
  int settings;

  struct Evidence {
    int settings = 7;
    int begun = 0;
    int good = 0;
    [[nodiscard]] bool is_clean(StayId id) const noexcept { return id.generation() == 3; }
    [[nodiscard]] bool is_good(const Outcome& call) const noexcept { return call.took == 1; }
    bool record_good(const Outcome& /*call*/, const Stay& /*stay*/) noexcept { return ++good == 1; }
    void begin(const Stay& /*stay*/) noexcept { ++begun; }
    void adopt(const Open& policy) noexcept { settings = policy.settings; }
  };
  Standing record(Evidence& seen, const Outcome& /*call*/, const Stay& /*stay*/) const noexcept {
    return standing(static_cast<std::uint32_t>(seen.settings), 9);
  }
  [[nodiscard]] Standing look(const Evidence& seen, Ticks now,
                              const Stay& /*stay*/) const noexcept {
    return {.numbers = {{static_cast<std::uint32_t>(seen.begun),
                         static_cast<std::uint32_t>(seen.good), static_cast<std::uint32_t>(now)}}};
  }
  bool operator==(const Open&) const = default;
};

/// The same with nothing that is optional.
struct Bare {
  struct Evidence {};
  Standing record(Evidence& /*seen*/, const Outcome& /*call*/,
                  const Stay& /*stay*/) const noexcept {
    return standing(1, 1);
  }
  bool operator==(const Bare&) const = default;
};

template <class Place>
concept HasOptionalMembers =
    requires(Place& place, const Stay& stay) { place.begin(stay); } ||
    requires(Place& place) { place.adopt(Bare{}); } ||
    requires(const Place& place) { place.is_clean(StayId{}); } ||
    requires(const Place& place) { place.is_good(Outcome{}); } ||
    requires(Place& place, const Stay& stay) { place.arrive(Bare{}, Ticks{}, stay); };

template <class Policy>
void check_that_a_late_call_is_stale(const Policy& policy, const Numbers& of_one_failure) {
  Asked asked{policy};
  asked.fails();
  asked.fails();
  const Stay earlier = asked.stay();
  asked.enter_next_stay();
  CHECK(asked.numbers() == Numbers{});
  asked.fails();

  CHECK(asked.settle_in(earlier, Verdict::failure).kind == Kind::stale);
  CHECK(asked.settle_in(earlier, Verdict::success).kind == Kind::stale);

  CHECK(asked.numbers() == of_one_failure);
}

template <class Policy>
std::uint32_t failures_counted_by_threads(const Policy& policy) {
  constexpr int each = 20'000;
  Asked asked{policy};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < each; ++call) asked.settle(Verdict::failure);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return asked.numbers().at[0];
}

}  // namespace

TEST_CASE("where evidence lives follows from what it is") {
  STATIC_REQUIRE(std::is_same_v<detail::Place<Row>, detail::OwnWord<Row>>);
  STATIC_REQUIRE(std::is_same_v<detail::Place<Points>, detail::Locked<Points>>);
  STATIC_REQUIRE(std::is_same_v<detail::Place<Open>, detail::Shared<Open>>);
}

TEST_CASE("a number in a word of its own is counted, and void in the next stay") {
  Asked row{Row{2}};
  CHECK_FALSE(row.fails());
  CHECK(row.fails());
  CHECK(row.numbers() == Numbers{{2}});

  row.enter_next_stay();

  CHECK(row.numbers() == Numbers{});
  CHECK_FALSE(row.fails());
  CHECK(row.fails());
}

TEST_CASE("a word of its own is clean only in its stay, and only with nothing in it") {
  Asked row{Row{9}};
  CHECK(row.is_clean());
  row.fails();
  CHECK_FALSE(row.is_clean());
  row.succeeds();
  CHECK(row.is_clean());

  row.enter_next_stay();

  CHECK_FALSE(row.is_clean());
  row.succeeds();
  CHECK(row.is_clean());
}

TEST_CASE("the largest number there is fits a word of its own") {
  Asked row{Row{1u << 24}};

  for (std::uint32_t i = 1; i < 1u << 24; ++i) {
    if (row.fails()) FAIL(i);
  }

  CHECK(row.numbers() == Numbers{{(1u << 24) - 1}});
}

TEST_CASE("a policy in a word of its own that can't look stands below") {
  Asked blind{Row{1}};
  Asked seeing{RowSeen{{1}}};
  blind.fails();
  seeing.fails();

  CHECK(blind.look().kind == Kind::below);
  CHECK(seeing.look().kind == Kind::at_limit);
  CHECK(blind.look().numbers == seeing.look().numbers);
}

TEST_CASE("plain evidence is made from the policy, anew for each stay") {
  Asked points{Points{2}};
  CHECK_FALSE(points.fails());
  CHECK(points.fails());
  CHECK(points.look().kind == Kind::at_limit);

  points.enter_next_stay();

  CHECK(points.look().kind == Kind::below);
  CHECK(points.numbers() == Numbers{});
  CHECK_FALSE(points.fails());
  CHECK(points.numbers() == Numbers{{1, 1}});
  CHECK(points.fails());
}

TEST_CASE("plain evidence shows what the policy said last, unless the policy can look") {
  Asked blind{Points{5}};
  Asked seeing{PointsSeen{{5}}};
  for (int i = 0; i < 2; ++i) {
    blind.fails();
    seeing.fails();
  }

  CHECK(blind.numbers() == Numbers{{2, 3}});
  CHECK(seeing.numbers() == Numbers{{0, 0, 3}});
}

TEST_CASE("a call of a stay that is over is booked nowhere") {
  check_that_a_late_call_is_stale(Row{9}, {{1}});
  check_that_a_late_call_is_stale(Points{9}, {{1, 8}});
}

TEST_CASE("a call of a stay that is over is not the first of plain evidence either") {
  Asked points{Points{9}};
  const Stay earlier = points.stay();
  points.enter_next_stay();

  CHECK(points.settle_in(earlier, Verdict::failure).kind == Kind::stale);

  CHECK(points.numbers() == Numbers{});
}

TEST_CASE("plain evidence is asked at an arrival in its stay, in no other") {
  Asked points{PointsAtArrival{{9}}};
  const Stay earlier = points.stay();
  CHECK(points.place().arrive(points.policy(), 0, earlier).numbers == Numbers{{0, 0, 8}});
  points.enter_next_stay();

  CHECK(points.place().arrive(points.policy(), 0, earlier).kind == Kind::stale);
  CHECK(points.place().arrive(points.policy(), 0, points.stay()).numbers == Numbers{{0, 0, 8}});
}

TEST_CASE("no call of several threads is lost") {
  CHECK(failures_counted_by_threads(Row{1u << 23}) == 80'000);
  CHECK(failures_counted_by_threads(Points{1u << 23}) == 80'000);
}

TEST_CASE("evidence that is fit for threads is handed everything") {
  Asked open{Open{8}};
  const Outcome good{Verdict::success, 0, 1};
  CHECK(open.settle(Verdict::success).numbers == Numbers{{7}});

  open.place().adopt(Open{9});
  open.place().begin(open.stay());
  CHECK(open.settle(Verdict::success).kind == Kind::at_limit);
  CHECK(open.place().is_good(good));
  CHECK_FALSE(open.place().is_good({Verdict::success, 0, 2}));
  CHECK(open.place().record_good(good, open.stay()));
  CHECK_FALSE(open.place().record_good(good, open.stay()));

  CHECK(open.look(5).numbers == Numbers{{1, 2, 5}});
  CHECK_FALSE(open.is_clean());
  for (int i = 0; i < 3; ++i) open.enter_next_stay();
  CHECK(open.is_clean());
}

TEST_CASE("evidence that is fit for threads need not have more than record") {
  Asked bare{Bare{}};

  CHECK(bare.fails());
  CHECK(bare.look().kind == Kind::below);
  CHECK(bare.look().numbers == Numbers{});
  STATIC_REQUIRE(!HasOptionalMembers<detail::Place<Bare>>);
}
