// gRPC: a circuit breaker in front of a channel, or of each of its methods, as client interceptors.
//
//   breaker::CircuitBreaker circuit{breaker::Config{}};
//
//   breaker::adapters::GrpcInterceptors interceptors;
//   interceptors.push_back(breaker::adapters::grpc_interceptor(circuit));
//   auto channel = grpc::experimental::CreateCustomChannelWithInterceptors(
//       "127.0.0.1:50051", grpc::InsecureChannelCredentials(), {}, std::move(interceptors));
//
// One for each method: a function that finds it, here in a std::map; null lets a call pass by.
//
//   interceptors.push_back(breaker::adapters::grpc_interceptor([&](std::string_view method) {
//     const auto found = circuits.find(method);  // such as "/prices.Prices/Get"
//     return found == circuits.end() ? nullptr : &found->second;
//   }));
//
// A refused call ends with UNAVAILABLE, and why and for how long in words; nothing is sent. Failures
// are UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNKNOWN and DATA_LOSS; CANCELLED
// is ignored; any other status is an answer, a success. Health checks (grpc.health.v1) pass by. A
// stream counts when its status is received, and is ignored if it is dropped before. Give calls a
// deadline, shorter than the circuit's probe_lease. Circuits outlive the channel. Experimental in
// gRPC, which asks for one object a call: that is the only allocation.
#pragma once

#include <grpcpp/support/client_interceptor.h>

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/adapters/detail/grpc_call.hpp"
#include "breaker/base/version.hpp"
#include "breaker/circuit_breaker.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// What gRPC takes to make a channel with interceptors.
using GrpcInterceptors =
    std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>;

namespace detail {

template <class Find>
class GrpcCalls final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit GrpcCalls(Find find) : find_{std::move(find)} {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* info) override {
    const std::string_view method = info->method();
    if (method.starts_with("/grpc.health.v1.Health/")) return nullptr;
    auto* const circuit = find_(method);
    return circuit == nullptr ? nullptr : new GrpcCall{*circuit};
  }

 private:
  Find find_;
};

}  // namespace detail

/// `find`: a function from the method's full name to a pointer to its circuit, or null. Any thread
/// may call it at any time. **Returns** what makes interceptors for a channel.
template <class Find>
  requires std::invocable<Find&, std::string_view>
[[nodiscard]] GrpcInterceptors::value_type grpc_interceptor(Find find) {
  return std::make_unique<detail::GrpcCalls<Find>>(std::move(find));
}
/// One circuit for the whole channel.
template <class... Parts>
[[nodiscard]] auto grpc_interceptor(CircuitBreaker<Parts...>& circuit) {
  return grpc_interceptor([&circuit](std::string_view) { return &circuit; });
}

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
