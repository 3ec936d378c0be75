// Which gRPC calls go through which circuit.
#pragma once

#include <grpcpp/support/client_interceptor.h>

#include <string_view>
#include <utility>

#include "breaker/adapters/detail/grpc_call.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::detail {

/// Makes an interceptor for each call of a method that has a circuit.
template <class Find, class Classifier>
class GrpcCalls final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  /// `streams_settle_early`: by their first message.
  GrpcCalls(Find find, Classifier classifier, bool streams_settle_early)
      : find_{std::move(find)},
        classifier_{std::move(classifier)},
        streams_settle_early_{streams_settle_early} {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* info) override {
    const std::string_view method = info->method();
    if (method.starts_with("/grpc.health.v1.Health/")) return nullptr;
    auto* const circuit = find_(method);
    if (circuit == nullptr) return nullptr;
    const bool is_stream = info->type() != grpc::experimental::ClientRpcInfo::Type::UNARY;
    return new GrpcCall{*circuit, classifier_, *info, is_stream && streams_settle_early_};
  }

 private:
  Find find_;
  Classifier classifier_;
  bool streams_settle_early_;
};

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
