// EXPECT: breaker: a candidate hears of a call when it has ended
#include "breaker/breaker.hpp"
#include "breaker/candidate.hpp"

using namespace std::chrono_literals;
breaker::Candidate trial{breaker::Config{}, breaker::Overdue{{.limit = 1s}}};
