// Chances of counts, at their ends too.
#include "breaker/text/chance.hpp"

#include "support/catch.hpp"

using namespace breaker::detail;

TEST_CASE("of a few calls so many are marked by so much chance") {
  const Binomial of_four{4, 0.5};
  CHECK(of_four.at(2) == Approx(0.375));
  CHECK(of_four.at(-1) == Approx(0));
  CHECK(of_four.at(5) == Approx(0));
  CHECK(of_four.up(1) == Approx(1.5));
  CHECK(of_four.up(4) == Approx(0));
  CHECK(of_four.down(2) == Approx(2 / 3.0));
  CHECK(of_four.down(0) == Approx(0));
  CHECK(Binomial{4, 1}.at(4) == Approx(1));
  CHECK(Binomial{4, 1}.at(3) == Approx(0));
  CHECK(Binomial{4, 1}.up(3) == Approx(0));
  CHECK(Binomial{4, 0}.at(0) == Approx(1));
  CHECK(Binomial{4, 0}.down(1) == Approx(0));
}

TEST_CASE("in a while so many calls arrive by so much chance") {
  CHECK(Poisson{2}.at(-1) == Approx(0));
  CHECK(Poisson{2}.at(0) == Approx(0.1353352832));
  CHECK(Poisson{2}.at(3) == Approx(0.1804470443));
  CHECK(Poisson{0}.at(0) == Approx(1));
  CHECK(Poisson{0}.at(1) == Approx(0));
}

TEST_CASE("there are so many or more, or there are fewer") {
  for (const double p : {0.0, 0.3, 0.9, 1.0}) {
    const Binomial of_four{4, p};
    for (int n = -1; n <= 6; ++n) {
      CAPTURE(p, n);
      CHECK(at_least(of_four, n) + at_most(of_four, n - 1) == Approx(1));
    }
    CHECK(at_most(of_four, -1) == Approx(0));
    CHECK(at_least(of_four, 5) == Approx(0));
  }
  CHECK(at_least(Binomial{4, 0.9}, 2) == Approx(0.9963));
  CHECK(at_most(Binomial{4, 0.9}, 2) == Approx(0.0523));
}

TEST_CASE("powers are right where they are 1, and where they are nothing") {
  CHECK(power(0.5, 3) == Approx(0.125));
  CHECK(power(0.5, 0) == Approx(1));
  CHECK(power(0, 3) == Approx(0));
  CHECK(breaker::detail::exp(700) > largest);
  CHECK(breaker::detail::exp(-700) == Approx(0));
}
