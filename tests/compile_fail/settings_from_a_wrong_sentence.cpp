// EXPECT: refuse
// Settings of a sentence in the code.
#include "breaker/text/sentence.hpp"

constexpr breaker::Settings said = breaker::settings("5 failures in 10");
