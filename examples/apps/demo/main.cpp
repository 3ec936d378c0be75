// What a circuit breaker buys: the same load on the same sick service, without one and with one.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>

#include "acts.hpp"
#include "service.hpp"
#include "story.hpp"

namespace demo {

namespace {

int main(int argc, char** argv) {
  std::string url;
  std::optional<int> port;
  bool real_time = false;
  bool overdue = false;
  CLI::App app{
      "What a circuit breaker buys: the same load on a sick service without one and with one"};
  auto* url_option =
      app.add_option("--url", url, "Call the service that runs there: http://host:port");
  app.add_option("--serve", port,
                 "Be that service, on this port of 127.0.0.1 (0: any), until killed")
      ->check(CLI::Range(0, 65535))
      ->excludes(url_option);
  app.add_flag("--real-time", real_time, "Don't divide the times by ten (both runs: 100 s)");
  app.add_flag(
      "--overdue", overdue,
      "All payments hang, and clients wait for long: a breaker that counts failures beside "
      "one that sees calls hang");
  CLI11_PARSE(app, argc, argv);

  const Story story{real_time ? 1 : 10, overdue};
  if (!url.empty()) return run_demo(story, url) ? 0 : 1;

  Service service{story, port.value_or(0)};
  const std::string own_url = "http://127.0.0.1:" + std::to_string(service.port());
  if (!port) return run_demo(story, own_url) ? 0 : 1;

  std::printf("the payment service listens at %s\n", own_url.c_str());
  std::fflush(stdout);
  service.wait();
  return 0;
}

}  // namespace

}  // namespace demo

int main(int argc, char** argv) {
  try {
    return demo::main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "demo: %s\n", error.what());
    return 2;
  }
}
