// curl.hpp: libcurl's easy and multi handles against nginx, whose log says what arrived.
#include "breaker/adapters/curl.hpp"

#include <chrono>
#include <cstdio>
#include <deque>
#include <string>
#include <vector>

#include "adapters/nginx.hpp"
#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using adapters::perform_curl;
using adapters::settle_curl;

using Circuit = CircuitBreaker<ManualClock, ConsecutiveFailures>;

std::size_t drop(char*, std::size_t size, std::size_t count, void*) { return size * count; }

// An easy handle for a path of nginx. It waits for long, as a busy machine may keep an answer back, but at
// "/stuck", where none comes.
class Easy {
 public:
  Easy(const Nginx& nginx, const std::string& path) : handle_{curl_easy_init()} {
    curl_easy_setopt(handle_, CURLOPT_URL, nginx.url(path).c_str());
    curl_easy_setopt(handle_, CURLOPT_TIMEOUT_MS, path == "/stuck" ? 100L : 10'000L);
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, drop);
  }
  Easy(const Easy&) = delete;
  Easy& operator=(const Easy&) = delete;
  ~Easy() { curl_easy_cleanup(handle_); }

  operator CURL*() const { return handle_; }

 private:
  CURL* handle_;
};

// A circuit in front of nginx. Its clock moves only when told.
struct Guarded {
  Nginx nginx;
  ManualClock clock;
  Circuit circuit{Config{.open_for = 10s}, ConsecutiveFailures{3}, clock};

  CURLcode get(const std::string& path, int times = 1) {
    const Easy easy{nginx, path};
    CURLcode code = CURLE_OK;
    for (; times > 0; --times) code = perform_curl(circuit, easy);
    return code;
  }
};

// Transfers in one multi handle, each with its permit.
class Transfers {
 public:
  ~Transfers() {
    for (const auto& transfer : all_) curl_multi_remove_handle(multi_, transfer.easy);
    curl_multi_cleanup(multi_);
  }

  /// Take a permit and begin. **Returns** whether there was one.
  bool add(Circuit& circuit, const Nginx& nginx, const std::string& path) {
    auto permit = circuit.try_acquire();
    if (!permit) return false;
    Transfer& transfer = all_.emplace_back(std::move(permit), nginx, path);
    curl_easy_setopt(transfer.easy, CURLOPT_PRIVATE, &transfer);
    curl_multi_add_handle(multi_, transfer.easy);
    return true;
  }

  /// Run until all have ended. **Returns** how many verdicts counted.
  int run() {
    int running = 1, counted = 0;
    while (running > 0) {
      curl_multi_perform(multi_, &running);
      if (running > 0) curl_multi_poll(multi_, nullptr, 0, 100, nullptr);
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        Transfer* transfer = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        counted += settle_curl(transfer->permit, *message) == Settled::counted ? 1 : 0;
      }
    }
    return counted;
  }

 private:
  struct Transfer {
    Transfer(Circuit::Permit its_permit, const Nginx& nginx, const std::string& path)
        : permit{std::move(its_permit)}, easy{nginx, path} {}
    Circuit::Permit permit;
    Easy easy;
  };
  CURLM* multi_ = curl_multi_init();
  std::deque<Transfer> all_;
};

[[maybe_unused]] void example() {
#include "example/curl.inc"
}

}  // namespace

TEST_CASE("a circuit around curl opens on a failing nginx, probes it, and closes again") {
  Guarded guarded;
  const Nginx& nginx = guarded.nginx;

  guarded.get("/price", 5);
  CHECK(nginx.arrived("/price") == 5);

  guarded.nginx.set_broken(true);
  guarded.get("/price", 10);
  CHECK(nginx.arrived("/price") == 5 + 3);
  CHECK(guarded.circuit.state() == State::open);

  guarded.clock.advance(10s);
  guarded.get("/price", 10);  // one probe, which fails
  CHECK(nginx.arrived("/price") == 5 + 3 + 1);

  guarded.nginx.set_broken(false);
  guarded.clock.advance(10s);
  guarded.get("/price", 10);  // one probe, which closes
  CHECK(nginx.arrived("/price") == 5 + 3 + 1 + 10);
  CHECK(guarded.circuit.state() == State::closed);
}

