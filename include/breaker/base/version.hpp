// The version of the library, and the inline namespace that carries it.
#pragma once

#if defined(BREAKER_VERSION)
#error \
    "breaker: the one file, or another copy of the library, is included already; take one of them"
#endif

/// Version of these headers, by semantic versioning: while it is 0.x a new minor version may break
/// source. @{
#define BREAKER_VERSION_MAJOR 0
#define BREAKER_VERSION_MINOR 2
#define BREAKER_VERSION_PATCH 0
/// @}

/// One number to compare with: 10000 × major + 100 × minor + patch.
#define BREAKER_VERSION 200
/// The version as text; `-dev` at its end: in development.
#define BREAKER_VERSION_STRING "0.2.0-dev"

// Macros that a program may set before it includes a header of the library: none but
// BREAKER_BOOST_ASIO (breaker/adapters/asio.hpp). All others that begin with BREAKER_ are the
// library's own.

// Everything stands in an inline namespace of that version: two versions in one program are two
// libraries, and never read each other's fields. A build without exceptions gets names of its own,
// so that both kinds of translation unit may meet in one program.
#if defined(__cpp_exceptions)
#define BREAKER_ABI_BEGIN inline namespace v0_2 {
#else
#define BREAKER_ABI_BEGIN inline namespace v0_2_no_exceptions {
#endif
#define BREAKER_ABI_END }

// A member of no data takes no room. Microsoft's ABI looks past the standard's word for it.
#if __has_cpp_attribute(msvc::no_unique_address)
#define BREAKER_NO_UNIQUE_ADDRESS [[msvc::no_unique_address]]
#else
#define BREAKER_NO_UNIQUE_ADDRESS [[no_unique_address]]
#endif

/// The library. `breaker/breaker.hpp` has most of it; registry, metrics, adapters and what tests need have headers
/// of their own.
namespace breaker {
BREAKER_ABI_BEGIN

/// The version of these headers as constants. @{
inline constexpr int version_major = BREAKER_VERSION_MAJOR;
inline constexpr int version_minor = BREAKER_VERSION_MINOR;
inline constexpr int version_patch = BREAKER_VERSION_PATCH;
/// @}

BREAKER_ABI_END
}  // namespace breaker
