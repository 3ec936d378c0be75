// Settings from keys and values.
#include "breaker/text/pairs.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"
#include "support/sentences.hpp"

using namespace breaker;

namespace {

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

std::string words(const Pairs& pairs) {
  const Parsed answer = from_pairs(pairs);
  INFO(answer.message());
  REQUIRE(answer);
  return std::string{in_words(*answer).view()};
}

void check_refused(const Pairs& pairs, std::string_view message) {
  const Parsed answer = from_pairs(pairs);
  REQUIRE_FALSE(answer);
  CHECK(answer.message() == message);
}

}  // namespace

TEST_CASE("keys and values say what a sentence says, in any order") {
  const std::map<std::string, std::string> all(usual_pairs().begin(), usual_pairs().end());
  constexpr std::string_view said =
      "5 failures in 10 s or 9 failures in a row; open 1 s times 1.5 to 1 min, 20 % jitter; 3 "
      "probes, closing after 2, reopening after 4, slow start, lease 5 s; retry-after up to 1 h; "
      "normally 1 % at 50 calls/s; shadow; named payments";

  CHECK(words(Pairs(all.begin(), all.end())) == said);
  CHECK(words(Pairs(all.rbegin(), all.rend())) == said);
  CHECK(*from_pairs(all) == *parse(said));
}

TEST_CASE("one key may have the whole sentence") {
  CHECK(words({{"breaker", "5 failures in 10 s, open 1 s"}}) == "5 failures in 10 s; open 1 s");
  check_refused({{"breaker", "5 failures in 10 s"}, {"probes", "3"}},
                "probes\n^ expected breaker alone");
  check_refused({{"probes", "3"}, {"breaker", "5 failures in 10 s"}},
                "breaker\n^ expected breaker alone");
}

TEST_CASE("a key that is unknown, twice or missing is refused, with the one most like it") {
  const std::pair<std::string_view, std::string_view> trip{"trip", "5 failures in 10 s"};
  check_refused({trip, {"open", "1 s"}}, "open\n^ expected the key open_for");
  check_refused({trip, {"probe", "1"}}, "probe\n^ expected the key probes");
  check_refused({trip, {"retryAfterMax", "1 s"}},
                "retryAfterMax\n^ expected the key retry_after_max");
  check_refused({trip, {"probes_", "1"}}, "probes_\n^ expected the key probes");
  check_refused({trip, {"mod", "shadow"}}, "mod\n^ expected the key mode");
  check_refused({trip, {"", "1"}}, "\n^ expected the key trip");
  check_refused({trip, {"Trip", "1 s"}}, "Trip\n^ expected the key trip");
  check_refused({trip, trip}, "trip\n^ expected each key once");
  check_refused({{"probes", "3"}}, "\n^ expected the key trip, or breaker");
  check_refused({}, "\n^ expected the key trip, or breaker");
}

TEST_CASE("a value that makes no sense is refused, with its key and place") {
  const std::pair<std::string_view, std::string_view> trip{"trip", "5 failures in 10 s"};
  check_refused(
      {{"trip", "5 failures in 10"}},
      "trip: 5 failures in 10\n                      ^ expected a unit: ns, us, ms, s, min, h "
      "or d, or the word calls");
  check_refused({{"trip", "5 failures in 10 s, open 1 s"}},
                "trip: 5 failures in 10 s, open 1 s\n                        ^ expected the end");
  check_refused({trip, {"open_for", "1"}},
                "open_for: 1\n           ^ expected a unit: ns, us, ms, s, min, h or d");
  CHECK(from_pairs(Pairs{trip, {"probes", "64"}}).key() == "probes");
  check_refused({trip, {"probes", "64"}}, "probes: 64\n        ^ expected 1 to 63");
  check_refused({trip, {"slow_start", "on"}},
                "slow_start: on\n            ^ expected true or false");
  check_refused({trip, {"mode", "off"}}, "mode: off\n      ^ expected enforce or shadow");
  check_refused({trip, {"backoff_max", "9 s"}},
                "backoff_max: 9 s\n             ^ expected no longest wait, as none is longer");
  check_refused({trip, {"backoff_max", "9 s"}, {"backoff_factor", "2"}, {"open_for", "10 s"}},
                "backoff_max: 9 s\n             ^ expected no less than the first wait");
  check_refused({trip, {"open_for", "1 s doubling"}, {"backoff_factor", "3"}},
                "backoff_factor: 3\n                ^ expected each setting once");
  check_refused({trip, {"backoff_factor", "3"}, {"open_for", "1 s doubling"}},
                "open_for: 1 s doubling\n          ^ expected each setting once");
  check_refused({trip, {"open_for", "1 s doubling to 9 s"}, {"backoff_max", "9 s"}},
                "backoff_max: 9 s\n             ^ expected each setting once");
  check_refused({trip, {"normal", "1 % at 5 calls/s"}, {"calls_per_second", "5"}},
                "calls_per_second: 5\n                  ^ expected each setting once");
}

TEST_CASE("words for yes are as the word in a sentence") {
  const std::string slow = words({{"breaker", "5 failures in 10 s, slow start"}});
  for (const char* const yes : {"yes", "true"})
    CHECK(words({{"trip", "5 failures in 10 s"}, {"slow_start", yes}}) == slow);
  CHECK(words({{"trip", "5 failures in 10 s"}, {"slow_start", "false"}}) != slow);
}

TEST_CASE("words for no change nothing") {
  CHECK(words({{"trip", "5 failures in 10 s"}, {"slow_start", "no"}, {"mode", "enforce"}}) ==
        "5 failures in 10 s; open 30 s");
}
