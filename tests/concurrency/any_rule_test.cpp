// Rules of every kind come and go while calls go on: no place for them ever takes what another kind
// has counted for its own.
#include <chrono>

#include "breaker/breaker.hpp"
#include "breaker/text/circuit.hpp"
#include "breaker/text/sentence.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

TEST_CASE("rules that nothing reaches never open a circuit, whichever were before them") {
  constexpr int rounds = 4'000;
  constexpr Settings out_of_reach[] = {
      settings("1000000 failures in a row"),
      settings("90 failures of the last 90 calls"),
      settings("worse than 30 % to 99 % once per 300 d at 1000 calls/s"),
      settings("1000000 failures in 10 s"),
      settings("100 % of 10 s, at least 1000000"),
      settings("slower than 1 h: 100 % of the last 99 calls, at least 99"),
      settings("70 failures of the last 70 calls and 9999 failures in a row"),
      settings("100 % of the last 13 calls, at least 13 and 1000000 failures in 1 s")};
  auto circuit = breaker::circuit(out_of_reach[0]);

  race(3, [&](int number) {
    for (int i = 0; i < rounds; ++i) {
      if (number == 0) {
        reconfigure(circuit, out_of_reach[i * 7 % 8]);
      } else {
        circuit.try_acquire().settle(i % 4 == 0 ? Verdict::failure : Verdict::success);
      }
    }
  });

  CHECK(circuit.state() == State::closed);
  CHECK(circuit.why().reason != Reason::policy);
  reconfigure(circuit, out_of_reach[3]);  // what is in force keeps what it has counted
  reconfigure(circuit, out_of_reach[1]);
  circuit.try_acquire().failure();
  CHECK(circuit.numbers() == Numbers{{1, 1}});
}
