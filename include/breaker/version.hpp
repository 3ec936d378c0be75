// The version of the library, and the inline namespace that carries it.
#pragma once

namespace breaker {

/// Version of these headers (semantic versioning; while it is 0.x a new minor version may break
/// source).
inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;

}  // namespace breaker

// A build without exceptions gets names of its own, so that both kinds of translation unit may meet
// in one program.
#if defined(__cpp_exceptions)
#define BREAKER_ABI v0
#else
#define BREAKER_ABI v0_no_exceptions
#endif
