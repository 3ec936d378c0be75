// The payment service, see service.hpp.
#include "service.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "database.hpp"

namespace demo {

struct Service::Inside {
  explicit Inside(const Story& story) : database{story} {}

  Database database;
  std::atomic<int> arrived{0};
  std::atomic<int> arrived_while_stuck{0};
  std::atomic<int> paid{0};
  std::atomic<int> failed{0};
  httplib::Server server;  // last, so that its threads end first

  void answer_payment(const httplib::Request& request, httplib::Response& response) {
    if (database.is_stuck()) ++arrived_while_stuck;
    ++arrived;
    if (database.query()) {
      response.set_content("paid " + request.body, "text/plain");
      ++paid;
    } else {
      response.status = 503;
      response.set_content("the database does not answer", "text/plain");
      ++failed;
    }
  }

  [[nodiscard]] std::string statistics() const {
    return "arrived " + std::to_string(arrived) + "\narrived_while_stuck " +
           std::to_string(arrived_while_stuck) + "\npaid " + std::to_string(paid) + "\nfailed " +
           std::to_string(failed) + "\n";
  }
};

Service::Service(const Story& story, int port) : inside_{std::make_unique<Inside>(story)} {
  httplib::Server& server = inside_->server;
  // Enough threads for requests that hang, and one port for one service (the library's default
  // would share it).
  server.new_task_queue = [] { return new httplib::ThreadPool(32); };
  server.set_socket_options([](auto socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });

  server.Post("/payments", [this](const httplib::Request& request, httplib::Response& response) {
    inside_->answer_payment(request, response);
  });
  server.Post("/database", [this](const httplib::Request& request, httplib::Response&) {
    inside_->database.set_stuck(request.body == "stuck");
  });
  server.Get("/statistics", [this](const httplib::Request&, httplib::Response& response) {
    response.set_content(inside_->statistics(), "text/plain");
  });

  const char* const host = "127.0.0.1";
  port_ = port == 0 ? server.bind_to_any_port(host) : server.bind_to_port(host, port) ? port : -1;
  if (port_ <= 0) throw std::runtime_error{"port " + std::to_string(port) + " is taken"};
  thread_ = std::thread{[&server] { server.listen_after_bind(); }};
  while (!server.is_running()) std::this_thread::yield();  // stop() before that would do nothing
}

Service::~Service() {
  inside_->database.set_stuck(false);
  inside_->server.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace demo
