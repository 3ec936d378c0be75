// The page over HTTP, see site.hpp.
#include "site.hpp"

#include <breaker/describe.hpp>
#include <breaker/metrics/prometheus.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "files.hpp"

namespace live {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr auto sample_every = 200ms;
constexpr std::size_t workers = 2 * Feed::most_streams;  // half of them never hold a stream
constexpr std::size_t longest_body = 1024;
constexpr int samples_between_kept = 5;

/// Compared in a time that does not tell how much was right.
bool is_same(std::string_view a, std::string_view b) {
  unsigned different = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    different |= static_cast<unsigned char>(a[i] ^ b[i]);
  return different == 0;
}

/// Whether a request is for this program: no name of another's can lead here.
bool is_this_host(std::string name, const std::string& served) {
  const std::size_t port = name.rfind(':');
  if (port != std::string::npos && name.find(']', port) == std::string::npos) name.resize(port);
  const bool is_address =
      !name.empty() &&
      (name.front() == '[' || name.find_first_not_of("0123456789.") == std::string::npos);
  return is_address || name == "localhost" || name == served;
}

/// Whatever the method: later versions of httplib read the body of a GET, too.
bool is_too_long(const httplib::Request& request) {
  if (request.has_header("Transfer-Encoding")) return true;  // no telling how long
  const std::string length = request.get_header_value("Content-Length");
  return std::strtoull(length.c_str(), nullptr, 10) > longest_body;
}

std::int64_t in_milliseconds(std::chrono::nanoseconds duration) { return duration / 1ms; }

json in_json(const breaker::RegistrySummary& all) {
  return {{"closed", all.closed},           {"open", all.open},
          {"half_open", all.half_open},     {"forced_open", all.forced_open},
          {"transitions", all.transitions}, {"refused", all.refused}};
}

/// When something happened, for a page that hears of it later.
std::int64_t now_in_milliseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// Answer what `say` returns, or what it throws.
template <class Say>
void answer(httplib::Response& response, const Say& say) try {
  response.set_content(say(), "application/json");
} catch (const std::exception& wrong) {
  response.status = 400;
  response.set_content(wrong.what(), "text/plain; charset=utf-8");
}

}  // namespace

Site::Site(const std::string& host, int port, std::string token, Backends& backends, Client& client,
           Nodes& nodes, Feed& feed)
    : token_{std::move(token)},
      backends_{backends},
      client_{client},
      nodes_{nodes},
      feed_{feed},
      tuner_{client} {
  server_.new_task_queue = [] { return new httplib::ThreadPool(workers); };
  server_.set_payload_max_length(longest_body);
  // What was not read of a refused request must not be taken for the next one, nor may a connection that
  // idles hold a worker.
  server_.set_keep_alive_max_count(1);
  server_.set_read_timeout(2);
  check_first(host);
  add_pages();
  add_settings();
  add_controls();
  port_ = port == 0 ? server_.bind_to_any_port(host) : server_.bind_to_port(host, port) ? port : -1;
  if (port_ <= 0) throw std::runtime_error{"can't listen at " + host + ":" + std::to_string(port)};
  listening_ = std::thread{[this] { server_.listen_after_bind(); }};
  sampling_ = std::thread{[this] {
    for (int i = 0; !stops_; ++i, std::this_thread::sleep_for(sample_every))
      feed_.publish("sample", sample(), i % samples_between_kept == 0);
  }};
}

Site::~Site() {
  stops_ = true;
  feed_.close();
  server_.stop();
  sampling_.join();
  listening_.join();
}

/// Before a request's body is read.
void Site::check_first(const std::string& host) {
  server_.set_pre_routing_handler(
      [this, host](const httplib::Request& request, httplib::Response& response) {
        const bool is_control = request.method != "GET" && request.method != "HEAD";
        if (!is_this_host(request.get_header_value("Host"), host)) {
          response.status = 421;  // misdirected request
        } else if (is_control && !is_same(request.get_header_value("X-Token"), token_)) {
          response.status = 403;
        } else if (is_too_long(request)) {
          response.status = 413;
        } else {
          return httplib::Server::HandlerResponse::Unhandled;
        }
        return httplib::Server::HandlerResponse::Handled;
      });
}

