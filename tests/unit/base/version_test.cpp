// The version of the headers is that of the package, and names in object files carry it.
#include "breaker/version.hpp"

#include <string>
#include <typeinfo>

#include "breaker/config.hpp"
#include "support/catch.hpp"

namespace {

const std::string minor_version =
    std::to_string(breaker::version_major) + "." + std::to_string(breaker::version_minor);

}  // namespace

TEST_CASE("the headers and the build say the same version") {
  const std::string version = minor_version + "." + std::to_string(breaker::version_patch);

  CHECK(version == BREAKER_PROJECT_VERSION);
  CHECK(std::string{BREAKER_VERSION_STRING}.starts_with(version));
  CHECK(BREAKER_VERSION ==
        10'000 * BREAKER_VERSION_MAJOR + 100 * BREAKER_VERSION_MINOR + BREAKER_VERSION_PATCH);
}

TEST_CASE("two minor versions have no name in common") {
  const std::string tag =
      "v" + std::to_string(breaker::version_major) + "_" + std::to_string(breaker::version_minor);

  CHECK(std::string{typeid(breaker::Config).name()}.find(tag) != std::string::npos);
}
