// The machine that the explorer runs programs on: fibers for threads, a memory that may answer with old values, and one
// source of choices for everything that is left open.
#pragma once

#include <setjmp.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace explore {

using LocationId = std::uint16_t;

/// Where an atomic keeps which location of the current execution it is.
struct Place {
  std::uint64_t execution = 0;
  LocationId id = 0;
};

inline constexpr int max_locations = 96;
inline constexpr int max_threads = 5;  // 0 is the one that sets up and checks

/// For each location, the newest store that is known: index into its modification order.
using View = std::array<std::uint16_t, max_locations>;

/// One memory order in the source: that of an operation, or of a compare-exchange that fails.
struct SiteKey {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  bool is_of_failure = false;
  std::memory_order order = std::memory_order_relaxed;
  friend auto operator<=>(const SiteKey&, const SiteKey&) = default;
};

enum class Strategy : std::uint8_t { depth_first, random, priorities, replay };

struct Options {
  Strategy strategy = Strategy::depth_first;
  int preemptions = 2;           // depth first: switches away from a thread that could go on
  int stale_reads = 2;           // depth first: loads that do not read the newest store
  int spurious_failures = 1;     // weak compare-exchanges that fail though they need not
  std::uint64_t executions = 0;  // at most so many; 0: until exhausted (depth first only)
  std::uint64_t seed = 1;
  std::vector<int> replay{};          // the choices of the one execution to replay
  const SiteKey* weakened = nullptr;  // take this order …
  std::memory_order weakened_to = std::memory_order_relaxed;  // … for this one
  bool counts_orders = false;                                 // see ordered_sites()
};

struct Result {
  std::uint64_t executions = 0;
  bool exhausted = false;
  std::string failure;       // empty: none
  std::vector<int> choices;  // of the failing execution
};

class Run;
using Scenario = std::function<void(Run&)>;

/// Run `scenario` again and again, each time with other choices, until one fails, none is left, or the limit is reached.
Result explore(const Scenario& scenario, const Options& options);

/// **Returns** all orders stronger than relaxed that were used so far where Options::counts_orders, and how often.
const std::map<SiteKey, std::uint64_t>& ordered_sites();

class Runtime {
 public:
  Result run(const Scenario& scenario, const Options& options);

  LocationId locate(Place& place, std::uint64_t initial) {
    if (place.execution != execution_) add_location(place, initial);
    return place.id;
  }
  std::uint64_t load(LocationId location, std::memory_order order,
                     const std::source_location& site);
  void store(LocationId location, std::uint64_t value, std::memory_order order,
             const std::source_location& site);
  template <class Change>
  std::uint64_t modify(LocationId location, std::memory_order order,
                       const std::source_location& site, const Change& change) {
    step();
    const std::uint64_t old = newest(location);
    put_over(location, change(old), effective(order, site));
    return old;
  }
  bool compare_exchange(LocationId location, std::uint64_t& expected, std::uint64_t desired,
                        std::memory_order success, std::memory_order failure, bool may_fail,
                        const std::source_location& site);
  void wait(LocationId location, std::uint64_t old, std::memory_order order,
            const std::source_location& site);
  void notify_one(LocationId location);

  /// **Returns** the number of the program that is being explored, with these options.
  [[nodiscard]] std::uint64_t program() const { return program_; }
  [[nodiscard]] unsigned thread_number() const { return static_cast<unsigned>(current_); }

  /// **Returns** one of 0 … count − 1, each of which will be tried.
  int choose(int count);

  /// Fail this execution, unless `holds`.
  void check(bool holds, std::string_view claim) {
    if (!holds) fail(claim);
  }

 private:
  friend Run;

  struct Store {
    std::uint64_t value;
    View view;  // what an acquire load of it learns
    bool is_seq_cst = false;
  };
  struct Thread {
    jmp_buf place;  // where it stopped
    bool has_begun = false;
    std::unique_ptr<char[]> stack;
    std::function<void()> body;
    View view{};
    bool is_alive = false;
    int waits_for = -1;  // location, or -1
    int priority = 0;
    // The C++ runtime's notion of exceptions in flight belongs to a thread: each fiber has its own.
    void* caught = nullptr;
    unsigned uncaught = 0;
  };
  enum class Kind : std::uint8_t { thread, other };

