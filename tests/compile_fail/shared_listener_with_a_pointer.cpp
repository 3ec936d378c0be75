// EXPECT: breaker: this listener means something in one process only; put Counters into shared memory
#include "breaker/breaker.hpp"
#include "breaker/shared_memory.hpp"

int transitions = 0;
struct Log {
  int* count;
  void operator()(const breaker::Transition&) const noexcept { ++*count; }
};

breaker::SharedCircuits circuits{"/dev/shm/x", breaker::SharedSettings{}, Log{&transitions}};
