// A page that shows circuits at work: three flaky backends, a client, buttons that break things, and settings to try.
#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <random>
#include <string>
#include <string_view>

#include "backends.hpp"
#include "client.hpp"
#include "feed.hpp"
#include "nodes.hpp"
#include "site.hpp"

namespace {

std::string make_token() {
  std::random_device device;
  std::string token;
  for (int i = 0; i < 20; ++i) token += "0123456789abcdefghijklmnopqrstuv"[device() % 32];
  return token;
}

int run(int argc, char** argv) {
  std::string host = "127.0.0.1";
  int port = 0;
  std::size_t endpoints = 20;
  CLI::App app{"Circuits at work, on a page"};
  app.add_option("--host", host, "Listen at this address; others than 127.0.0.1 let others in");
  app.add_option("--port", port, "Listen at this port (0: any)")->check(CLI::Range(0, 65535));
  app.add_option("--endpoints", endpoints, "Call so many endpoints, each through a circuit (20)")
      ->check(CLI::Range(1, 5000));
  CLI11_PARSE(app, argc, argv);

  const std::string token = make_token();
  live::Feed feed;
  live::Backends backends;
  live::Client client{backends, endpoints, [&](std::string_view endpoint, const auto& transition) {
                        feed.publish("transition", live::Site::event_of(endpoint, transition),
                                     true);
                      }};
  live::Nodes nodes{backends, feed};
  const live::Site site{host, port, token, backends, client, nodes, feed};
  std::printf("http://%s:%d/#%s\nThe part behind # is the token of the buttons. Enter ends it.\n",
              host.c_str(), site.port(), token.c_str());
  std::fflush(stdout);
  while (std::getchar() != '\n' && !std::feof(stdin)) {
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "live: %s\n", error.what());
    return 2;
  }
}
