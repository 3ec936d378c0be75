// A real nginx on loopback, which can be broken and mended, killed and started again.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include <curl/curl.h>

#include "support/loopback.hpp"
#include "support/process.hpp"

/// `/price` answers 200, or 503 while it is broken; `/seconds` and `/date` 503 with a Retry-After of
/// 120 s; `/dead` asks a server that is not there and `/stuck` one that never answers; `/cut` closes
/// without an answer; `/there` sends on to `/price`, `/circle` to itself; `/N` for three digits answers
/// that status.
class Nginx {
 public:
  Nginx() {
    std::string name = std::filesystem::temp_directory_path() / "breaker_nginx_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no folder for nginx"};
    folder_ = name;
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
    for (int tries = 0; !is_ready() && tries < 3; ++tries) {  // somebody may have taken the port
      port_ = free_port();
      std::ofstream{folder_ / "nginx.conf"} << configuration();
      start();
    }
  }
  ~Nginx() {
    stop();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    process_.emplace(std::vector<std::string>{NGINX_PATH, "-p", folder_, "-c",
                                              folder_ / "nginx.conf", "-e", folder_ / "error.log"});
    for (int i = 0; i < 3000 && process_->is_running() && !is_ready(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  }
  void stop() { process_.reset(); }

  void set_broken(bool broken) {
    if (broken)
      std::ofstream{folder_ / "broken"};
    else
      std::filesystem::remove(folder_ / "broken");
  }

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

  /// **Returns** how many requests for `path` it has answered, by its log. (Its one process writes
  /// the line of a request before it turns to the next, so that one more request gets them all.)
  [[nodiscard]] int arrived(const std::string& path) const {
    if (!is_ready()) throw std::runtime_error{"nginx does not run"};
    std::ifstream log{folder_ / "access.log"};
    int count = 0;
    for (std::string line; std::getline(log, line);) count += line == path ? 1 : 0;
    return count;
  }

 private:
  [[nodiscard]] bool is_ready() const {
    CURL* const easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url("/ready").c_str());
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10'000L);
    curl_easy_perform(easy);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    return status == 204;
  }

  [[nodiscard]] std::string configuration() const {
    const auto later = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() +
                                                            std::chrono::seconds{120});
    std::tm parts{};
    gmtime_r(&later, &parts);
    char date[40];
    std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);

    std::ostringstream text;
    text << "daemon off; master_process off; pid nginx.pid; events {}\n"
         << "http { log_format path $uri; access_log access.log path; default_type text/plain;\n";
    for (const char* unused : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      text << unused << "_temp_path " << unused << ";\n";
    }
    text << "server { listen 127.0.0.1:" << port_ << ";\n"
         << "location = /ready { return 204; }\n"
         << "location = /price { if (-f " << (folder_ / "broken").string()
         << ") { return 503; } return 200 42; }\n"
         << "location = /seconds { add_header Retry-After 120 always; return 503; }\n"
         << "location = /date { add_header Retry-After '" << date << "' always; return 503; }\n"
         << "location = /cut { return 444; }\n"
         << "location = /there { return 302 /price; }\n"
         << "location = /circle { return 302 /circle; }\n"
         << "location = /dead { proxy_pass http://127.0.0.1:" << free_port() << "; }\n"
         << "location = /stuck { proxy_pass http://127.0.0.1:" << silent_.number() << "; }\n";
    for (const char* status : {"301", "400", "404", "429", "500", "501"}) {
      text << "location = /" << status << " { return " << status << "; }\n";
    }
    text << "} }\n";
    return text.str();
  }

  SilentPort silent_;
  int port_ = 0;
  std::filesystem::path folder_;
  std::optional<Process> process_;
};
