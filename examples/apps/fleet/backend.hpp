// The backend of the demo: a process that answers every connection with one byte, until it is killed.
#pragma once

#include <sys/types.h>

/// A process of its own, on loopback, on a port of the system's choice.
class Backend {
 public:
  /// Starts it. **Throws** std::runtime_error if there is no port.
  Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  ~Backend();

  void kill();
  void start_again();
  [[nodiscard]] int port() const { return port_; }

 private:
  void start();

  int listener_ = -1;
  int port_ = 0;
  ::pid_t process_ = -1;
};

/// One call. **Returns** whether the backend at `port` answered.
bool ask_backend(int port);
