// The page over HTTP, see site.hpp.
#include "site.hpp"

#include <breaker/describe.hpp>
#include <breaker/metrics/prometheus.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "page.hpp"

namespace live {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr auto sample_every = 200ms;
constexpr std::size_t most_pages = 32;  // each open page holds a worker of the server

/// Compared in a time that does not tell how much was right.
bool is_same(std::string_view a, std::string_view b) {
  unsigned different = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    different |= static_cast<unsigned char>(a[i] ^ b[i]);
  return different == 0;
}

double in_milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>{duration}.count();
}

}  // namespace

Site::Site(const std::string& host, int port, std::string token, Backends& backends, Client& client,
           Feed& feed)
    : token_{std::move(token)}, backends_{backends}, client_{client}, feed_{feed} {
  server_.new_task_queue = [] { return new httplib::ThreadPool(most_pages); };
  add_pages();
  add_controls();
  port_ = port == 0 ? server_.bind_to_any_port(host) : server_.bind_to_port(host, port) ? port : -1;
  if (port_ <= 0) throw std::runtime_error{"can't listen at " + host + ":" + std::to_string(port)};
  listening_ = std::thread{[this] { server_.listen_after_bind(); }};
  sampling_ = std::thread{[this] {
    for (; !stops_; std::this_thread::sleep_for(sample_every)) feed_.publish("sample", sample());
  }};
}

Site::~Site() {
  stops_ = true;
  feed_.close();
  server_.stop();
  sampling_.join();
  listening_.join();
}

void Site::add_pages() {
  server_.Get("/", [](const httplib::Request&, httplib::Response& response) {
    response.set_header("Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; script-src "
                        "'unsafe-inline'; connect-src 'self'; img-src data:");
    response.set_content(page, "text/html; charset=utf-8");
  });
  server_.Get("/events", [this](const httplib::Request&, httplib::Response& response) {
    feed_.stream_to(response);
  });
  server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
    response.set_content(breaker::prometheus_page(client_.circuits()),
                         breaker::prometheus_content_type);
  });
}

void Site::add_controls() {
  const auto post = [this](const char* path, const auto& act) {
    server_.Post(path, [this, act](const httplib::Request& request, httplib::Response& response) {
      if (!is_same(request.get_header_value("X-Token"), token_)) {
        response.status = 403;
      } else if (!act(request.get_param_value("of"), request.get_param_value("to"))) {
        response.status = 400;
      }
    });
  };
  post("/backend", [this](const std::string& of, const std::string& to) {
    for (std::size_t i = 0; i < backend_names.size(); ++i) {
      for (const Health health : {Health::healthy, Health::slow, Health::broken}) {
        if (of != backend_names.at(i) || to != to_string(health)) continue;
        backends_.set(i, health);
        return true;
      }
    }
    return false;
  });
  post("/circuit", [this](const std::string& of, const std::string& to) {
    auto* const circuit = client_.circuits().find(of);
    if (circuit == nullptr || (to != "forced_open" && to != "closed")) return false;
    to == "closed" ? circuit->reset() : circuit->force_open();
    return true;
  });
}

std::string Site::event_of(std::string_view endpoint, const breaker::Transition& transition) {
  return json{{"endpoint", endpoint},
              {"to", to_string(transition.to)},
              {"why", breaker::describe(transition)}}
      .dump();
}

std::string Site::sample() const {
  json circuits = json::array();
  client_.circuits().for_each([&](std::string_view endpoint, const auto& circuit) {
    const auto& counters = circuit.listener().template get<breaker::TimedCounters<2>>();
    const breaker::CallTotals totals = counters.totals();
    const breaker::CallDurations took = counters.durations();
    circuits.push_back({{"endpoint", endpoint},
                        {"state", to_string(circuit.state())},
                        {"good", totals.succeeded},
                        {"failed", totals.failed},
                        {"refused", totals.refused},
                        {"ms", in_milliseconds(took.succeeded.sum + took.failed.sum)}});
  });
  json backends = json::object();
  for (std::size_t i = 0; i < backend_names.size(); ++i)
    backends[backend_names.at(i)] = to_string(backends_.health(i));
  return json{{"circuits", std::move(circuits)}, {"backends", std::move(backends)}}.dump();
}

}  // namespace live
