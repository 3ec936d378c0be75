// A process that is stopped after each instruction of what it does.
#pragma once

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <stdexcept>

/// Forks a process that does `work(begin)`, and stops it after each instruction from where it calls `begin()`
/// to its end. What it leaves at such a point is what it would leave if it were killed there.
class Stepped {
 public:
  template <class Work>
  explicit Stepped(const Work& work)
      : has_begun_{static_cast<volatile int*>(
            ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))} {
    if (has_begun_ == MAP_FAILED) throw std::runtime_error{"no memory"};
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error{"can't fork"};
    if (child_ == 0) {
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      std::raise(SIGSTOP);
      work([this] { *has_begun_ = 1; });
      *has_begun_ = 2;
      for (;;) ::pause();
    }
    wait();
    while (*has_begun_ == 0) step();
  }
  Stepped(const Stepped&) = delete;
  Stepped& operator=(const Stepped&) = delete;
  ~Stepped() {
    kill();
    ::munmap(const_cast<int*>(has_begun_), 4096);
  }

  /// **Returns** whether it has not come to its end.
  [[nodiscard]] bool is_inside() const noexcept { return *has_begun_ == 1; }

  /// Let it do one instruction more.
  void step() {
    if (::ptrace(PTRACE_SINGLESTEP, child_, nullptr, nullptr) != 0)
      throw std::runtime_error{"can't step"};
    wait();
  }

  /// Kill it where it is.
  void kill() noexcept {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }

 private:
  void wait() {
    int status = 0;
    if (::waitpid(child_, &status, 0) != child_ || !WIFSTOPPED(status)) {
      child_ = 0;
      throw std::runtime_error{"the process ended by itself"};
    }
  }

  volatile int* has_begun_;  // 2: it has come to its end
  ::pid_t child_ = 0;
};