TEST_CASE("transfers of a multi handle open the circuit and are probes, no more than allowed") {
  Nginx nginx;
  ManualClock clock;
  Circuit circuit{Config{.open_for = 10s, .probes = 2}, ConsecutiveFailures{3}, clock};
  const auto run_ten = [&] {
    Transfers transfers;
    int admitted = 0;
    for (int i = 0; i < 10; ++i) admitted += transfers.add(circuit, nginx, "/price") ? 1 : 0;
    transfers.run();
    return admitted;
  };

  nginx.set_broken(true);
  CHECK(run_ten() == 10);  // all admitted before the first had failed
  CHECK(run_ten() == 0);
  clock.advance(10s);
  CHECK(run_ten() == 2);
  CHECK(nginx.arrived("/price") == 10 + 2);
  CHECK(circuit.state() == State::open);

  nginx.set_broken(false);
  clock.advance(10s);
  CHECK(run_ten() == 2);
  CHECK(nginx.arrived("/price") == 10 + 2 + 2);
  CHECK(circuit.state() == State::closed);
}

TEST_CASE("a transfer taken out of the multi handle hands its slot back") {
  Nginx nginx;
  ManualClock clock;
  Circuit circuit{Config{.open_for = 10s}, ConsecutiveFailures{3}, clock};
  circuit.trip();
  clock.advance(10s);

  {
    Transfers abandoned;
    CHECK(abandoned.add(circuit, nginx, "/stuck"));
    CHECK_FALSE(circuit.would_admit());
  }

  CHECK(circuit.state() == State::half_open);
  CHECK(circuit.would_admit());
}

TEST_CASE("a killed nginx opens the circuit, and started again it closes it") {
  Guarded guarded;

  guarded.nginx.stop();
  CHECK(guarded.get("/price", 3) == CURLE_COULDNT_CONNECT);
  CHECK(guarded.circuit.state() == State::open);

  guarded.nginx.start();
  CHECK(guarded.get("/price") == CURLE_COULDNT_CONNECT);  // refused
  guarded.clock.advance(10s);
  CHECK(guarded.get("/price") == CURLE_OK);
  CHECK(guarded.circuit.state() == State::closed);
  CHECK(guarded.nginx.arrived("/price") == 1);
}

TEST_CASE("Retry-After of nginx is the open wait") {
  Guarded guarded;

  SECTION("seconds") {
    guarded.get("/seconds", 3);
    CHECK(guarded.circuit.why().open_for == 120s);
  }
  SECTION("a date") {
    guarded.get("/date", 3);
    CHECK(guarded.circuit.why().open_for > 100s);
    CHECK(guarded.circuit.why().open_for <= 120s);
  }
  SECTION("none") {
    guarded.get("/500", 3);
    CHECK(guarded.circuit.why().open_for == 10s);
  }
}

TEST_CASE("each way in which no good answer comes is a failure") {
  Guarded guarded;

  SECTION("too many requests") { guarded.get("/429", 4); }
  SECTION("the server behind nginx is not there") { guarded.get("/dead", 4); }
  SECTION("nginx closes without an answer") { CHECK(guarded.get("/cut", 3) == CURLE_GOT_NOTHING); }
  SECTION("the server behind nginx is stuck, and the client's timeout is over") {
    CHECK(guarded.get("/stuck", 3) == CURLE_OPERATION_TIMEDOUT);
  }

  CHECK(guarded.circuit.state() == State::open);
  CHECK(guarded.circuit.why().numbers.at[0] == 3);
}

