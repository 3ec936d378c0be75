// What a command costs the server: how many of them one core carries. By the processor time that the server says it took, so
// that what else runs on the machine counts little. Ten thousand nodes send up to 10 000 a second, see simulate.cpp.
#include <hiredis/hiredis.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "breaker/adapters/hiredis.hpp"
#include "server.hpp"

namespace {

using namespace breaker::fleet;

constexpr int commands = 20'000;
constexpr int nodes = 10'000;
constexpr double at_the_peak = 10'000;  // commands a second

/// **Returns** the seconds of processor time that the server has taken.
double processor_time(int port) {
  const std::unique_ptr<redisContext, void (*)(redisContext*)> connection{
      redisConnect("127.0.0.1", port), redisFree};
  const std::unique_ptr<redisReply, void (*)(void*)> reply{
      static_cast<redisReply*>(redisCommand(connection.get(), "INFO cpu")), freeReplyObject};
  const std::string text{reply->str, reply->len};
  double sum = 0;
  for (const std::string name : {"used_cpu_sys:", "used_cpu_user:"})
    sum += std::atof(text.c_str() + text.find(name) + name.size());
  return sum;
}

/// Command `i` of a mix, and who sends it.
struct Command {
  Op op;
  int voter;
};

/// **Returns** how many commands of a mix a core carries in a second; 0: one was not carried out.
template <class Mix>
double commands_a_second(const char* what, Mix mix) {
  const Server server;
  RedisStore store{
      {.host = "127.0.0.1", .port = server.port(), .timeout = std::chrono::seconds{1}}};
  Milliseconds now = store.exchange("payments", {}).now;
  const double before = processor_time(server.port());
  for (int i = 0; i < commands; ++i) {
    const Command command = mix(i);
    const std::string voter = "node " + std::to_string(command.voter);
    const Answer answer =
        store.exchange("payments", {.op = command.op, .voter = voter, .open = 5000, .sent = now});
    if (answer.kind != Answer::Kind::done) return 0;
    now = answer.now;
  }
  const double a_second = commands / (processor_time(server.port()) - before);
  std::printf("%s: %.0f commands a second on one core\n", what, a_second);
  return a_second;
}

}  // namespace

int main() {
  if (!Server{}.runs()) {
    std::puts("SKIPPED: there is no redis-server (Debian: redis-server)");
    return 0;
  }
  const double peak =
      commands_a_second("the second in which most trip, votes and questions",
                        [](int i) { return Command{i % 14 == 0 ? Op::vote : Op::ask, i % nodes}; });
  const double votes =
      commands_a_second("votes alone", [](int i) { return Command{Op::vote, i % nodes}; });
  const double all = commands_a_second("sixteen voters, all of whom probe in vain", [](int i) {
    constexpr Op turn[] = {Op::vote, Op::ask, Op::probe_failed};
    return Command{turn[i % 3], i / 3 % 16};
  });
  if (peak >= at_the_peak && votes > 0 && all > 0) return 0;
  std::printf("BROKEN: one core carries %.0f commands a second, or one was not carried out\n",
              at_the_peak);
  return 1;
}
