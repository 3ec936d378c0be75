// Random operations on a registry and on a plain list of circuits, compared after each step.
//   keys_test [--operations N] [--seed N]
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "proof/model/keys.hpp"

namespace {

using namespace model;
using namespace std::chrono_literals;

/// One step. What its numbers mean depends on the kind.
struct Step {
  enum Kind : std::uint8_t {
    acquire,
    acquire_by_handle,
    settle,
    command,
    command_by_handle,
    find,
    erase,
    sweep,
    pass,
    reconfigure,
    take_handle,
    copy_handle,
  };
  Kind kind;
  std::uint32_t key;  // or permit, or handle
  std::uint32_t what;
};
constexpr std::array kind_names{"acquire",
                                "acquire by handle",
                                "settle",
                                "command",
                                "command by handle",
                                "find",
                                "erase",
                                "sweep",
                                "pass",
                                "reconfigure",
                                "take handle",
                                "copy handle"};
using Trace = std::vector<Step>;

/// How often what came up that must come up often.
struct Work {
  std::uint64_t operations = 0;
  std::uint64_t evicted = 0;
  std::uint64_t overflowed = 0;
  std::uint64_t swept = 0;
  std::uint64_t late = 0;
  std::uint64_t reconfigured = 0;
  std::uint64_t opened = 0;
};

/// Hears of the registry's circuits.
struct Ear {
  Heard* heard;
  void operator()(std::string_view key, const Transition& it) const {
    (*heard)[std::string{key}].push_back(in_words(it));
  }
  void on_refused(std::string_view key, const Rejection& it) const {
    (*heard)[std::string{key}].push_back(in_words(it));
  }
};

template <class Policy>
struct Kind;
template <>
struct Kind<ConsecutiveFailures> {
  static constexpr const char* name = "rows of failures";
  static ConsecutiveFailures policy(std::uint32_t draw) {
    return ConsecutiveFailures{1 + static_cast<int>(draw % 3)};
  }
};
using Share = decltype(FailureRate{last_calls<8>(), {percent(50), 2}});
template <>
struct Kind<Share> {
  static constexpr const char* name = "shares of the last calls";
  static Share policy(std::uint32_t draw) {
    return Share{last_calls<8>(), {percent(30 + static_cast<int>(draw % 3) * 30), 2}};
  }
};

/// Keys of every kind of label: short, of two halves that meet, with a tail; two of each length, some the
/// beginning of others.
std::string key_of(std::uint32_t number) {
  constexpr std::array<std::size_t, 9> lengths{0, 3, 8, 12, 16, 31, 32, 33, 150};
  const std::size_t length = lengths[number / 2 % lengths.size()];
  std::string key(length, 'a');
  if (length > 0 && number % 2 == 1) key[length / 2] = 'b';
  return key;
}

/// A registry and the list beside it.
template <class Policy>
class Pair {
  using Circuits = RegistryOf<ManualClock, Policy, Ear>;
  using Permit = typename Circuits::Permit;
  using Handle = decltype(std::declval<Circuits&>().handle(""));
  using Owned = typename Keys<Policy>::Owned;

 public:
  explicit Pair(std::uint64_t seed)
      : random_{static_cast<std::uint32_t>(seed)},
        capacity_{1 + draw(5)},
        key_count_{capacity_ + 1 + draw(5)},
        first_key_{draw(18)},
        settings_{draw_settings()},
        circuits_{settings_, clock_, Kind<Policy>::policy(0), Ear{&heard_}},
        list_{settings_, Kind<Policy>::policy(0), clock_} {}

  /// **Returns** what differs after `step`, nothing if nothing does.
  std::string take(const Step& step) {
    switch (step.kind) {
      case Step::acquire: acquire(step); break;
      case Step::acquire_by_handle: acquire_by_handle(step); break;
      case Step::settle: settle(step); break;
      case Step::command: command(step); break;
      case Step::command_by_handle: command_by_handle(step); break;
      case Step::find: find(step); break;
      case Step::erase: same(circuits_.erase(key(step)), list_.erase(key(step)), "erase()"); break;
      case Step::sweep: sweep(); break;
      case Step::pass:
        clock_.advance(std::array<Duration, 5>{1ms, 500ms, 1s, 3s, 20s}[step.what % 5]);
        break;
      case Step::reconfigure: reconfigure(step); break;
      case Step::take_handle: take_handle(step); break;
      case Step::copy_handle: copy_handle(step); break;
    }
    compare();
    return list_.complaint;
  }

  void add_to(Work& work) const {
    work.evicted += list_.evicted;
    work.overflowed += list_.overflowed;
    work.late += list_.late;
    work.swept += swept_;
    work.reconfigured += reconfigured_;
    work.opened += opened_;
  }

