// Lookup: the answer to a question for an address, or an error. As std::expected, where there is one.
#pragma once

#include <string>
#include <system_error>
#include <utility>
#include <version>

#if defined(__cpp_lib_expected)
#include <expected>
using Lookup = std::expected<std::string, std::error_code>;
#elif __has_include(<tl/expected.hpp>)
#include <tl/expected.hpp>
using Lookup = tl::expected<std::string, std::error_code>;
#else
/// The shape is has_value() and error(); it can be made from an error.
class Lookup {
 public:
  using unexpected_type = std::error_code;
  Lookup(std::string value) : value_{std::move(value)} {}
  Lookup(std::error_code error) : error_{error} {}
  bool has_value() const { return !error_; }
  std::error_code error() const { return error_; }
  const std::string& value() const { return value_; }

 private:
  std::string value_;
  std::error_code error_;
};
#endif
