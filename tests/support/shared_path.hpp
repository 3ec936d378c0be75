// A path for a file of circuits, and processes that use it.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "breaker/shared_memory.hpp"

/// Nothing is at the path when it is made, and when it is gone.
class SharedPath {
 public:
  SharedPath() : text_{"/dev/shm/breaker_test." + std::to_string(::getpid()) + "." + next()} {
    clear();
  }
  SharedPath(const SharedPath&) = delete;
  SharedPath& operator=(const SharedPath&) = delete;
  ~SharedPath() { clear(); }

  [[nodiscard]] const char* c_str() const noexcept { return text_.c_str(); }
  [[nodiscard]] bool exists() const noexcept { return ::access(c_str(), F_OK) == 0; }

 private:
  static std::string next() {
    static int number = 0;
    return std::to_string(++number);
  }
  void clear() const noexcept {
    ::unlink(c_str());
    ::rmdir(c_str());
  }

  std::string text_;
};

/// Runs `work()` in a forked process. **Returns** its answer, 0 to 255, or 256 plus the signal that ended it.
template <class Work>
int in_child(const Work& work) {
  const ::pid_t child = ::fork();
  if (child < 0) throw std::runtime_error{"can't fork"};
  if (child == 0) {
    int answer = 255;
    try {
      answer = static_cast<int>(work());
    } catch (...) {
    }
    ::_exit(answer);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child) throw std::runtime_error{"lost a child"};
  return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}
