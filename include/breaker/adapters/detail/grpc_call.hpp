// How a gRPC call goes through a circuit: the interceptor.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_interceptor.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <chrono>

#include "breaker/adapters/detail/grpc_retry.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::detail {

/// A classifier, with the wait that the metadata ask for where a status asks for none.
template <class Classifier>
struct WithPushback {
  [[nodiscard]] Judgement on_result(const grpc::Status& status) const {
    Judgement judgement = judge(classifier, status);
    if (!judgement.retry_after.is_given()) judgement.retry_after = wait;
    return judgement;
  }

  const Classifier& classifier;
  Duration wait;
};

/// One call: takes a permit before anything is sent, settles it with the status, or, of a stream, with
/// its first message.
template <class Circuit, class Classifier>
class GrpcCall final : public grpc::experimental::Interceptor {
 public:
  GrpcCall(Circuit& circuit, const Classifier& classifier, grpc::experimental::ClientRpcInfo& info,
           bool settles_early)
      : circuit_{circuit}, classifier_{classifier}, info_{info}, settles_early_{settles_early} {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    using Hook = grpc::experimental::InterceptionHookPoints;
    const auto is_at = [batch](Hook hook) { return batch->QueryInterceptionHookPoint(hook); };
    if (is_at(Hook::PRE_SEND_INITIAL_METADATA)) {
      is_too_late_ = info_.client_context()->deadline() <= std::chrono::system_clock::now();
      permit_ = circuit_.try_acquire();
      if (!permit_) return batch->Hijack();  // comes again, for what would be received
    }
    if (!permit_) {
      if (is_at(Hook::PRE_SEND_MESSAGE)) batch->FailHijackedSendMessage();
      if (is_at(Hook::PRE_RECV_MESSAGE)) batch->FailHijackedRecvMessage();
      if (is_at(Hook::PRE_RECV_STATUS)) *batch->GetRecvStatus() = refusal();
    } else {
      if (is_at(Hook::POST_RECV_STATUS) && may_settle()) settle(*batch);
      if (settles_early_ && is_at(Hook::POST_RECV_MESSAGE) && batch->GetRecvMessage() != nullptr &&
          may_settle())
        permit_.success();
    }
    batch->Proceed();
  }

 private:
  /// The first message and the status may come at the same time, on two threads. **Returns** true once.
  [[nodiscard]] bool may_settle() noexcept {
    return !is_settled_.exchange(true, std::memory_order_relaxed);
  }

  void settle(grpc::experimental::InterceptorBatchMethods& batch) {
    const grpc::Status& status = *batch.GetRecvStatus();
    if (is_too_late_ && status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
      permit_.ignore();
    } else {
      permit_.settle_by(status, WithPushback<Classifier>{
                                    classifier_, pushback_wait(batch.GetRecvTrailingMetadata())});
    }
  }

  [[nodiscard]] grpc::Status refusal() const {
    return {grpc::StatusCode::UNAVAILABLE, permit_.refusal().what()};
  }

  Circuit& circuit_;
  const Classifier& classifier_;
  grpc::experimental::ClientRpcInfo& info_;
  typename Circuit::Permit permit_;
  std::atomic<bool> is_settled_{false};  // guards who settles permit_
  bool settles_early_;
  bool is_too_late_ = false;  // the deadline was over before the call began
};

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
