// How an operation of Asio runs for a permit.
#pragma once

#include <chrono>
#include <exception>
#include <type_traits>
#include <utility>

#include "breaker/adapters/detail/asio_within.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/permit.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::detail {

/// co_await what `fn` returns for the permit that the circuit gives.
template <class Awaitable, class Circuit, class Fn, class Classifier>
Awaitable with_permit(Circuit& circuit, Fn fn, Classifier classifier) {
  using T = typename Awaitable::value_type;
  auto permit = circuit.try_acquire();
  if (!permit) co_return breaker::refused_as<T>(permit);
  const auto began = std::chrono::steady_clock::now();
  std::exception_ptr thrown;
  Kept<Awaitable> result;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await fn(permit);
    } else {
      result.emplace(co_await fn(permit));
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  const auto took = std::chrono::steady_clock::now() - began;
  if (thrown) {
    permit.settle_by(thrown, classifier, took);
    std::rethrow_exception(thrown);
  }
  if constexpr (std::is_void_v<T>) {
    permit.success();
  } else {
    permit.settle_by(*result, classifier, took);
    co_return std::move(*result);
  }
}

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
