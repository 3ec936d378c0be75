// EXPECT: breaker: this policy's evidence is behind a lock, which a process that is killed would keep for ever
#include "breaker/breaker.hpp"
#include "breaker/shared_memory.hpp"

struct Budget {
  struct Evidence {
    int spent = 0;
  };
  breaker::Standing record(Evidence& seen, const breaker::Outcome&) const noexcept {
    return ++seen.spent < 10 ? breaker::Standing{}
                             : breaker::Standing{breaker::Standing::Kind::at_limit};
  }
  bool operator==(const Budget&) const = default;
};

breaker::SharedCircuits circuits{"/dev/shm/x", breaker::SharedSettings{},
                                 breaker::any_of(Budget{}, breaker::ConsecutiveFailures{5})};
