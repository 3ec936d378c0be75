// EXPECT: success
// No header has anything to destroy when a program ends: errors and circuits may outlive main. (Only
// clang can tell.)
#if defined(__clang__)
#pragma clang diagnostic error "-Wexit-time-destructors"
#endif

#include "breaker/breaker.hpp"
#include "breaker/registry.hpp"

std::error_code refused() { return make_error_code(breaker::Errc::circuit_open); }
