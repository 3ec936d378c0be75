// Scenarios: the exemplar of a histogram's bucket, which is four words.
#include "breaker/metrics/exemplar.hpp"

#include <chrono>
#include <cstdint>

#include "proof/explore/runtime.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::Exemplar;
using breaker::detail::LastExemplar;

/// **Returns** one that is whole if all its numbers are the same.
Exemplar whole(std::uint64_t number) {
  return {{number, number}, std::chrono::nanoseconds{number}};
}
bool is_whole_or_none(const Exemplar& seen) {
  return seen.trace.high == seen.trace.low &&
         seen.trace.high == static_cast<std::uint64_t>(seen.took.count());
}

// Whoever reads gets one that was kept, or none.
void one_is_read_while_it_is_replaced(Run& run) {
  auto& last = run.make<LastExemplar>();
  last.keep(whole(1));
  run.thread([&last] { last.keep(whole(2)); });
  run.thread([&run, &last] {
    run.check(is_whole_or_none(last.get()), "an exemplar of two calls was read");
  });
}

// Of two that keep theirs, each keeps all of it, or none.
void two_are_kept_at_once(Run& run) {
  auto& last = run.make<LastExemplar>();
  for (const std::uint64_t number : {1U, 2U})
    run.thread([&last, number] { last.keep(whole(number)); });
  run.thread([&run, &last] {
    run.check(is_whole_or_none(last.get()), "an exemplar of two calls was read");
  });
  run.finally([&run, &last] {
    const Exemplar kept = last.get();
    run.check(kept.trace && is_whole_or_none(kept), "no exemplar was kept, or one of two calls");
    last.keep(whole(3));
    run.check(last.get().trace.high == 3, "none is kept any more");
  });
}

const Scenarios exemplars{
    {"an exemplar is read while it is replaced", one_is_read_while_it_is_replaced},
    {"two exemplars are kept at once", two_are_kept_at_once},
};

}  // namespace

}  // namespace explore
