// The payment service: a real HTTP server on the loopback interface.
//
//   POST /payments         makes a payment: 200 "paid <body>", or 503
//   POST /database         body "stuck" or "well": what happens to its database
//   GET  /statistics       what it counted since it was started
#pragma once

#include <memory>
#include <thread>

#include "story.hpp"

namespace demo {

class Service {
 public:
  /// Listens on 127.0.0.1. `port`: 0 takes any that is free.
  /// **Throws** std::runtime_error if the port is taken.
  Service(const Story& story, int port);

  /// Stops answering, when the requests that it works on are done.
  ~Service();

  [[nodiscard]] int port() const { return port_; }

  /// Wait until somebody ends the process.
  void wait() { thread_.join(); }

 private:
  struct Inside;  // keeps the HTTP library out of this header
  std::unique_ptr<Inside> inside_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace demo
