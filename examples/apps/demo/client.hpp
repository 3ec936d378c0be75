// What the demo knows of the payment service: its address, and what it answers over a socket.
#pragma once

#include <memory>
#include <string>

#include "story.hpp"

namespace demo {

/// How a payment ended, for the one who wanted to pay.
enum class Answer {
  paid,
  failed,  ///< The service said no, or nothing in time.
  queued,  ///< From the fallback: not sent, to be made later.
};

/// What the service counted.
struct Statistics {
  int arrived = 0;              ///< Payments that it was asked for …
  int arrived_while_stuck = 0;  ///< … while its database was stuck.
  int paid = 0;
  int failed = 0;

  friend Statistics operator-(const Statistics& a, const Statistics& b) {
    return {a.arrived - b.arrived, a.arrived_while_stuck - b.arrived_while_stuck, a.paid - b.paid,
            a.failed - b.failed};
  }
};

/// One client of the service. Each payment is a connection of its own, with a timeout. Not for two
/// threads at a time.
class Client {
 public:
  Client(const std::string& url, milliseconds timeout);
  ~Client();

  /// Make a payment, over a socket. **Returns** paid or failed.
  Answer pay(int number);

  /// **Returns** how many calls were sent: pay() without those that got no connection.
  [[nodiscard]] int sent() const { return sent_; }

  /// Stick the service's database, or make it well. **Throws** std::runtime_error without an answer.
  void set_stuck(bool stuck);

  /// **Throws** std::runtime_error without an answer.
  [[nodiscard]] Statistics statistics();

 private:
  struct Inside;  // keeps the HTTP library out of this header
  std::unique_ptr<Inside> inside_;
  std::string url_;
  int sent_ = 0;
};

}  // namespace demo
