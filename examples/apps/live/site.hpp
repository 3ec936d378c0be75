// The page, its events, and its controls, over HTTP.
#pragma once

#include <httplib.h>

#include <atomic>
#include <string>
#include <string_view>
#include <thread>

#include "backends.hpp"
#include "client.hpp"
#include "feed.hpp"
#include "nodes.hpp"
#include "tuner.hpp"

namespace live {

class Site {
 public:
  /// Serves at `host`:`port` (0: any port). Who controls must know `token`. Answered is who names
  /// `host`, localhost or an address of numbers as the host: a page from elsewhere whose name was
  /// bent to this address reads nothing.
  Site(const std::string& host, int port, std::string token, Backends& backends, Client& client,
       Nodes& nodes, Feed& feed);
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;
  ~Site();

  [[nodiscard]] int port() const { return port_; }

  /// **Returns** the event that tells of `transition`.
  static std::string event_of(std::string_view endpoint, const breaker::Transition& transition);

 private:
  void check_first(const std::string& host);
  void add_pages();
  void add_settings();
  void add_controls();
  [[nodiscard]] std::string sample() const;

  const std::string token_;
  Backends& backends_;
  Client& client_;
  Nodes& nodes_;
  Feed& feed_;
  Tuner tuner_;
  httplib::Server server_;
  int port_ = 0;
  std::atomic<bool> stops_ = false;
  std::thread listening_;
  std::thread sampling_;
};

}  // namespace live
