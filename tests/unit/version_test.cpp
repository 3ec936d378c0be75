// The version of the headers is that of the package.
#include "breaker/version.hpp"

#include <string>

#include "support/catch.hpp"

TEST_CASE("the headers and the build say the same version") {
  CHECK(std::to_string(breaker::version_major) + "." + std::to_string(breaker::version_minor) +
            "." + std::to_string(breaker::version_patch) ==
        BREAKER_PROJECT_VERSION);
}
