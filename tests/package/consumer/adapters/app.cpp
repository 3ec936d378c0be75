// Calls libcurl through a circuit: nothing listens on port 1, so that the circuit trips.
#include <breaker/adapters/curl.hpp>
#include <breaker/breaker.hpp>

int main() {
  breaker::CircuitBreaker circuit{breaker::Config{}, breaker::ConsecutiveFailures{1}};
  CURL* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/");
  breaker::adapters::perform_curl(circuit, easy);
  curl_easy_cleanup(easy);

  return circuit.state() == breaker::State::open ? 0 : 1;
}
