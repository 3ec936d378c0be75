// EXPECT: breaker: a circuit's Config comes first
// Settings have defaults, but are written: what a circuit does must be seen.
#include "breaker/breaker.hpp"

breaker::CircuitBreaker circuit{breaker::ConsecutiveFailures{3}};
