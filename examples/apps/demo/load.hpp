// The load: client threads that make payments at fixed times, whatever becomes of them.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client.hpp"
#include "story.hpp"

namespace demo {

/// One payment, as the one who wanted to pay saw it.
struct Payment {
  Clock::duration began;  ///< Since the load began.
  Clock::duration took;
  Answer answer;
};

/// How a payment is made: straight, or through a circuit.
using Pay = std::function<Answer(Client&, int number)>;

class Load {
 public:
  /// Starts the clients. **Requires** that `pay` may be called by several threads at a time.
  Load(const Story& story, const std::string& url, Pay pay);
  ~Load() { wait(); }

  /// Wait until every client has made its last payment.
  void wait();

  [[nodiscard]] Clock::time_point start() const { return start_; }

  /// **Returns** the payments that are over, in the order in which they ended.
  [[nodiscard]] std::vector<Payment> payments() const;

  /// **Returns** how many calls went to the service. **Requires** wait().
  [[nodiscard]] int sent() const { return sent_; }

 private:
  void run_client(int client, const std::string& url);

  const Story story_;
  const Pay pay_;
  const Clock::time_point start_ = Clock::now();
  mutable std::mutex mutex_;
  std::vector<Payment> payments_;  // guarded by mutex_
  int sent_ = 0;                   // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace demo