void Site::add_pages() {
  for (const File& file : files) {
    server_.Get(file.path, [&file](const httplib::Request&, httplib::Response& response) {
      response.set_header("Content-Security-Policy",
                          "default-src 'none'; style-src 'self'; script-src 'self'; "
                          "connect-src 'self'; img-src data:");
      response.set_content(file.text, file.type);
    });
  }
  server_.Get("/events", [this](const httplib::Request& request, httplib::Response& response) {
    if (!feed_.stream_to(response, request.remote_addr)) response.status = 429;
  });
  server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
    response.set_content(breaker::prometheus_page(client_.circuits()),
                         breaker::prometheus_content_type);
  });
}

void Site::add_settings() {
  server_.Get("/check", [this](const httplib::Request& request, httplib::Response& response) {
    answer(response, [&] { return tuner_.check(request.get_param_value("sentence")); });
  });
  server_.Get("/settings", [this](const httplib::Request& request, httplib::Response& response) {
    answer(response, [&] { return tuner_.look(request.get_param_value("of")); });
  });
  server_.Post("/settings", [this](const httplib::Request& request, httplib::Response& response) {
    const std::string of = request.get_param_value("of");
    const std::string to = request.get_param_value("to");
    answer(response, [&] {
      if (to == "try") {
        tuner_.begin_trial(of, request.get_param_value("sentence"));
      } else if (to == "stop") {
        tuner_.end_trial(of);
      } else if (to == "take") {
        tuner_.take_over(of);
      } else {
        throw std::invalid_argument{"expected try, stop or take"};
      }
      return tuner_.look(of);
    });
  });
}

void Site::add_controls() {
  const auto post = [this](const char* path, const auto& act) {
    server_.Post(path, [act](const httplib::Request& request, httplib::Response& response) {
      if (!act(request.get_param_value("of"), request.get_param_value("to"))) {
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
  post("/store", [this](const std::string& of, const std::string& to) {
    if (of != "store" || (to != "up" && to != "down")) return false;
    nodes_.set_store(to == "up");
    return true;
  });
  post("/circuit", [this](const std::string& of, const std::string& to) {
    auto& circuits = client_.circuits();
    if (!circuits.find(of) || (to != "forced_open" && to != "closed")) return false;
    to == "closed" ? circuits.of(of).reset() : circuits.of(of).force_open();
    return true;
  });
}

std::string Site::event_of(std::string_view endpoint, const breaker::Transition& transition) {
  return json{{"at", now_in_milliseconds()},
              {"endpoint", endpoint},
              {"to", to_string(transition.to)},
              {"why", breaker::describe(transition)}}
      .dump();
}

std::string Site::sample() const {
  json circuits = json::object();
  client_.circuits().for_each([&](std::string_view endpoint, const auto& circuit) {
    const auto& counters = circuit.listener().template get<breaker::TimedCounters<2>>();
    const breaker::CallTotals totals = counters.totals();
    const breaker::CallDurations took = counters.durations();
    circuits[std::string{endpoint}] = {to_string(circuit.state()), totals.succeeded, totals.failed,
                                       totals.refused,
                                       in_milliseconds(took.succeeded.sum + took.failed.sum)};
  });
  json backends = json::object();
  for (std::size_t i = 0; i < backend_names.size(); ++i)
    backends[backend_names.at(i)] = to_string(backends_.health(i));
  return json{{"at", now_in_milliseconds()},
              {"circuits", std::move(circuits)},
              {"summary", in_json(client_.circuits().summary())},
              {"backends", std::move(backends)}}
      .dump();
}

}  // namespace live
