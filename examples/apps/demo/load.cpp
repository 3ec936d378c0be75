// The load, see load.hpp.
#include "load.hpp"

#include <utility>

namespace demo {

Load::Load(const Story& story, const std::string& url, Pay pay)
    : story_{story}, pay_{std::move(pay)} {
  for (int client = 0; client < story_.clients; ++client)
    threads_.emplace_back([this, client, url] { run_client(client, url); });
}

void Load::run_client(int client, const std::string& url) {
  Client service{url, story_.client_timeout};
  const auto offset = story_.pay_every * client / story_.clients;  // they don't pay in step
  for (int turn = 0; turn < story_.payments_per_client(); ++turn) {
    std::this_thread::sleep_until(start_ + offset + story_.pay_every * turn);
    const Clock::time_point began = Clock::now();
    const Answer answer = pay_(service, turn * story_.clients + client);
    const Clock::duration took = Clock::now() - began;
    const std::lock_guard lock{mutex_};
    payments_.push_back({.began = began - start_, .took = took, .answer = answer});
  }
  const std::lock_guard lock{mutex_};
  sent_ += service.sent();
}

void Load::wait() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::vector<Payment> Load::payments() const {
  const std::lock_guard lock{mutex_};
  return payments_;
}

}  // namespace demo
