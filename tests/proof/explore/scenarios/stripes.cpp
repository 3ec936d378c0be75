// Scenarios: counts in stripes, which their owners add to without a locked instruction.
#include "breaker/base/stripes.hpp"

#include "breaker/window/stay.hpp"
#include "breaker/window/time_stripes.hpp"
#include "proof/explore/runtime.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

struct Counts {
  breaker::detail::StripedCount one{0};
};
using Stripes = breaker::detail::Stripes<Counts, 1>;

void add_from_two(Run& run, Stripes& stripes) {
  for (int i = 0; i < 2; ++i) {
    run.thread([&stripes] {
      stripes.add(&Counts::one);
      stripes.add(&Counts::one);
    });
  }
  run.finally([&run, &stripes] { run.check(stripes.sum(&Counts::one) == 4, "a count was lost"); });
}

void two_threads_come_to_a_stripe(Run& run) { add_from_two(run, run.make<Stripes>()); }

void two_threads_count_in_a_stripe_that_is_shared(Run& run) {
  auto& stripes = run.make<Stripes>();
  stripes.share();
  add_from_two(run, stripes);
}

void a_total_does_not_go_back(Run& run) {
  auto& stripes = run.make<Stripes>();
  add_from_two(run, stripes);
  run.thread([&run, &stripes] {
    const std::uint64_t before = stripes.sum(&Counts::one);
    run.check(stripes.sum(&Counts::one) >= before, "a total went back");
  });
}

// Slices of another length begin empty: what was counted in slices of the old one, under a number that comes up
// again, is not among what the new ones hold.
void slices_of_another_length(Run& run) {
  using namespace breaker::detail;
  auto& word = run.make<Atomic<std::uint64_t>>(0U);
  auto& counted = run.make<TimeStripes<2, 1>>();
  const breaker::Stay stay{word, breaker::StayId::of(0)};
  run.thread([&counted, stay] {
    counted.record(15, 10, stay);
    counted.record(16, 10, stay);
    counted.record(30, 20, stay);
  });
  run.thread([&run, &counted, stay] {
    run.check(counted.sum(SliceWords<2, false>::tag_of(1, stay), 20).unmarked <= 1,
              "a call was counted in slices of another length");
  });
}

const Scenarios stripes{
    {"two threads come to a stripe", two_threads_come_to_a_stripe},
    {"two threads count in a stripe that is shared", two_threads_count_in_a_stripe_that_is_shared},
    {"a total does not go back", a_total_does_not_go_back, 1},
    {"a stripe's slices are of another length", slices_of_another_length, 1},
};

}  // namespace

}  // namespace explore
