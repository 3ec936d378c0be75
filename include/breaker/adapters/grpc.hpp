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
// is ignored, and so are a message larger than a limit and, whoever judges, a deadline that was over
// before the call began; any other status is an answer, a success. `RetryInfo` and grpc-retry-pushback-ms
// become the open wait. The circuit's own classifier is asked first, with the grpc::Status. Health checks
// (grpc.health.v1) pass by. A stream counts by its status, and is ignored if it is dropped before: for
// one without an end choose GrpcStreams::by_first_message. Give other calls a deadline, shorter than the
// circuit's probe_lease. Circuits outlive the channel. The one allocation is the object gRPC asks for.
//
// Without interceptors: a circuit with GrpcResults judges what a synchronous stub returns,
// circuit.call([&] { return stub->Get(&context, request, &response); }).
#pragma once

#include <grpcpp/support/client_interceptor.h>
#include <grpcpp/support/status.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/adapters/detail/grpc_calls.hpp"
#include "breaker/adapters/detail/grpc_retry.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// What gRPC takes to make a channel with interceptors.
using GrpcInterceptors =
    std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>;

/// **Returns** how a call counts that ended with this code. The rest of a status may say more.
[[nodiscard]] inline Verdict judge_grpc(grpc::StatusCode code) noexcept {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DATA_LOSS: return Verdict::failure;
    case grpc::StatusCode::CANCELLED: return Verdict::ignored;
    default: return Verdict::success;
  }
}

/// The classifier for grpc::Status. (The default rule takes each error for a failure, NOT_FOUND too.)
struct GrpcResults {
  /// What the circuit asks of a classifier, see ResultClassifier.
  [[nodiscard]] static Judgement on_result(const grpc::Status& status) {
    const Verdict verdict = judge_grpc(status.error_code());
    if (verdict != Verdict::failure) return verdict;
    // gRPC itself says so, on either side: the caller's message, or the caller's limit.
    if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
        status.error_message().find("message larger than max") != std::string::npos)
      return Verdict::ignored;
    return {verdict, detail::retry_info_wait(status.error_details())};
  }
};

/// When a stream counts.
enum class GrpcStreams : std::uint8_t {
  by_status,        ///< When it ends.
  by_first_message  ///< As a success when its first message comes, else by its status.
};

/// `find`: a function from the method's full name to a pointer to its circuit, or null. Any thread
/// may call it at any time. `classifier`: judges what the circuit's own leaves alone, such as
/// `failing_on(…) | GrpcResults{}`. **Returns** what makes interceptors for a channel.
template <class Find, class Classifier = GrpcResults>
  requires std::invocable<Find&, std::string_view>
[[nodiscard]] GrpcInterceptors::value_type grpc_interceptor(
    Find find, Classifier classifier = {}, GrpcStreams streams = GrpcStreams::by_status) {
  return std::make_unique<detail::GrpcCalls<Find, Classifier>>(
      std::move(find), std::move(classifier), streams == GrpcStreams::by_first_message);
}
/// One circuit for the whole channel.
template <class... Parts, class Classifier = GrpcResults>
[[nodiscard]] auto grpc_interceptor(CircuitBreaker<Parts...>& circuit, Classifier classifier = {},
                                    GrpcStreams streams = GrpcStreams::by_status) {
  return grpc_interceptor([&circuit](std::string_view) { return &circuit; }, std::move(classifier),
                          streams);
}

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
