// How a gRPC call goes through a circuit: the verdict on its status, and the interceptor.
#pragma once

#include <grpcpp/support/client_interceptor.h>
#include <grpcpp/support/status.h>

#include "breaker/base/version.hpp"
#include "breaker/call/result.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// **Returns** how a call counts that ended with this status.
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

namespace detail {

/// One call: takes a permit before anything is sent, settles it with the status.
template <class Circuit>
class GrpcCall final : public grpc::experimental::Interceptor {
 public:
  explicit GrpcCall(Circuit& circuit) : circuit_{circuit} {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    using Hook = grpc::experimental::InterceptionHookPoints;
    const auto is_at = [batch](Hook hook) { return batch->QueryInterceptionHookPoint(hook); };
    if (is_at(Hook::PRE_SEND_INITIAL_METADATA)) {
      permit_ = circuit_.try_acquire();
      if (!permit_) return batch->Hijack();  // comes again, for what would be received
    }
    if (!permit_) {
      if (is_at(Hook::PRE_SEND_MESSAGE)) batch->FailHijackedSendMessage();
      if (is_at(Hook::PRE_RECV_MESSAGE)) batch->FailHijackedRecvMessage();
      if (is_at(Hook::PRE_RECV_STATUS)) *batch->GetRecvStatus() = refusal();
    } else if (is_at(Hook::POST_RECV_STATUS)) {
      permit_.settle(judge_grpc(batch->GetRecvStatus()->error_code()));
    }
    batch->Proceed();
  }

 private:
  [[nodiscard]] grpc::Status refusal() const {
    return {grpc::StatusCode::UNAVAILABLE, permit_.refusal().what()};
  }

  Circuit& circuit_;
  typename Circuit::Permit permit_;
};

}  // namespace detail

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
