// EXPECT: breaker: this clock means something in one process only; shared memory takes SteadyClock or CoarseClock
// It would call a function by its address in another process.
#include "breaker/breaker.hpp"
#include "breaker/shared_memory.hpp"

breaker::SharedCircuits circuits{"/dev/shm/x", breaker::SharedSettings{}, breaker::AnyClock{}};
