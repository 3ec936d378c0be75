// Scenarios: the file that numbers a process, while threads fork and other files come and go.
#include "breaker/shared_memory/threads.hpp"

#include "proof/explore/runtime.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::detail::numbering;
using breaker::detail::relaxed;
using breaker::detail::SharedHead;

// Each process that a file numbers gets a number of its own, or none while there is no file.
void children_are_numbered_while_a_file_comes(Run& run) {
  auto& head = run.make<SharedHead>();
  for (int i = 0; i < 2; ++i) run.thread([] { breaker::detail::number_threads(); });
  run.thread([&head] { breaker::detail::number_threads_by(head); });
  run.finally([&run, &head] {
    const auto numbered = head.processes.load(relaxed);
    run.check(numbered >= 1 && numbered <= 3, "a process was numbered twice, or not at all");
    // The numbers are added up here, as all the threads are of one process: 0, 0 + 1 or 0 + 1 + 2.
    run.check(
        breaker::detail::first_thread_number.load(relaxed) == 1 + numbered * (numbered - 1) / 2,
        "two processes have one number");
  });
}

// A file that goes leaves the one that came meanwhile.
void one_file_goes_while_another_comes(Run& run) {
  auto& first = run.make<SharedHead>();
  auto& second = run.make<SharedHead>();
  breaker::detail::number_threads_by(first);
  run.thread([&first] { breaker::detail::number_threads_without(first); });
  run.thread([&second] { breaker::detail::number_threads_by(second); });
  run.finally([&run, &second] {
    run.check(numbering.load(relaxed) == &second, "the file that is here numbers nobody");
  });
}

const Scenarios process_numbers{
    {"children are numbered while a file comes", children_are_numbered_while_a_file_comes},
    {"one file goes while another comes", one_file_goes_while_another_comes},
};

}  // namespace

}  // namespace explore
