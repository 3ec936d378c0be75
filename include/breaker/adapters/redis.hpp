// Redis: a circuit breaker around the commands of hiredis, and of what is built on it.
//
//   redisContext* redis = redisConnectWithTimeout("127.0.0.1", 6379, {1, 0});
//   redisSetTimeout(redis, {0, 200'000});  // a hang becomes a failure
//   breaker::CircuitBreaker circuit{breaker::Config{}, breaker::adapters::RedisResults{}};
//
//   breaker::adapters::RedisReply price = circuit.call(
//       [&] { return breaker::adapters::redis_reply(redisCommand(redis, "GET %s", "price")); },
//       breaker::adapters::refused_by_redis);
//   if (!price) std::puts("no reply");  // and then connect again, inside the call
//
// A failure is no reply (a connection that is reset, a timeout), a context with an error, and an error
// by which the server says that it can't serve: LOADING, READONLY, MASTERDOWN, CLUSTERDOWN, TRYAGAIN,
// BUSY, OOM, MISCONF, NOREPLICAS, too many clients. Any other error (WRONGTYPE, NOAUTH, MOVED) is an
// answer, a success. A redisContext* is judged, too: connect through the circuit. With the
// asynchronous API take a permit, and settle it in the callback: permit.settle_by(reply,
// RedisResults{}), where `reply` is a redisReply*. Needs hiredis 0.14 or later.
//
// redis-plus-plus throws. The classifier for it:
// RedisErrors<sw::redis::ReplyError>{} | breaker::succeeding_on<sw::redis::WatchError>()
#pragma once

#include <hiredis/hiredis.h>

#include <exception>
#include <memory>
#include <string_view>

#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// Judge a reply that is an error, by its text, such as "LOADING Redis is loading the dataset in memory".
/// **Returns** failure if the server says that it can't serve now, else success.
[[nodiscard]] constexpr Verdict judge_redis_error(std::string_view text) noexcept {
  if (text.find("max number of clients") != text.npos) return Verdict::failure;
  const std::string_view code = text.substr(0, text.find(' '));
  for (const std::string_view failure :
       {"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "OOM", "MISCONF",
        "NOREPLICAS", "UNBLOCKED"}) {
    if (code == failure) return Verdict::failure;
  }
  return Verdict::success;
}

/// Frees a reply.
struct FreeRedisReply {
  /// As freeReplyObject().
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
/// A reply that frees itself; null if none came.
using RedisReply = std::unique_ptr<redisReply, FreeRedisReply>;
/// **Returns** what redisCommand() and the like returned, as what it is.
[[nodiscard]] inline RedisReply redis_reply(void* reply) noexcept {
  return RedisReply{static_cast<redisReply*>(reply)};
}

/// The classifier for hiredis: of a reply, as a pointer or a std::unique_ptr, and of a context.
struct RedisResults {
  /// What the circuit asks of a classifier, see ResultClassifier. @{
  [[nodiscard]] static Judgement on_result(const redisReply* reply) noexcept {
    if (reply == nullptr) return Verdict::failure;
    if (reply->type != REDIS_REPLY_ERROR) return Verdict::success;
    return judge_redis_error({reply->str, reply->len});
  }
  template <class Delete>
  [[nodiscard]] static Judgement on_result(
      const std::unique_ptr<redisReply, Delete>& reply) noexcept {
    return on_result(reply.get());
  }
  [[nodiscard]] static Judgement on_result(const redisContext* context) noexcept {
    if (context == nullptr || context->err == REDIS_ERR_OOM) return Verdict::ignored;
    return context->err == 0 ? Verdict::success : Verdict::failure;
  }  /// @}
};

/// The classifier for a library that throws a `ReplyError` whose what() is the server's text, such as
/// redis-plus-plus. Other exceptions go by the default rule: no answer is a failure.
template <class ReplyError>
struct RedisErrors {
  /// What the circuit asks of a classifier, see ResultClassifier.
  [[nodiscard]] static Judgement on_exception(const std::exception_ptr& exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const ReplyError& error) {
      return judge_redis_error(error.what());
    } catch (...) {
      return Judgement::none();
    }
  }
};

/// A fallback: what a refused call answers, as if no reply had come. Calls that failed come back as
/// they are. (Without a fallback, a refused call throws CircuitOpen.)
inline constexpr auto refused_by_redis = [](const Rejection& /*rejection*/) {
  return RedisReply{};
};

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
