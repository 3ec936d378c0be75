// What the examples with coroutines need: a task, and replies that arrive on another thread.
#pragma once

#include <coroutine>
#include <exception>
#include <future>
#include <stdexcept>
#include <thread>

/// A coroutine that starts at once and gives its result through a future.
struct Task {
  struct promise_type {
    std::promise<bool> result;

    Task get_return_object() { return {result.get_future()}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(bool value) { result.set_value(value); }
    void unhandled_exception() { result.set_exception(std::current_exception()); }
  };
  std::future<bool> result;
};

/// A reply that arrives on a thread of its own, as from a socket. **Throws** if it is a bad one.
struct Reply {
  bool is_good;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const { std::thread{waiting}.detach(); }
  bool await_resume() const {
    if (!is_good) throw std::runtime_error{"no answer"};
    return true;
  }
};

/// A reply that never arrives: the frame stays suspended until somebody destroys it.
struct NoReply {
  std::coroutine_handle<>& waiting;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const noexcept { waiting = handle; }
  bool await_resume() const noexcept { return true; }
};