TEST_CASE("a status decides with CURLOPT_FAILONERROR, too") {
  Guarded guarded;
  const auto get = [&](const char* path) {
    const Easy easy{guarded.nginx, path};
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    return perform_curl(guarded.circuit, easy);
  };

  for (int i = 0; i < 3; ++i) CHECK(get("/404") == CURLE_HTTP_RETURNED_ERROR);
  CHECK(guarded.circuit.snapshot().numbers.at[0] == 0);
  for (int i = 0; i < 3; ++i) CHECK(get("/500") == CURLE_HTTP_RETURNED_ERROR);
  CHECK(guarded.circuit.state() == State::open);
}

TEST_CASE("an answer that is the caller's fault is a success of the server") {
  Guarded guarded;

  for (const char* path : {"/301", "/400", "/404", "/501"}) {
    CAPTURE(path);
    CHECK(guarded.get("/500") == CURLE_OK);
    CHECK(guarded.circuit.snapshot().numbers.at[0] == 1);
    CHECK(guarded.get(path) == CURLE_OK);
    CHECK(guarded.circuit.snapshot().numbers.at[0] == 0);
  }
}

TEST_CASE("what the caller does himself is ignored") {
  Guarded guarded;
  guarded.get("/500");
  const Easy easy{guarded.nginx, "/price"};
  CURLcode expected{};

  SECTION("a callback that aborts") {
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(
        easy, CURLOPT_XFERINFOFUNCTION,
        +[](void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return 1; });
    expected = CURLE_ABORTED_BY_CALLBACK;
  }
  SECTION("a callback that takes no data") {
    curl_easy_setopt(
        easy, CURLOPT_WRITEFUNCTION,
        +[](char*, std::size_t, std::size_t, void*) { return std::size_t{0}; });
    expected = CURLE_WRITE_ERROR;
  }
  SECTION("a URL that is none") {
    curl_easy_setopt(easy, CURLOPT_URL, "http://:x");
    expected = CURLE_URL_MALFORMAT;
  }
  SECTION("a protocol that there is not") {
    curl_easy_setopt(easy, CURLOPT_URL, "htpt://127.0.0.1");
    expected = CURLE_UNSUPPORTED_PROTOCOL;
  }
  SECTION("a file of his own") {
    curl_easy_setopt(easy, CURLOPT_URL, "file:///nonexistent");
    expected = CURLE_FILE_COULDNT_READ_FILE;
  }
  SECTION("an interface that he has not") {
    curl_easy_setopt(easy, CURLOPT_INTERFACE, "if!nonexistent");
    expected = CURLE_INTERFACE_FAILED;
  }
  SECTION("a handle that is none") {
    for (int i = 0; i < 5; ++i)
      CHECK(perform_curl(guarded.circuit, nullptr) == CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(guarded.circuit.snapshot().numbers.at[0] == 1);
    return;
  }
  SECTION("files for TLS that can't be read, and ciphers that there are not") {
    const std::string url = "https" + guarded.nginx.url("/price").substr(4);
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    SECTION("authorities") {
      curl_easy_setopt(easy, CURLOPT_CAINFO, "/nonexistent.pem");
      expected = CURLE_SSL_CACERT_BADFILE;
    }
    SECTION("revoked certificates") {
      curl_easy_setopt(easy, CURLOPT_CRLFILE, "/nonexistent.pem");
      expected = CURLE_SSL_CRL_BADFILE;
    }
    SECTION("his own certificate") {
      curl_easy_setopt(easy, CURLOPT_SSLCERT, "/nonexistent.pem");
      expected = CURLE_SSL_CERTPROBLEM;
    }
    SECTION("ciphers") {
      curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "NONEXISTENT");
      expected = CURLE_SSL_CIPHER;
    }
  }

  for (int i = 0; i < 5; ++i) CHECK(perform_curl(guarded.circuit, easy) == expected);
  CHECK(guarded.circuit.snapshot().numbers.at[0] == 1);  // neither more nor forgiven
}

