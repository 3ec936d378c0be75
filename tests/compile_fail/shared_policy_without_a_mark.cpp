// EXPECT: breaker: this policy is not said to mean the same in every process: is_shareable
#include "breaker/breaker.hpp"
#include "breaker/shared_memory.hpp"

struct Row {
  using Evidence = breaker::InWord;
  const unsigned* limit;
  breaker::Standing record(breaker::InWord& row, const breaker::Outcome&) const noexcept {
    return ++row.value < *limit ? breaker::Standing{}
                                : breaker::Standing{breaker::Standing::Kind::at_limit};
  }
  bool operator==(const Row&) const = default;
};

unsigned limit = 5;
breaker::SharedCircuits circuits{"/dev/shm/x", breaker::SharedSettings{}, Row{&limit}};