 private:
  struct Held {
    Permit real;
    typename Owner<Policy>::Circuit::Permit listed;
    Owned owner;
  };

  // ---- drawing

  int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  Config draw_config() {
    Config config;
    if (draw(2) == 0) {
      config.open_for = Backoff{.first = 1s, .factor = 2, .max = 8s};
    } else {
      config.open_for = std::chrono::seconds{1 + draw(3)};
    }
    config.probes = 1 + draw(2);
    return config;
  }
  SettingsFor<Policy> draw_for(std::string key) {
    SettingsFor<Policy> one{.key = std::move(key), .config = draw_config()};
    if (draw(2) == 0) one.policy = Kind<Policy>::policy(static_cast<std::uint32_t>(draw(3)));
    return one;
  }
  RegistrySettings<Policy> draw_settings() {
    RegistrySettings<Policy> settings;
    settings.capacity = capacity_;
    settings.overflow_key = overflow_key;
    settings.seed = 1;
    settings.when_full = draw(4) == 0 ? WhenFull::overflow : WhenFull::evict;
    settings.config = draw_config();
    if (draw(2) == 0) settings.policy = Kind<Policy>::policy(static_cast<std::uint32_t>(draw(3)));
    for (int left = draw(3); left > 0; --left)
      settings.for_key.push_back(draw_for(key(static_cast<std::uint32_t>(draw(key_count_ + 1)))));
    for (int left = draw(4); left > 0; --left)
      settings.for_prefix.push_back(draw_for(std::string(static_cast<std::size_t>(draw(14)), 'a')));
    return settings;
  }

  // ---- steps

  std::string key(std::uint32_t number) const {
    number %= static_cast<std::uint32_t>(key_count_ + 1);
    if (number == static_cast<std::uint32_t>(key_count_)) return overflow_key;
    return key_of(number + static_cast<std::uint32_t>(first_key_));
  }
  std::string key(const Step& step) const { return key(step.key); }
  Owned asked(const std::string& key) { return list_.ask(key, keys_left()); }

  void hold(Permit real, const Owned& owner) {
    Held held{std::move(real), owner->circuit.try_acquire(), owner};
    same(static_cast<bool>(held.real), static_cast<bool>(held.listed), "whether it admits");
    same(held.real.is_probe(), held.listed.is_probe(), "whether it is a probe");
    if (!held.real) return;
    held_.push_back(std::move(held));
    if (held_.size() <= 8) return;
    const Owned dropped = held_.front().owner;
    held_.erase(held_.begin());
    list_.note_settled(*dropped);
  }
  void acquire(const Step& step) {
    const std::string name = key(step);
    const std::size_t cut = step.what % (name.size() + 1);
    Permit real = step.what % 2 == 0
                      ? circuits_.of(name).try_acquire()
                      : circuits_.of({name.substr(0, cut), name.substr(cut)}).try_acquire();
    hold(std::move(real), asked(name));
  }
  void acquire_by_handle(const Step& step) {
    if (handles_.empty()) return;
    const Handle& handle = *handles_[step.key % handles_.size()];
    Permit real = handle.try_acquire();
    hold(std::move(real), asked(std::string{handle.key()}));
  }

  void settle(const Step& step) {
    if (held_.empty()) return;
    const auto place = held_.begin() + static_cast<std::ptrdiff_t>(step.key % held_.size());
    Held held = std::move(*place);
    held_.erase(place);
    // Failures more often than not, or few circuits open.
    constexpr std::array verdicts{Verdict::failure, Verdict::failure, Verdict::failure,
                                  Verdict::success, Verdict::success, Verdict::ignored};
    const Verdict verdict = verdicts[step.what % verdicts.size()];
    const Settled real = held.real.settle(verdict);
    same(real == held.listed.settle(verdict), true, "what became of a verdict");
    list_.note_settled(*held.owner);
  }

  /// **Returns** what the command answers; of a look the state.
  static int obey(auto&& circuit, std::uint32_t what) {
    using Circuit = decltype(circuit);
    auto&& it = std::forward<Circuit>(circuit);
    switch (what % 10) {
      case 0: return std::forward<Circuit>(it).trip() ? 1 : 0;
      case 1: return std::forward<Circuit>(it).trip(5s) ? 1 : 0;
      case 2: return std::forward<Circuit>(it).retry_in(1s) ? 1 : 0;
      case 3: return std::forward<Circuit>(it).force_open(), 0;
      case 4: return std::forward<Circuit>(it).disable(), 0;
      case 5:
      case 6: return std::forward<Circuit>(it).reset(), 0;
      default: return static_cast<int>(std::forward<Circuit>(it).state());
    }
  }
  void command(const Step& step) {
    const std::string name = key(step);
    const int real = obey(circuits_.of(name), step.what);
    same(real, obey(asked(name)->circuit, step.what), "what a command answers");
  }
  void command_by_handle(const Step& step) {
    if (handles_.empty()) return;
    const Handle& handle = *handles_[step.key % handles_.size()];
    const std::string name{handle.key()};
    const Owned there = list_.find(name);
    const Asked before = there != nullptr ? there->asked : Asked::yes;
    const int real = obey(handle, step.what);
    const Owned owner = asked(name);
    // A handle that is good looks no key up, and asks only by calling.
    if (before != Asked::yes) owner->asked = Asked::maybe;
    same(real, obey(owner->circuit, step.what), "what a command by a handle answers");
  }

