// The operation, out of the compiler's sight.
#include "support/operation.hpp"

namespace bench {

int operation(int answer) { return answer; }

int throwing_operation() { throw 1; }

}  // namespace bench
