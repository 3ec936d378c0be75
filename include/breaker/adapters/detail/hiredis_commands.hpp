// The commands of a fleet, on a connection of hiredis that is made when it is needed.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/adapters/detail/hiredis_connection.hpp"
#include "breaker/base/version.hpp"
#include "breaker/fleet/lua.hpp"
#include "breaker/fleet/protocol.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {
namespace detail {

class Commands {
 public:
  explicit Commands(Connector connect) : connect_{std::move(connect)} {}

  /// Have the script run. **Returns** its answer; failed, if anything else came, or nothing.
  Answer run(std::string_view key, std::string_view channel, std::string_view circuit,
             const Request& request) {
    const NoSigpipe no_sigpipe;
    if (connection_ == nullptr) connection_ = connect_(last_error_);
    if (connection_ == nullptr) return {};
    for (int tries = 0; tries < 2; ++tries) {  // who was restarted knows the script no more
      if (sha_.empty() && !load()) break;
      const Reply reply = evaluate(key, channel, circuit, request);
      if (is_answer(reply)) return answer_of(*reply);
      note_error(reply);
      if (!last_error_.starts_with("NOSCRIPT")) break;
      sha_.clear();
    }
    connection_.reset();  // it can't be used after an error, or leads to the wrong server
    return {};
  }

  [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }

 private:
  bool load() {
    const Reply loaded = ask({"SCRIPT", "LOAD", lua});
    if (loaded == nullptr || loaded->type != REDIS_REPLY_STRING) {
      note_error(loaded);
      return false;
    }
    sha_ = text_of(*loaded);
    return true;
  }

  Reply evaluate(std::string_view key, std::string_view channel, std::string_view circuit,
                 const Request& request) {
    const char op = static_cast<char>(request.op);
    return ask({"EVALSHA", sha_, "1", key, std::string_view{&op, 1}, request.voter,
                std::to_string(request.score), std::to_string(request.quorum),
                std::to_string(request.lease), std::to_string(request.open),
                std::to_string(request.probes), std::to_string(request.sent), channel, circuit});
  }

  /// Send a command whose words are these bytes. **Returns** the reply, none if the connection broke.
  Reply ask(std::initializer_list<std::string_view> words) {
    std::vector<const char*> begins;
    std::vector<std::size_t> sizes;
    for (const std::string_view word : words) {
      begins.push_back(word.data());
      sizes.push_back(word.size());
    }
    return Reply{static_cast<redisReply*>(redisCommandArgv(
        connection_.get(), static_cast<int>(words.size()), begins.data(), sizes.data()))};
  }

  void note_error(const Reply& reply) {
    last_error_ = reply == nullptr ? std::string_view{connection_->errstr} : text_of(*reply);
    if (last_error_.empty()) last_error_ = "an answer of another form";
  }

  static bool is_answer(const Reply& reply) noexcept {
    return reply != nullptr && reply->type == REDIS_REPLY_ARRAY && reply->elements == 6;
  }
  static Answer answer_of(const redisReply& reply) noexcept {
    const auto number = [&](std::size_t i) {
      const long long value = reply.element[i]->integer;
      return value < 0 ? Milliseconds{0} : static_cast<Milliseconds>(value);
    };
    return {.kind = number(0) != 0 ? Answer::Kind::done : Answer::Kind::late,
            .yes = number(1) != 0,
            .wait = number(2),
            .bad_for = number(3),
            .epoch = number(4),
            .now = number(5)};
  }

  const Connector connect_;
  Connection connection_;
  std::string sha_;  // of the script, as the server knows it
  std::string last_error_;
};

}  // namespace detail
}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
