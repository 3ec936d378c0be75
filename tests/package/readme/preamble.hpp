// What the short code blocks of README.md and GUIDE.md leave out: includes, using-directives, and stand-ins
// for the reader's code. Each block is compiled in a function after this file, so:
// - a name that a block uses and does not declare goes in here, as small as possible;
// - a block that starts with "// file: NAME" is a program of its own and doesn't see this file; a
//   ```text block right under it is what it must print;
// - a block that has to stand at namespace scope (a policy, a specialisation) has the line
//   "<!-- namespace scope -->" right above it. It is compiled in a namespace of its own, unless it
//   opens one itself.
#pragma once

#include <breaker/breaker.hpp>
#include <breaker/describe.hpp>
#include <breaker/registry.hpp>
#include <breaker/shared_memory.hpp>
#include <breaker/testing/manual_clock.hpp>
#include <breaker/testing/transition_log.hpp>
#include <breaker/text/circuit.hpp>
#include <breaker/text/pairs.hpp>
#include <breaker/text/sentence.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace shop {
struct Error {
  const char* why;
};
}  // namespace shop

namespace readme {

using namespace std::chrono_literals;
using namespace breaker::literals;
using breaker::AnyClock;
using breaker::checked;
using breaker::Config;
using breaker::ManualClock;
using breaker::NoResult;
using breaker::Rejection;
using breaker::Transition;
using breaker::Verdict;

// What the function around a block returns, so that a block may say `return busy(…);`.
struct Reply {};
inline Reply busy(std::chrono::nanoseconds /*retry_after*/) { return {}; }

struct Price {
  int cents;
};
/// As std::expected<Price, std::error_code>, which C++20 lacks.
class ExpectedPrice {
 public:
  using unexpected_type = std::error_code;
  explicit ExpectedPrice(std::error_code error) : error_{error} {}
  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  const std::error_code& error() const { return error_; }

 private:
  std::error_code error_;
};
struct Quotes {
  Price fetch() { return {1}; }
  Price last_known() { return {2}; }
  ExpectedPrice try_fetch() { return ExpectedPrice{{}}; }
};
inline Quotes quotes;
inline bool pool_is_full() { return false; }

struct Response {
  int status;
  std::chrono::seconds retry_after{0};
};
struct NotFound : std::exception {};
struct Cancelled : std::exception {};

struct Socket {
  template <class Handler>
  void async_send(const std::string& /*message*/, Handler handler) {
    handler(std::error_code{});
  }
};
inline Socket socket;
inline std::string message;

inline breaker::CircuitBreaker<> circuit;

}  // namespace readme
