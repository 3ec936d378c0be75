// Explaining what threads saw, see history.hpp.
#include "proof/explore/history.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "proof/model/reference.hpp"

namespace explore {

using breaker::Settled;
using breaker::Ticks;
using breaker::Transition;
using Kind = Operation::Kind;

std::size_t History::begin(const Operation& operation) {
  const unsigned thread = runtime().thread_number();
  entries_.push_back({operation, thread, std::exchange(current_[thread], entries_.size())});
  return entries_.size() - 1;
}

Operation& History::end(std::size_t number) {
  current_[entries_[number].thread] = entries_[number].outer;
  return entries_[number].operation;
}

void History::note_reading(Ticks now) {
  const std::size_t number = current_[runtime().thread_number()];
  if (number == none) return;
  Operation& operation = entries_[number].operation;
  if (!std::exchange(operation.reads_clock, true)) operation.first_now = now;
  operation.now = now;
  if (operation.kind != Kind::reconfigure) return;
  if (operation.readings.empty() || operation.readings.back() != now)
    operation.readings.push_back(now);
}

// ---- the search

/// Operations are carried out on the reference one after the other: first those from before the threads began, then the
/// threads', in every order that keeps each thread's own, then those from after they ended.
class Search {
 public:
  Search(const History& history, const std::vector<Transition>& transitions)
      : history_{history}, transitions_{transitions} {
    for (const auto& entry : history.entries_) {
      const bool is_after = entry.thread == 0 && has_threads();
      auto& program = programs_[is_after ? max_threads : entry.thread];
      for (const Kind kind : steps_of(entry.operation)) {
        program.push_back(entry.operation);
        if (kind == entry.operation.kind) continue;
        program.back().kind = kind;
        program.back().now = entry.operation.first_now;
      }
    }
  }

  bool finds_an_order() { return goes_on(Progress{{first().config, first().policy}}); }

 private:
  static constexpr std::size_t phases = max_threads + 1;
  using Stage = std::pair<std::size_t, std::size_t>;  // programs from … to

  struct Undone {
    bool evidence = false;
    bool wait = false;
    std::uint16_t times = 0;
  };
  struct Progress {
    model::Reference reference;
    std::vector<model::Call> calls{};
    std::array<std::size_t, phases> next{};  // of each program
    Ticks newest = 0;
    std::array<Undone, phases> undone{};  // by each thread's new settings, so far
  };

  [[nodiscard]] const Settings& first() const { return history_.settings_.front(); }

  /// What an answer asks for is noted before its verdict counts. New settings fit the word, clear evidence,
  /// and once they are in force, do so for what happened meanwhile.
  static std::vector<Kind> steps_of(const Operation& operation) {
    using enum Kind;
    if (operation.kind == settle && operation.wait != 0 && !operation.trips) return {ask, settle};
    if (operation.kind == reconfigure)
      return {fit, clear, adopt, fit_again, clear_again, reconfigure};
    return {operation.kind};
  }

  [[nodiscard]] bool has_threads() const {
    for (std::size_t i = 1; i < max_threads; ++i)
      if (!programs_[i].empty()) return true;
    return false;
  }

  bool goes_on(const Progress& before) {
    bool is_over = true;
    for (const auto& [first, last] :
         {Stage{0, 1}, Stage{1, max_threads}, Stage{max_threads, phases}}) {
      for (std::size_t i = first; i < last; ++i) {
        if (before.next[i] == programs_[i].size()) continue;
        is_over = false;
        for (const Ticks now : times_of(programs_[i][before.next[i]], before.newest)) {
          Progress after = before;
          if (agrees(after, i, now) && goes_on(after)) return true;
        }
      }
      if (!is_over) return false;
    }
    return before.reference.moves == transitions_.size();
  }

  /// **Returns** what the clock may have shown. New settings read it several times; what is done again may
  /// have been left to whoever came between.
  static std::vector<Ticks> times_of(const Operation& operation, Ticks newest) {
    std::vector<Ticks> times = operation.readings;
    if (times.empty()) times.push_back(operation.reads_clock ? operation.now : newest);
    if (operation.kind == Kind::fit_again && times.back() != newest) times.push_back(newest);
    return times;
  }