  void find(const Step& step) {
    const std::string name = key(step);
    const auto seen = circuits_.find(name);
    Owned listed = list_.find(name);
    if (listed != nullptr) listed->asked = Asked::yes;
    same(seen.has_value(), listed != nullptr || name == overflow_key, "find()");
    if (seen && listed != nullptr) same(seen->state() == listed->circuit.state(), true, "a view");
  }

  void sweep() {
    const std::size_t gone = circuits_.sweep();
    same(gone, list_.sweep(keys_left()), "sweep()");
    swept_ += gone;
  }

  void reconfigure(const Step& step) {
    random_.seed(step.what);
    settings_ = draw_settings();
    const RegistryReconfigured sum = circuits_.reconfigure(settings_);
    same(sum == list_.reconfigure(settings_), true, "what reconfigure() kept");
    reconfigured_ += sum.changed;
  }

  void take_handle(const Step& step) {
    if (handles_.size() == 4) handles_.erase(handles_.begin());
    const std::string name = key(step);
    handles_.emplace_back(new Handle(circuits_.handle(name)));  // in place: a copy asks again
    asked(name);
  }
  void copy_handle(const Step& step) {
    if (handles_.empty()) return;
    Handle& to = *handles_[step.what % handles_.size()];
    to = *handles_[step.key % handles_.size()];
    asked(std::string{to.key()});
  }

  // ---- comparing

  std::vector<std::string> keys_left() const {
    std::vector<std::string> keys;
    circuits_.for_each([&](std::string_view key, const auto&) { keys.emplace_back(key); });
    return keys;
  }

  template <class T>
  void same(const T& real, const T& listed, const std::string& what) {
    if (!(real == listed))
      list_.complain(what + " is " + std::to_string(real) + ", by the list " +
                     std::to_string(listed));
  }

  /// Numbers of stays go on in a place that has a new owner.
  static Snapshot without_stay(Snapshot seen) {
    seen.generation = {};
    return seen;
  }
  static Transition without_stay(Transition seen) {
    seen.generation = {};
    return seen;
  }
  void compare(const std::string& key, const auto& seen, const Owner<Policy>& owner) {
    same(without_stay(seen.snapshot()) == without_stay(owner.circuit.snapshot()), true,
         "the snapshot of " + key);
    same(without_stay(seen.why()) == without_stay(owner.circuit.why()), true, "why() of " + key);
    same(seen.policy() == owner.circuit.policy(), true, "the policy of " + key);
  }
  void compare() {
    std::size_t visited = 0;
    circuits_.for_each([&](std::string_view name, const auto& seen) {
      const std::string key{name};
      const Owned owner = list_.find(key);
      if (owner == nullptr) return list_.complain(key + " is not in the list");
      compare(key, seen, *owner);
      ++visited;
    });
    compare("the overflow circuit", circuits_.overflow(), list_.overflow());
    same(visited, list_.owners().size(), "how many are visited");
    same(circuits_.size(), list_.owners().size(), "size()");
    same(circuits_.made(), list_.made, "made()");
    same(circuits_.evicted(), list_.evicted, "evicted()");
    same(circuits_.overflowed(), list_.overflowed, "overflowed()");
    same(circuits_.late(), list_.late, "late()");
    same(circuits_.summary() == list_.summary(), true, "summary()");
    if (heard_ != list_.heard)
      list_.complain("the registry tells" + in_words(heard_) + ", the list" +
                     in_words(list_.heard));
    for (const auto& [key, all] : heard_)
      opened_ += static_cast<std::uint64_t>(std::ranges::count_if(
          all, [](const std::string& what) { return what.find("(policy") != what.npos; }));
    heard_.clear();
    list_.heard.clear();
  }

  static constexpr const char* overflow_key = "aaaa, and others";

