// Stripes: no count is lost, whoever owns a stripe.
#include "breaker/base/stripes.hpp"

#include <latch>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace breaker;

namespace {

struct Counts {
  detail::StripedCount one{0};
  detail::StripedCount other{0};
};

/// Counts in `stripes` from so many threads at once, and ends them.
template <int n>
void count_from_threads(detail::Stripes<Counts, n>& stripes, int threads, int times) {
  std::latch all_here{threads};
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      all_here.arrive_and_wait();
      for (int k = 0; k < times; ++k) stripes.add(&Counts::one);
    });
  }
  for (std::thread& thread : running) thread.join();
}

}  // namespace

TEST_CASE("no count is lost where there are more threads than stripes, and threads come and go") {
  detail::Stripes<Counts, 2> stripes;

  for (int round = 0; round < 20; ++round) count_from_threads(stripes, 5, 2'000);

  CHECK(stripes.sum(&Counts::one) == 20 * 5 * 2'000);
  CHECK(stripes.sum(&Counts::other) == 0);
}

TEST_CASE("a total that is forgotten begins again at 0, and the owner of a stripe goes on") {
  detail::Stripes<Counts, 2> stripes;
  count_from_threads(stripes, 5, 2'000);
  stripes.add(&Counts::other, 7);

  stripes.forget(&Counts::one);
  CHECK(stripes.sum(&Counts::one) == 0);
  CHECK(stripes.sum(&Counts::other) == 7);

  stripes.add(&Counts::one);
  count_from_threads(stripes, 5, 2'000);
  CHECK(stripes.sum(&Counts::one) == 1 + 5 * 2'000);
}

TEST_CASE("no count is lost where processes share the stripes, and nobody owns one") {
  detail::Stripes<Counts, 2> stripes;
  stripes.share();

  count_from_threads(stripes, 4, 10'000);

  CHECK(stripes.sum(&Counts::one) == 40'000);
}
