// ConfigError: a setting that is out of its range, by its name.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <type_traits>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Thrown when a setting is out of its range. Names the field, the value and the rule. (A build
/// without exceptions prints the same text to stderr and aborts.)
class [[gnu::visibility("default")]] ConfigError : public std::exception {
 public:
  /// `field`, `rule`: string literals.
  ConfigError(const char* field, long long value, const char* rule) noexcept : field_{field} {
    std::snprintf(text_, sizeof text_, "breaker: %s is %lld, it must be %s", field, value, rule);
  }

  /// **Returns** a text such as "breaker: Config.probes is 64, it must be 1 to 63". Valid as long as
  /// this object.
  [[nodiscard]] const char* what() const noexcept override { return text_; }

  /// **Returns** the field's name, such as "Config.probes"; a string literal.
  [[nodiscard]] const char* field() const noexcept { return field_; }

 private:
  const char* field_;
  char text_[192];
};

namespace detail {

// Not constexpr: reaching it in a constant expression is the compile error, and the note above it
// names the field.
[[noreturn]] inline void refuse_setting(const char* field, long long value, const char* rule) {
#if defined(__cpp_exceptions)
  throw ConfigError{field, value, rule};
#else
  std::fputs(ConfigError{field, value, rule}.what(), stderr);
  std::fputc('\n', stderr);
  std::abort();
#endif
}

constexpr void require_setting(bool fits, const char* field, long long value, const char* rule) {
  if (!fits) refuse_setting(field, value, rule);
}

/// For deduction guides: refuses, with a sentence, settings that lack braces of their own. `First`: what was
/// given; `Setting`: what the first setting is made from; `Any`: stands for what can't be deduced then. Has no
/// type if no settings were given.
template <class First, class Setting, class Any, bool = std::is_convertible_v<First, Setting>>
struct BareSettings {};
template <class First, class Setting, class Any>
struct BareSettings<First, Setting, Any, true> {
  static_assert(!std::is_convertible_v<First, Setting>,
                "breaker: settings stand in braces of their own: FailureRate{{.threshold = "
                "50_percent}}, FailureRate{within(10s), {.threshold = 50_percent}}");
  using type = Any;
};

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