  void in_main(const std::function<void()>& part);
  static void enter(unsigned high, unsigned low);

  void reset(const Options& options);
  void add_location(Place& place, std::uint64_t initial);
  void fail(std::string_view claim);
  void run_threads();
  void draw_priorities();
  void step();                     // a scheduling point
  int pick_thread(bool may_stay);  // the thread to go on with, or -1
  void switch_to(int thread);
  [[noreturn]] void resume(Thread& thread);
  [[nodiscard]] bool can_run(int thread) const;
  [[nodiscard]] std::uint64_t newest(LocationId location) const {
    return memory_[location].back().value;
  }
  [[nodiscard]] View& view() { return threads_[static_cast<std::size_t>(current_)].view; }
  static void join(View& into, const View& from);
  void put_over(LocationId location, std::uint64_t value, std::memory_order order);
  std::uint64_t read(LocationId location, std::size_t index, std::memory_order order);
  [[nodiscard]] std::size_t oldest(LocationId location, std::memory_order order);
  std::size_t pick_failure(LocationId location, std::uint64_t expected, std::memory_order order);
  void check_invariant();
  std::memory_order effective(std::memory_order order, const std::source_location& site,
                              bool is_of_failure = false);
  int pick(int count, bool is_allowed = true);
  void write_down(int picked, int count);
  bool next_choices();
  [[noreturn]] void leave(std::string_view failure);

  Options options_;
  std::uint64_t program_ = 0;
  std::uint64_t execution_ = 0;
  std::vector<std::vector<Store>> memory_;
  std::size_t locations_ = 0;
  std::vector<Thread> threads_ = std::vector<Thread>(max_threads);
  int thread_count_ = 0;
  int current_ = 0;
  int steps_ = 0;
  int preemptions_ = 0;
  int stale_reads_ = 0;
  int spurious_ = 0;
  bool is_running_ = false;  // threads run; before and after that there are no choices
  std::string failure_;

  struct Choice {
    int picked;
    int count;
  };
  std::vector<Choice> choices_;
  std::size_t next_choice_ = 0;
  std::mt19937_64 random_;
  std::map<int, int> change_points_;  // at this step, down to this priority
  int longest_ = 1;                   // steps, of any execution of this program
  std::function<void()> invariant_;
  bool peeks_ =
      false;  // loads read the newest, are no steps and teach nothing; stores are not made
};

extern Runtime the_runtime;
inline Runtime& runtime() { return the_runtime; }

/// What a scenario builds its program with.
class Run {
 public:
  explicit Run(Runtime& machine) : runtime_{machine} {}

  /// **Returns** an object that lives as long as the execution.
  template <class T, class... Args>
  T& make(Args&&... args) {
    auto object = std::make_shared<T>(std::forward<Args>(args)...);
    T& reference = *object;
    kept_.push_back(std::move(object));
    return reference;
  }

  /// Add a thread. They start when the scenario returns.
  void thread(std::function<void()> body) {
    runtime_.threads_[static_cast<std::size_t>(++runtime_.thread_count_)].body = std::move(body);
  }

  /// Check when all threads have ended; it sees all that they did. The last one added runs first.
  void finally(std::function<void()> check) { finally_.push_back(std::move(check)); }

  /// Check after each store. What `holds` loads is the newest value.
  void invariant(std::function<void()> holds) { runtime_.invariant_ = std::move(holds); }

  void check(bool holds, std::string_view claim) { runtime_.check(holds, claim); }
  int choose(int count) { return runtime_.choose(count); }

 private:
  friend Runtime;
  Runtime& runtime_;
  std::vector<std::shared_ptr<void>> kept_;
  std::vector<std::function<void()>> finally_;
};

}  // namespace explore
