// The seam that atomics and the number of the thread come through.
#include "breaker/base/atomic.hpp"

#include <set>
#include <thread>

#include "support/catch.hpp"

using namespace breaker;

TEST_CASE("a thread keeps its number, and no two threads share one") {
  std::set<unsigned> numbers;
  bool kept = true;

  for (int i = 0; i < 4; ++i) {
    std::thread{[&] {
      const unsigned number = detail::thread_number();
      kept = kept && detail::thread_number() == number;
      numbers.insert(number);
    }}.join();
  }

  CHECK(kept);
  CHECK(numbers.size() == 4);
  CHECK(*numbers.begin() >= 1);
  CHECK(*numbers.rbegin() == *numbers.begin() + 3);
}