  /// **Returns** whether the reference does what the circuit did.
  bool agrees(Progress& at, std::size_t program, Ticks now) {
    const Operation& operation = programs_[program][at.next[program]++];
    at.newest = std::max(at.newest, now);
    const std::uint64_t moves = at.reference.moves;
    const model::Told told{
        {transitions_.begin() + static_cast<std::ptrdiff_t>(moves), transitions_.end()},
        &operation.rejection};
    at.reference.begin(now, told);
    if (!gives_same_answer(at, operation, now, at.undone[program])) return false;
    const auto& made = at.reference.transitions;
    return moves + made.size() <= transitions_.size() &&
           std::equal(
               made.begin(), made.end(), told.transitions.begin(),
               [&](const auto& a, const auto& b) { return are_same(a, b, counted_later(at)); });
  }

  bool gives_same_answer(Progress& at, const Operation& operation, Ticks now, Undone& undone) {
    model::Reference& reference = at.reference;
    switch (operation.kind) {
      case Kind::acquire: {
        const model::Call call = reference.acquire(now, operation.may_probe);
        at.calls.resize(std::max(at.calls.size(), static_cast<std::size_t>(operation.permit) + 1));
        at.calls[static_cast<std::size_t>(operation.permit)] = call;
        if (call.is_admitted != operation.takes_effect) return false;
        return call.is_admitted ? call.generation == operation.generation
                                : call.rejection == operation.rejection;
      }
      case Kind::ask:
        reference.ask(at.calls[static_cast<std::size_t>(operation.permit)], operation.wait, now);
        return true;
      case Kind::settle: {
        auto& call = at.calls[static_cast<std::size_t>(operation.permit)];
        const Ticks wait = operation.trips ? operation.wait : 0;
        const Settled settled =
            reference.settle(call, operation.verdict, now, wait, operation.trips);
        return settled == operation.settled ||
               (settled == Settled::stale && comes_between(operation, call.generation));
      }
      case Kind::trip: return reference.trip(now) == operation.takes_effect;
      case Kind::trip_for: return reference.trip_for(now, operation.wait) == operation.takes_effect;
      case Kind::retry_in: return reference.retry_in(now, operation.wait) == operation.takes_effect;
      case Kind::force_open:
        reference.put(breaker::State::forced_open, now, breaker::Reason::forced_open);
        return true;
      case Kind::disable:
        reference.put(breaker::State::disabled, now, breaker::Reason::disabled);
        return true;
      case Kind::reset:
        reference.put(breaker::State::closed, now, breaker::Reason::reset);
        return true;
      case Kind::restore: reference.restore(operation.saved, now); return true;
      case Kind::fit:
      case Kind::clear:
      case Kind::adopt:
      case Kind::fit_again:
      case Kind::clear_again:
      case Kind::reconfigure: return reconfigures(reference, operation, now, undone);
      case Kind::look: {
        const breaker::Snapshot shown{operation.state, 0, operation.numbers, 0, 0, 0, 0};
        const auto expected = reference.snapshot(now, shown);
        return expected.state == operation.state && expected.generation == operation.generation &&
               (is_custom() || expected.numbers == operation.numbers);
      }
    }
    return false;
  }

  /// A step of `operation`; `undone`: what the ones before it did.
  static bool reconfigures(model::Reference& reference, const Operation& operation, Ticks now,
                           Undone& undone) {
    const auto& [config, policy] = *operation.settings;
    switch (operation.kind) {
      case Kind::fit:
        undone.wait = reference.fit(config, now, !operation.kept.kept_wait);
        return true;
      case Kind::fit_again:
        // Or who opened it by the old settings sees that they are, and cuts the wait.
        if (reference.fit_again(now)) undone.wait = undone.wait || !operation.kept.kept_wait;
        return true;
      case Kind::clear:
        undone.evidence = !reference.would_keep(policy);
        if (undone.evidence) reference.clear_evidence(now);
        return true;
      case Kind::adopt:
        reference.adopt(config, policy);
        undone.times = reference.times();
        return true;
      case Kind::clear_again:  // unless it was counted too late to be seen
        if (undone.evidence && reference.has_counted(now) && reference.is_told_of_clearing())
          reference.clear_evidence(now);
        return true;
      default: {
        const auto [evidence, wait, times] = std::exchange(undone, {});
        return operation.kept == breaker::Reconfigured{!evidence, !wait, times};
      }
    }
  }

