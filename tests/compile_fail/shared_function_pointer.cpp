// EXPECT: breaker: this classifier is not said to mean the same in every process \(a function pointer does not\)
#include "breaker/breaker.hpp"
#include "breaker/shared_memory.hpp"

bool fails(const int& result) { return result < 0; }

breaker::SharedCircuits circuits{"/dev/shm/x", breaker::SharedSettings{},
                                 breaker::failing_on(&fails)};
