// The backends, see backends.hpp.
#include "backends.hpp"

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace live {

using namespace std::chrono_literals;

struct Backends::Backend {
  Backend() {
    server.new_task_queue = [] { return new httplib::ThreadPool(16); };
    server.Get(".*", [this](const httplib::Request&, httplib::Response& response) {
      const Health now = health.load();
      std::this_thread::sleep_for(now == Health::slow ? 400ms : 3ms);
      response.status = now == Health::broken ? 503 : 200;
      response.set_content(to_string(now), "text/plain");
    });
    port = server.bind_to_any_port("127.0.0.1");
    if (port <= 0) throw std::runtime_error{"no port for a backend"};
    listening = std::thread{[this] { server.listen_after_bind(); }};
  }
  ~Backend() {
    server.stop();
    listening.join();
  }

  std::atomic<Health> health = Health::healthy;
  httplib::Server server;
  int port = 0;
  std::thread listening;
};

Backends::Backends() {
  for (auto& backend : backends_) backend = std::make_unique<Backend>();
}
Backends::~Backends() = default;

void Backends::set(std::size_t backend, Health health) { backends_.at(backend)->health = health; }
Health Backends::health(std::size_t backend) const { return backends_.at(backend)->health; }
int Backends::port(std::size_t backend) const { return backends_.at(backend)->port; }

std::string to_string(Health health) {
  return health == Health::healthy ? "healthy" : health == Health::slow ? "slow" : "broken";
}

}  // namespace live
