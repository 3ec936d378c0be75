// A client of the payment service, see client.hpp.
#include "client.hpp"

#include <httplib.h>

#include <sstream>
#include <stdexcept>

namespace demo {

struct Client::Inside {
  httplib::Client http;
};

Client::Client(const std::string& url, milliseconds timeout)
    : inside_{new Inside{httplib::Client{url}}}, url_{url} {
  inside_->http.set_connection_timeout(timeout);
  inside_->http.set_read_timeout(timeout);
  inside_->http.set_write_timeout(timeout);
}

Client::~Client() = default;

Answer Client::pay(int number) {
  const std::string payment = "payment " + std::to_string(number);
  const httplib::Result result = inside_->http.Post("/payments", payment, "text/plain");
  const httplib::Error error = result.error();
  if (error != httplib::Error::Connection && error != httplib::Error::ConnectionTimeout) ++sent_;
  return result && result->status == 200 && result->body == "paid " + payment ? Answer::paid
                                                                              : Answer::failed;
}

void Client::set_stuck(bool stuck) {
  const char* const body = stuck ? "stuck" : "well";
  const httplib::Result result = inside_->http.Post("/database", body, "text/plain");
  if (!result || result->status != 200)
    throw std::runtime_error{url_ + "/database does not answer as the demo's service does"};
}

Statistics Client::statistics() {
  const httplib::Result result = inside_->http.Get("/statistics");
  if (!result || result->status != 200)
    throw std::runtime_error{url_ + "/statistics does not answer as the demo's service does"};
  Statistics statistics;
  std::istringstream text{result->body};
  std::string name;
  text >> name >> statistics.arrived >> name >> statistics.arrived_while_stuck >> name >>
      statistics.paid >> name >> statistics.failed;
  if (!text) throw std::runtime_error{url_ + "/statistics answers something else"};
  return statistics;
}

}  // namespace demo
