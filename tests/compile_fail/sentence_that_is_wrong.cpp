// EXPECT: the_sentence_is_wrong_at<20
// A sentence in the code; the place is in the error, and what would be right.
#include "breaker/text/sentence.hpp"

auto circuit = breaker::circuit<"5 failures in 10 s, opem 30 s">();
