// A trace that crashes, hangs or is aborted by a sanitizer can't be cut down, but it can be told.
#pragma once

#include <csignal>

#include "proof/model/trace.hpp"

#if defined(__linux__)
#include <unistd.h>

// Of sanitizers, which print a report and exit by themselves.
// NOLINTNEXTLINE(bugprone-reserved-identifier, readability-identifier-naming)
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace model {

inline const Bytes* running = nullptr;
inline constexpr unsigned most_seconds = 60;  // that one trace may take

/// Print what is running. May be called by a handler of a signal: it only writes.
inline void tell_running() {
  constexpr char digits[] = "0123456789abcdef";
  constexpr char words[] = "Interrupted, again with --trace ";
  const auto write_all = [](const char* text, std::size_t size) {
    if (::write(1, text, size) < 0) ::_exit(1);
  };
  write_all(words, sizeof words - 1);
  for (std::size_t i = 0; running != nullptr && i < running->size(); ++i) {
    const std::uint8_t byte = (*running)[i];
    const char two[2] = {digits[byte / 16], digits[byte % 16]};
    write_all(two, 2);
  }
  write_all("\n", 1);
}

/// From here on, tell which trace is running when the program is brought down.
inline void tell_of_crashes() {
  const auto handler = [](int signal) {
    tell_running();
    std::signal(signal, SIG_DFL);
    ::raise(signal);
  };
  std::signal(SIGABRT, handler);
  std::signal(SIGALRM, handler);
  if (__sanitizer_set_death_callback != nullptr)
    return __sanitizer_set_death_callback(tell_running);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, handler);
}

/// `trace` runs next.
inline void begin_trace(const Bytes& trace) {
  running = &trace;
  ::alarm(most_seconds);
}

}  // namespace model
#else

namespace model {

inline void tell_of_crashes() {}
inline void begin_trace(const Bytes& /*trace*/) {}

}  // namespace model
#endif