  std::mt19937 random_;
  const int capacity_;
  const int key_count_;
  const int first_key_;
  RegistrySettings<Policy> settings_;
  ManualClock clock_;
  Heard heard_;
  Circuits circuits_;
  Keys<Policy> list_;
  std::vector<std::unique_ptr<Handle>> handles_;
  std::vector<Held> held_;
  std::uint64_t swept_ = 0;
  std::uint64_t reconfigured_ = 0;
  std::uint64_t opened_ = 0;
};

// ---- traces

Step::Kind draw_kind(std::mt19937& random) {
  constexpr std::array weights{12u, 6u, 14u, 4u, 2u, 2u, 3u, 2u, 5u, 1u, 2u, 1u};  // as in Kind
  auto left = static_cast<unsigned>(random()) % std::accumulate(weights.begin(), weights.end(), 0u);
  int kind = 0;
  while (left >= weights[static_cast<std::size_t>(kind)])
    left -= weights[static_cast<std::size_t>(kind++)];
  return static_cast<Step::Kind>(kind);
}

Trace draw_trace(std::uint64_t seed) {
  std::mt19937 random{static_cast<std::uint32_t>(seed)};
  // Of few steps, too: what they show is soon read.
  Trace trace(static_cast<std::size_t>(8 + seed % 73));
  for (Step& step : trace) {
    step.kind = draw_kind(random);
    step.key = static_cast<std::uint32_t>(random());
    step.what = static_cast<std::uint32_t>(random());
  }
  return trace;
}

/// **Returns** what differs, after the step before which `taken` were, nothing if nothing does.
template <class Policy>
std::string run(std::uint64_t seed, const Trace& trace, Work& work, std::size_t& taken) {
  Pair<Policy> pair{seed};
  for (taken = 0; taken < trace.size(); ++taken) {
    if (std::string differs = pair.take(trace[taken]); !differs.empty()) return differs;
  }
  work.operations += trace.size();
  pair.add_to(work);
  return {};
}

/// Leave out of `trace` whatever it differs without.
template <class Policy>
void shorten(std::uint64_t seed, Trace& trace) {
  Work work;
  std::size_t taken = 0;
  for (std::size_t i = trace.size(); i-- > 0;) {
    Trace shorter = trace;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
    if (run<Policy>(seed, shorter, work, taken).empty()) continue;
    shorter.resize(taken + 1);
    trace = std::move(shorter);
    i = trace.size();
  }
}

template <class Policy>
void show(std::uint64_t seed, Trace trace) {
  Work work;
  std::size_t taken = 0;
  shorten<Policy>(seed, trace);
  std::printf("The shortest trace of seed %llu:\n", static_cast<unsigned long long>(seed));
  for (std::size_t i = 0; i < trace.size(); ++i)
    std::printf("  %zu. %s %u %u\n", i + 1, kind_names[trace[i].kind], trace[i].key, trace[i].what);
  std::printf("  %s\n", run<Policy>(seed, trace, work, taken).c_str());
}

bool require(std::uint64_t times, std::uint64_t least, const char* what) {
  std::printf("  %9llu %s\n", static_cast<unsigned long long>(times), what);
  if (times < least) std::printf("FAILED: seldom %s\n", what);
  return times >= least;
}

template <class Policy>
bool agree(std::uint64_t operations, std::uint64_t seed) {
  Work work;
  for (std::uint64_t i = 0; work.operations < operations; ++i) {
    Trace trace = draw_trace(seed + i);
    std::size_t taken = 0;
    const std::string differs = run<Policy>(seed + i, trace, work, taken);
    if (differs.empty()) continue;
    std::printf("FAILED: %s: %s\n", Kind<Policy>::name, differs.c_str());
    trace.resize(taken + 1);
    show<Policy>(seed + i, std::move(trace));
    return false;
  }
  const std::uint64_t enough = work.operations / 1000;
  bool ok = require(work.opened, enough, "opened by a policy");
  ok &= require(work.evicted, enough, "evicted");
  ok &= require(work.overflowed, enough, "sent to the overflow circuit");
  ok &= require(work.swept, enough, "swept away");
  ok &= require(work.late, enough, "late");
  ok &= require(work.reconfigured, enough, "given new settings");
  std::printf("%s: a registry of %s (%llu operations)\n", ok ? "agrees" : "FAILED",
              Kind<Policy>::name, static_cast<unsigned long long>(work.operations));
  return ok;
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t operations = 200'000;
  std::uint64_t seed = 1;
  CLI::App app{"Compares a registry with a plain list of circuits"};
  app.add_option("--operations", operations, "How many, of each policy")->capture_default_str();
  app.add_option("--seed", seed, "Of the first trace; the next have the next ones")
      ->capture_default_str();
  CLI11_PARSE(app, count, arguments);

  bool ok = agree<ConsecutiveFailures>(operations, seed);
  ok &= agree<Share>(operations, seed);
  std::printf("%s, seed %llu\n", ok ? "All agree" : "FAILED",
              static_cast<unsigned long long>(seed));
  return ok ? 0 : 1;
}
