// What README's short code blocks leave out: includes, using-directives, and stand-ins for the
// things of the reader's own. Each block is compiled in a function of its own after this file, so:
// - a name that a block uses and does not declare goes in here, as small as will do;
// - a block that starts with "// file: NAME" is a program of its own and doesn't see this file; a
//   ```text block right under it is what it must print;
// - a block that has to stand at namespace scope (a policy, a specialisation) has the line
//   "<!-- namespace scope -->" right above it. It is compiled in a namespace of its own, unless it
//   opens one itself.
#pragma once

#include <breaker/breaker.hpp>
#include <breaker/describe.hpp>
#include <breaker/registry.hpp>
#include <breaker/testing/manual_clock.hpp>
#include <breaker/testing/transition_log.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "support/catch.hpp"

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
struct Quotes {
  Price fetch() { return {1}; }
  Price last_known() { return {2}; }
};
inline Quotes quotes;

struct Response {
  int status;
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