TEST_CASE("errors that no test can provoke count as they are sorted") {
  const auto verdict = [](CURLcode code) { return adapters::judge_curl(nullptr, code).verdict; };

  for (const CURLcode ignored :
       {CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_NOT_BUILT_IN,
        CURLE_SSL_ENGINE_NOTFOUND, CURLE_UNKNOWN_OPTION, CURLE_FUNCTION_NOT_FOUND}) {
    CAPTURE(ignored);
    CHECK(verdict(ignored) == Verdict::ignored);
  }
  for (const CURLcode answered :
       {CURLE_LOGIN_DENIED, CURLE_REMOTE_ACCESS_DENIED, CURLE_REMOTE_FILE_NOT_FOUND}) {
    CAPTURE(answered);
    CHECK(verdict(answered) == Verdict::success);
  }
  for (const CURLcode failed :
       {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY,
        CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_HTTP2, CURLE_SEND_ERROR,
        CURLE_PARTIAL_FILE, CURLE_BAD_CONTENT_ENCODING}) {
    CAPTURE(failed);
    CHECK(verdict(failed) == Verdict::failure);
  }
}

TEST_CASE("a proxy that is not there is a failure, as the server behind it can't be reached") {
  Guarded guarded;
  const Easy easy{guarded.nginx, "/price"};
  const std::string proxy = "http://127.0.0.1:" + std::to_string(free_port());
  curl_easy_setopt(easy, CURLOPT_PROXY, proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");

  for (int i = 0; i < 3; ++i) CHECK(perform_curl(guarded.circuit, easy) == CURLE_COULDNT_CONNECT);

  CHECK(guarded.circuit.state() == State::open);
  CHECK(guarded.nginx.arrived("/price") == 0);
}

TEST_CASE("of redirects that are followed the last answer counts, and a circle is a failure") {
  Guarded guarded;
  const auto follow = [&](const char* path) {
    const Easy easy{guarded.nginx, path};
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 3L);
    return perform_curl(guarded.circuit, easy);
  };
  const auto failures = [&] { return guarded.circuit.snapshot().numbers.at[0]; };

  CHECK(follow("/circle") == CURLE_TOO_MANY_REDIRECTS);
  CHECK(failures() == 1);
  guarded.nginx.set_broken(true);
  CHECK(follow("/there") == CURLE_OK);
  CHECK(failures() == 2);
  guarded.nginx.set_broken(false);
  CHECK(follow("/there") == CURLE_OK);
  CHECK(failures() == 0);
  CHECK(guarded.nginx.arrived("/there") == 2);
}

TEST_CASE("the circuit's own classifier goes first, and may ask the handle") {
  struct Picky {
    static Judgement on_result(const adapters::CurlResult& result) {
      long status = 0;
      curl_easy_getinfo(result.easy, CURLINFO_RESPONSE_CODE, &status);
      return status == 404 ? Verdict::failure : Judgement::none();
    }
  };
  Nginx nginx;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}, Picky{}};
  const Easy missing{nginx, "/404"}, price{nginx, "/price"};

  perform_curl(circuit, missing);
  perform_curl(circuit, price);
  CHECK(circuit.snapshot().numbers.at[0] == 0);
  perform_curl(circuit, missing);
  const Easy broken{nginx, "/500"};
  perform_curl(circuit, broken);
  CHECK(circuit.state() == State::open);
}

TEST_CASE("a refused transfer comes to what the caller makes of the rejection") {
  Guarded guarded;
  const Easy easy{guarded.nginx, "/price"};
  guarded.circuit.trip();

  std::chrono::nanoseconds wait{};
  const CURLcode code = perform_curl(guarded.circuit, easy, [&](const Rejection& rejection) {
    wait = rejection.retry_after;
    return CURLE_AGAIN;
  });

  CHECK(code == CURLE_AGAIN);
  CHECK(wait == 10s);
  CHECK(guarded.nginx.arrived("/price") == 0);
}

TEST_CASE("the adapter for curl allocates nothing of its own") {
  Guarded guarded;
  const Easy easy{guarded.nginx, "/price"};
  for (int i = 0; i < 3; ++i) curl_easy_perform(easy);

  const int bare = allocations_in([&] { curl_easy_perform(easy); });
  const int through = allocations_in([&] { perform_curl(guarded.circuit, easy); });

  CHECK(bare > 0);
  CHECK(through == bare);
}
