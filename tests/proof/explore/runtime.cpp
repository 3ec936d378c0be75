// The machine, see runtime.hpp. Model of memory: each location has its stores in modification order, each with the view
// that a release store hands on; a thread has a view, below which it can't read. A load may read any store from its view
// on; a read-modify-write reads the newest and carries on its release sequence; a compare-exchange that fails is a load. A
// seq_cst load reads no store older than
// the newest seq_cst one (the order of execution stands for the single total order). Not modelled: load buffering, and
// stores that come into the middle of the modification order.
#undef _FORTIFY_SOURCE  // it takes a jump to another stack for a mistake
#include "proof/explore/runtime.hpp"

#include <cxxabi.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "breaker/core/riding.hpp"

#if defined(_LIBCPP_VERSION)  // libc++abi has it, and declares it nowhere
namespace __cxxabiv1 {
extern "C" void* __cxa_get_globals();
}
#endif

namespace explore {

namespace {

constexpr int step_limit = 5000;
constexpr std::size_t stack_size = 128 * 1024;

std::map<SiteKey, std::uint64_t>& sites() {
  static std::map<SiteKey, std::uint64_t> all;
  return all;
}

bool acquires(std::memory_order order) {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

bool releases(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

// What libstdc++ and libc++abi keep for each thread.
struct ExceptionGlobals {
  void* caught;
  unsigned uncaught;
};

ExceptionGlobals& exception_globals() {
  return *reinterpret_cast<ExceptionGlobals*>(abi::__cxa_get_globals());
}

}  // namespace

const std::map<SiteKey, std::uint64_t>& ordered_sites() { return sites(); }

Runtime the_runtime;

Result explore(const Scenario& scenario, const Options& options) {
  return runtime().run(scenario, options);
}

// ---- running

Result Runtime::run(const Scenario& scenario, const Options& options) {
  Result result;
  ++program_;
  options_ = options;
  choices_.clear();
  random_.seed(options.seed);
  longest_ = 1;
  for (Thread& thread : threads_) thread.has_begun = false;
  for (;;) {
    reset(options);
    Run run{*this};
    if (options.strategy != Strategy::depth_first) choices_.clear();
    for (const int picked : options.replay) choices_.push_back({picked, 1 << 20});
    in_main([&] { scenario(run); });
    if (failure_.empty()) run_threads();
    if (failure_.empty()) {
      for (int i = 1; i <= thread_count_; ++i)
        join(threads_[0].view, threads_[static_cast<std::size_t>(i)].view);
      in_main([&] {
        std::for_each(run.finally_.rbegin(), run.finally_.rend(),
                      [](const auto& check) { check(); });
      });
    }
    ++result.executions;
    if (!failure_.empty()) {
      result.failure = failure_;
      for (std::size_t i = 0; i < next_choice_; ++i) result.choices.push_back(choices_[i].picked);
      // The fibers of a failed execution are never resumed; what their stacks refer to must stay, and no
      // permit among it may be dropped.
      static auto& kept = *new std::vector<std::shared_ptr<void>>;
      kept.insert(kept.end(), run.kept_.begin(), run.kept_.end());
      return result;
    }
    if (options.strategy == Strategy::replay) return result;
    if (options.strategy == Strategy::depth_first && !next_choices()) {
      result.exhausted = true;
      return result;
    }
    if (options.executions != 0 && result.executions >= options.executions) return result;
  }
}

void Runtime::reset(const Options& options) {
  ++execution_;
  breaker::detail::rides = {};  // a failed execution leaves some behind
  locations_ = 0;
  if (memory_.empty()) memory_.resize(max_locations);
  for (Thread& thread : threads_) {
    thread.view = {};
    thread.is_alive = false;
    thread.waits_for = -1;
    thread.caught = nullptr;
    thread.uncaught = 0;
    thread.body = nullptr;
  }
  thread_count_ = 0;
  current_ = 0;
  steps_ = 0;
  preemptions_ = options.preemptions;
  stale_reads_ = options.stale_reads;
  spurious_ = options.spurious_failures;
  next_choice_ = 0;
  failure_.clear();
  invariant_ = nullptr;
  peeks_ = false;
}

/// Carry out `part` in the main thread. leave() comes back from it.
void Runtime::in_main(const std::function<void()>& part) {
  if (_setjmp(threads_[0].place) == 0) part();
}

/// What a fiber does: a body in each execution.
void Runtime::enter(unsigned high, unsigned low) {
  auto* machine = reinterpret_cast<Runtime*>(std::uintptr_t{high} << 32 | low);
  Thread& self = machine->threads_[static_cast<std::size_t>(machine->current_)];
  for (;;) {
    self.body();
    self.is_alive = false;
    const int next = machine->pick_thread(false);
    machine->switch_to(next >= 0 ? next : 0);
  }
}

void Runtime::run_threads() {
  if (options_.strategy == Strategy::priorities) draw_priorities();
  for (int i = 1; i <= thread_count_; ++i) {
    Thread& thread = threads_[static_cast<std::size_t>(i)];
    thread.is_alive = true;
    thread.view = threads_[0].view;
  }
  if (thread_count_ == 0) return;
  is_running_ = true;
  switch_to(pick_thread(false));
  is_running_ = false;
  longest_ = std::max(longest_, steps_);
  current_ = 0;
  if (failure_.empty()) {
    for (int i = 1; i <= thread_count_; ++i) {
      if (threads_[static_cast<std::size_t>(i)].is_alive)
        failure_ = "deadlock: a thread waits for ever";
    }
  }
}

// Probabilistic concurrency testing: the runnable thread of the highest priority runs, and at a few steps the one that
// runs falls below all others, to a place of its own.
void Runtime::draw_priorities() {
  constexpr int changes = 2;
  std::vector<int> places(static_cast<std::size_t>(thread_count_ + changes));
  std::iota(places.begin(), places.end(), 0);
  std::shuffle(places.begin(), places.begin() + changes, random_);
  std::shuffle(places.begin() + changes, places.end(), random_);
  change_points_.clear();
  for (std::size_t i = 0; i < changes; ++i) {
    const auto step = 1 + random_() % static_cast<unsigned>(longest_);
    change_points_[static_cast<int>(step)] = places[i];
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(thread_count_); ++i)
    threads_[i + 1].priority = places[changes + i];
}

bool Runtime::can_run(int thread) const {
  const Thread& candidate = threads_[static_cast<std::size_t>(thread)];
  return candidate.is_alive && candidate.waits_for < 0;
}

int Runtime::pick_thread(bool may_stay) {
  std::array<int, max_threads> runnable{};
  int count = 0;
  if (may_stay && can_run(current_)) runnable[static_cast<std::size_t>(count++)] = current_;
  const bool stays = count == 1;
  for (int i = 1; i <= thread_count_; ++i) {
    if (!(stays && i == current_) && can_run(i)) runnable[static_cast<std::size_t>(count++)] = i;
  }
  if (count == 0) return -1;
  int picked = 0;
  if (options_.strategy == Strategy::priorities) {
    const auto priority = [&](int thread) {
      return threads_[static_cast<std::size_t>(thread)].priority;
    };
    if (change_points_.contains(steps_) && current_ > 0)
      threads_[static_cast<std::size_t>(current_)].priority = change_points_.at(steps_);
    const auto best = std::max_element(runnable.begin(), runnable.begin() + count,
                                       [&](int a, int b) { return priority(a) < priority(b); });
    picked = static_cast<int>(best - runnable.begin());
    if (count > 1) write_down(picked, count);
  } else {
    picked = pick(count, !stays || preemptions_ > 0);
    if (stays && picked != 0) --preemptions_;
  }
  return runnable[static_cast<std::size_t>(picked)];
}

void Runtime::switch_to(int thread) {
  ExceptionGlobals& globals = exception_globals();
  Thread& old = threads_[static_cast<std::size_t>(current_)];
  old.caught = globals.caught;
  old.uncaught = globals.uncaught;
  current_ = thread;
  const breaker::detail::Rides rides = breaker::detail::rides;  // a thread's, and so a fiber's
  // A jump, where swapcontext would call the kernel each time.
  if (_setjmp(old.place) == 0) resume(threads_[static_cast<std::size_t>(thread)]);
  globals.caught = old.caught;
  globals.uncaught = old.uncaught;
  breaker::detail::rides = rides;
}

void Runtime::resume(Thread& thread) {
  if (std::exchange(thread.has_begun, true) || &thread == &threads_[0]) _longjmp(thread.place, 1);
  ExceptionGlobals& globals = exception_globals();
  globals = {nullptr, 0};
  breaker::detail::rides = {};
  if (!thread.stack) thread.stack = std::make_unique<char[]>(stack_size);
  ucontext_t context{};
  getcontext(&context);
  context.uc_stack.ss_sp = thread.stack.get();
  context.uc_stack.ss_size = stack_size;
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&context, reinterpret_cast<void (*)()>(&Runtime::enter), 2,
              static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
  setcontext(&context);
  __builtin_unreachable();
}

void Runtime::step() {
  if (!is_running_ || current_ == 0) return;
  if (++steps_ > step_limit) leave("livelock: no end after 5000 steps");
  const int next = pick_thread(true);
  if (next != current_) switch_to(next);
}

void Runtime::leave(std::string_view failure) {
  if (failure_.empty()) failure_ = failure;
  _longjmp(threads_[0].place, 1);
}

void Runtime::fail(std::string_view claim) {
  if (is_running_ && current_ != 0) leave(claim);
  if (failure_.empty()) failure_ = claim;
}

// ---- choosing

// What is asked does not depend on the strategy, nor on what a budget still allows: so that the choices of any execution
// can be replayed.
int Runtime::pick(int count, bool is_allowed) {
  if (count <= 1) return 0;
  if (next_choice_ < choices_.size()) {
    const int picked = choices_[next_choice_++].picked;
    return picked < count ? picked : 0;
  }
  const bool draws =
      options_.strategy == Strategy::random || options_.strategy == Strategy::priorities;
  const int picked = draws ? static_cast<int>(random_() % static_cast<unsigned>(count)) : 0;
  const bool is_bounded = options_.strategy == Strategy::depth_first && !is_allowed;
  write_down(picked, is_bounded ? 1 : count);
  return picked;
}

void Runtime::write_down(int picked, int count) {
  choices_.push_back({picked, count});
  ++next_choice_;
}

int Runtime::choose(int count) { return pick(count); }

bool Runtime::next_choices() {
  choices_.resize(next_choice_);
  while (!choices_.empty() && choices_.back().picked + 1 == choices_.back().count)
    choices_.pop_back();
  if (choices_.empty()) return false;
  ++choices_.back().picked;
  return true;
}

// ---- memory

void Runtime::add_location(Place& place, std::uint64_t initial) {
  place.execution = execution_;
  place.id = static_cast<LocationId>(locations_++);
  if (locations_ > max_locations) leave("too many locations for this explorer");
  memory_[place.id].clear();
  memory_[place.id].push_back({initial, View{}, false});
}

// Compilers take several entries at once, since they know that the two views are apart.
void Runtime::join(View& __restrict into, const View& __restrict from) {
  for (std::size_t i = 0; i < max_locations; ++i) into[i] = std::max(into[i], from[i]);
}

std::memory_order Runtime::effective(std::memory_order order, const std::source_location& site,
                                     bool is_of_failure) {
  if (order == std::memory_order_relaxed) return order;
  if (options_.counts_orders && is_running_)
    ++sites()[{site.file_name(), site.line(), site.column(), is_of_failure, order}];
  const SiteKey* const weakened = options_.weakened;
  // The file last: a name takes long to compare.
  const bool is_meant = weakened != nullptr && weakened->line == site.line() &&
                        weakened->column == site.column() &&
                        weakened->is_of_failure == is_of_failure && weakened->order == order &&
                        weakened->file == site.file_name();
  return is_meant ? options_.weakened_to : order;
}

std::uint64_t Runtime::read(LocationId location, std::size_t index, std::memory_order order) {
  const Store& store = memory_[location][index];
  View& mine = view();
  mine[location] = std::max(mine[location], static_cast<std::uint16_t>(index));
  if (acquires(order)) join(mine, store.view);
  return store.value;
}

/// **Returns** the oldest store that the current thread may read in this order.
std::size_t Runtime::oldest(LocationId location, std::memory_order order) {
  const std::vector<Store>& stores = memory_[location];
  const std::size_t known = view()[location];
  if (order != std::memory_order_seq_cst) return known;
  std::size_t index = stores.size() - 1;
  while (index > known && !stores[index].is_seq_cst) --index;
  return index;
}

std::uint64_t Runtime::load(LocationId location, std::memory_order order,
                            const std::source_location& site) {
  if (peeks_) return newest(location);
  step();
  const std::memory_order real = effective(order, site);
  const std::size_t last = memory_[location].size() - 1;
  std::size_t back = 0;
  if (is_running_) {
    const std::size_t choices = last - oldest(location, real) + 1;
    back = static_cast<std::size_t>(pick(static_cast<int>(choices), stale_reads_ > 0));
    if (back > 0) --stale_reads_;
  }
  return read(location, last - back, real);
}

void Runtime::store(LocationId location, std::uint64_t value, std::memory_order order,
                    const std::source_location& site) {
  if (peeks_) return;  // a window that is looked at notes what it found
  step();
  const std::memory_order real = effective(order, site);
  View& mine = view();
  mine[location] = static_cast<std::uint16_t>(memory_[location].size());
  memory_[location].push_back({value, View{}, real == std::memory_order_seq_cst});
  Store& next = memory_[location].back();
  if (releases(real)) next.view = mine;
  next.view[location] = mine[location];
  check_invariant();
}

void Runtime::put_over(LocationId location, std::uint64_t value, std::memory_order order) {
  const std::size_t last = memory_[location].size() - 1;
  read(location, last, order);
  View& mine = view();
  mine[location] = static_cast<std::uint16_t>(last + 1);
  std::vector<Store>& stores = memory_[location];
  stores.push_back(stores[last]);  // the release sequence goes on
  Store& next = stores.back();
  next.value = value;
  next.is_seq_cst = order == std::memory_order_seq_cst;
  if (releases(order)) join(next.view, mine);
  next.view[location] = mine[location];
  check_invariant();
}

void Runtime::check_invariant() {
  if (!invariant_) return;
  peeks_ = true;
  invariant_();
  peeks_ = false;
}

bool Runtime::compare_exchange(LocationId location, std::uint64_t& expected, std::uint64_t desired,
                               std::memory_order success, std::memory_order failure, bool may_fail,
                               const std::source_location& site) {
  step();
  const std::memory_order real_success = effective(success, site);
  const std::memory_order real_failure = effective(failure, site, true);
  const std::size_t last = memory_[location].size() - 1;
  const std::size_t read_from = is_running_ ? pick_failure(location, expected, real_failure) : last;
  // Drawn, a weak one fails needlessly one time in four.
  const int ways = options_.strategy == Strategy::depth_first ? 2 : 4;
  const bool differs = memory_[location][read_from].value != expected;
  const bool is_spurious = !differs && may_fail && is_running_ && pick(ways, spurious_ > 0) == 1;
  if (is_spurious) --spurious_;
  if (differs || is_spurious) {
    expected = read(location, read_from, real_failure);
    return false;
  }
  put_over(location, desired, real_success);
  return true;
}

/// **Returns** the store that a compare-exchange reads: the newest, or an older one that differs from what it expects.
/// Where it fails it is a load like any other.
std::size_t Runtime::pick_failure(LocationId location, std::uint64_t expected,
                                  std::memory_order order) {
  const std::vector<Store>& stores = memory_[location];
  const std::size_t last = stores.size() - 1;
  const std::size_t first = oldest(location, order);
  int choices = 1;
  for (std::size_t i = first; i < last; ++i) choices += stores[i].value != expected ? 1 : 0;
  int back = pick(choices, stale_reads_ > 0);
  if (back == 0) return last;
  --stale_reads_;
  std::size_t index = last;
  while (back > 0) back -= stores[--index].value != expected ? 1 : 0;
  return index;
}

// It sleeps until it is notified, not merely until the value has changed: a lost notification is a deadlock.
void Runtime::wait(LocationId location, std::uint64_t old, std::memory_order order,
                   const std::source_location& site) {
  step();
  Thread& self = threads_[static_cast<std::size_t>(current_)];
  while (newest(location) == old) {
    self.waits_for = location;
    const int next = is_running_ ? pick_thread(false) : -1;
    if (next < 0) leave("deadlock: every thread waits");
    switch_to(next);
  }
  read(location, memory_[location].size() - 1, effective(order, site));
}

void Runtime::notify_one(LocationId location) {
  std::array<int, max_threads> waiting{};
  int count = 0;
  for (int i = 1; i <= thread_count_; ++i) {
    if (threads_[static_cast<std::size_t>(i)].waits_for == location)
      waiting[static_cast<std::size_t>(count++)] = i;
  }
  if (count == 0) return;
  const int woken = waiting[static_cast<std::size_t>(pick(count))];
  threads_[static_cast<std::size_t>(woken)].waits_for = -1;
}

}  // namespace explore