  /// A window records, then the circuit trips. In between others may record, who then come too late to move anything; and
  /// in between a hand may move it, then the failure that would have tripped comes too late.
  [[nodiscard]] bool comes_between(const Operation& operation,
                                   breaker::Generation generation) const {
    if (operation.settled != Settled::counted || !records_apart() ||
        operation.verdict == breaker::Verdict::ignored)
      return false;
    return operation.verdict == breaker::Verdict::failure ||
           (generation < transitions_.size() &&
            transitions_[generation].reason == breaker::Reason::policy);
  }

  [[nodiscard]] bool is_custom() const { return first().policy.rule == model::Rule::surplus; }
  [[nodiscard]] bool records_apart() const { return history_.records_apart_; }

  /// **Returns** how many verdicts are still to come that counted.
  [[nodiscard]] std::uint32_t counted_later(const Progress& at) const {
    std::uint32_t count = 0;
    for (std::size_t i = 1; i < max_threads; ++i) {
      count += static_cast<std::uint32_t>(
          std::count_if(programs_[i].begin() + static_cast<std::ptrdiff_t>(at.next[i]),
                        programs_[i].end(), [](const Operation& one) {
                          return one.kind == Kind::settle && one.settled == Settled::counted;
                        }));
    }
    return count;
  }

  [[nodiscard]] bool are_same(const Transition& made, Transition told, std::uint32_t later) const {
    // Of limits that were replaced meanwhile it tells nothing.
    const bool tells_no_limits = made.reason == breaker::Reason::policy && told.words == nullptr &&
                                 history_.settings_.size() > 1;
    if (tells_no_limits) told.limits = made.limits, told.words = made.words;
    if (is_custom() || may_be_told_of(made, told, later))
      told.numbers = made.numbers, told.limits = made.limits, told.words = made.words;
    return made == told;
  }

  /// What a trip is explained with is summed up after its call was recorded: those that come `later` may be in it, and of
  /// any of several policies another one may stand first.
  [[nodiscard]] bool may_be_told_of(const Transition& made, const Transition& told,
                                    std::uint32_t later) const {
    if (made.reason != breaker::Reason::policy || !records_apart()) return false;
    const auto& parts = first().policy.parts;
    const bool is_of_a_part = std::any_of(parts.begin(), parts.end(), [&](const auto& part) {
      return part.limits == told.limits && part.words == told.words;
    });
    const bool is_same = told.limits == made.limits && told.words == made.words;
    return told.numbers.at[0] - made.numbers.at[0] <= later &&
           (is_of_a_part || (is_same && told.numbers.at[1] - made.numbers.at[1] <= later));
  }

