// Scenarios: counts in stripes, which their owners add to without a locked instruction.
#include "breaker/base/stripes.hpp"

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

const Scenarios stripes{
    {"two threads come to a stripe", two_threads_come_to_a_stripe},
    {"two threads count in a stripe that is shared", two_threads_count_in_a_stripe_that_is_shared},
    {"a total does not go back", a_total_does_not_go_back, 1},
};

}  // namespace

}  // namespace explore
