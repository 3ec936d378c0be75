// EXPECT: breaker: a circuit in shared memory is called by its key
#include "breaker/breaker.hpp"
#include "breaker/shared_memory.hpp"

breaker::SharedCircuits circuits{"/dev/shm/x", breaker::SharedSettings{},
                                 breaker::named("payments")};