  const History& history_;
  const std::vector<Transition>& transitions_;
  std::array<std::vector<Operation>, phases> programs_;
};

// ---- what was explained before

namespace {

class Mixer {
 public:
  void add(std::uint64_t value) { sum_ = breaker::detail::mix(sum_ ^ value); }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  std::uint64_t sum_ = 1;
};

template <class Name>
std::string to_text(Name name) {
  return std::string{breaker::to_string(name)};
}

void add(Mixer& into, const breaker::Numbers& seen) {
  into.add(std::uint64_t{seen.at[0]} << 40 ^ std::uint64_t{seen.at[1]} << 20 ^ seen.at[2]);
}

}  // namespace

/// Of what each thread did and saw, whatever the order between them.
std::uint64_t History::fingerprint(const std::vector<Transition>& transitions) const {
  std::array<Mixer, max_threads> threads;
  for (const Entry& entry : entries_) {
    const Operation& one = entry.operation;
    Mixer& into = threads[entry.thread];
    into.add(static_cast<std::uint64_t>(one.kind) | static_cast<std::uint64_t>(one.permit) << 8);
    into.add(static_cast<std::uint64_t>(one.verdict) |
             static_cast<std::uint64_t>(one.settled) << 8 | std::uint64_t{one.takes_effect} << 16 |
             std::uint64_t{one.reads_clock} << 17 | std::uint64_t{one.kept.kept_evidence} << 62 |
             std::uint64_t{one.kept.kept_wait} << 63 |
             static_cast<std::uint64_t>(one.rejection.reason) << 18 |
             static_cast<std::uint64_t>(one.state) << 24 | std::uint64_t{one.generation} << 32);
    into.add(static_cast<std::uint64_t>(one.now));
    into.add(static_cast<std::uint64_t>(one.first_now));
    for (const Ticks now : one.readings) into.add(static_cast<std::uint64_t>(now));
    into.add(static_cast<std::uint64_t>(one.wait) ^
             static_cast<std::uint64_t>(one.rejection.retry_after.count()));
    add(into, one.numbers);
  }
  Mixer all;
  for (const Mixer& thread : threads) all.add(thread.sum());
  for (const Transition& one : transitions) {
    all.add(static_cast<std::uint64_t>(one.from) | static_cast<std::uint64_t>(one.to) << 8 |
            static_cast<std::uint64_t>(one.reason) << 16 | std::uint64_t{one.generation} << 32);
    all.add(static_cast<std::uint64_t>(one.at.count()));
    all.add(static_cast<std::uint64_t>(one.open_for.count()));
    add(all, one.numbers);
    for (const std::uint32_t limit : one.limits.at) all.add(limit);
  }
  return all.sum();
}

/// What each thread did and saw, for the message of a failure.
std::string History::in_words() const {
  static constexpr std::array names{"acquire",  "settle",      "trip",    "trip for",
                                    "retry in", "force_open",  "disable", "reset",
                                    "restore",  "reconfigure", "look"};
  std::string text;
  for (unsigned thread = 0; thread < max_threads; ++thread) {
    for (const Entry& entry : entries_) {
      const Operation& one = entry.operation;
      if (entry.thread != thread) continue;
      text += "\n    thread " + std::to_string(thread) + ": " +
              names[static_cast<std::size_t>(one.kind)];
      if (one.permit >= 0) text += " permit " + std::to_string(one.permit);
      if (one.reads_clock) text += " at " + std::to_string(one.now) + " ns";
      if (one.kind == Kind::acquire)
        text += one.takes_effect ? ", admitted in " + std::to_string(one.generation)
                                 : ", refused: " + to_text(one.rejection.reason);
      if (!one.may_probe) text += ", never a probe";
      if (one.wait != 0) text += " " + std::to_string(one.wait) + " ns";
      if (one.kind == Kind::settle)
        text += " as " + to_text(one.verdict) + ", " + to_text(one.settled);
      if (one.kind == Kind::look)
        text += ", " + to_text(one.state) + " in " + std::to_string(one.generation) + ", " +
                std::to_string(one.numbers.at[0]) + " of " + std::to_string(one.numbers.at[1]) +
                " counted";
      if (one.kind == Kind::reconfigure)
        text += std::string{", evidence "} + (one.kept.kept_evidence ? "kept" : "cleared") +
                ", wait " + (one.kept.kept_wait ? "kept" : "cut");
    }
  }
  return text;
}

std::string History::explain(const std::vector<Transition>& transitions) {
  static std::uint64_t program = 0;
  static std::unordered_set<std::uint64_t> explained;
  if (std::exchange(program, runtime().program()) != runtime().program()) explained.clear();
  const std::uint64_t print = fingerprint(transitions);
  if (explained.contains(print)) return "";
  if (!Search{*this, transitions}.finds_an_order())
    return "no order of the operations explains what the threads saw:" + in_words();
  explained.insert(print);
  return "";
}

}  // namespace explore
