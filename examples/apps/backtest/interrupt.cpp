// Ctrl-C ends the reading, see interrupt.hpp.
#include "interrupt.hpp"

#include <poll.h>

#include <cerrno>
#include <csignal>
#include <initializer_list>

namespace backtest {

namespace {

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

void note_interrupts() {
  struct sigaction action{};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // and no SA_RESTART: a read ends
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

bool is_interrupted() { return interrupted != 0; }

bool wait_for_input(int file) {
  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // A signal between the question and the waiting would be slept through.
  sigprocmask(SIG_BLOCK, &signals, &before);
  pollfd input{.fd = file, .events = POLLIN, .revents = 0};
  int ready = 0;
  while (!is_interrupted() && ready <= 0) {
    ready = ppoll(&input, 1, nullptr, &before);
    if (ready < 0 && errno != EINTR) break;
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return !is_interrupted();
}

}  // namespace backtest
