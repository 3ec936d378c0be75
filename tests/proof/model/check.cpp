#include "proof/model/check.hpp"

#include <list>
#include <sstream>
#include <utility>

#include "proof/model/circuits.hpp"
#include "proof/model/reference.hpp"

namespace model {

namespace {

template <class Row>
std::string row_to_text(const Row& row) {
  std::string text;
  for (const auto value : row.at) text += (text.empty() ? "" : "/") + std::to_string(value);
  return text;
}
std::string to_text(const Numbers& numbers) { return row_to_text(numbers); }
std::string to_text(const Limits& limits) { return row_to_text(limits); }

std::string to_text(const Transition& change) {
  std::ostringstream out;
  out << to_string(change.from) << " -> " << to_string(change.to) << ' ' << to_string(change.reason)
      << ", generation " << change.generation << ", at " << change.at.count() << ", open for "
      << change.open_for.count() << " ms, numbers " << to_text(change.numbers) << ", limits "
      << to_text(change.limits) << " of " << (change.words != nullptr ? change.words->rule : "none")
      << (change.has_numbers ? "" : ", no numbers");
  return out.str();
}

std::string to_text(const Reconfigured& kept) {
  return std::string{"evidence "} + (kept.kept_evidence ? "kept" : "cleared") + ", wait " +
         (kept.kept_wait ? "kept" : "cut") + ", for the " + std::to_string(kept.times) + ". time";
}

std::string to_text(const Answer& answer) {
  std::ostringstream out;
  out << (answer.yes ? "yes" : "no") << ", generation " << answer.generation << ", "
      << to_string(answer.settled) << ", ending " << static_cast<int>(answer.ending);
  if (answer.rejection) {
    out << ", refused: " << to_string(answer.rejection->reason) << ", retry after "
        << answer.rejection->retry_after.count() << " ns, generation "
        << answer.rejection->generation;
  }
  if (answer.kept) out << ", " << to_text(*answer.kept);
  if (answer.told_kept) out << ", told: " << to_text(*answer.told_kept);
  return out.str();
}

std::string to_text(const Snapshot& seen) {
  std::ostringstream out;
  out << to_string(seen.state) << ", generation " << seen.generation << ", numbers "
      << to_text(seen.numbers) << ", transitions " << seen.transitions << ", refused "
      << seen.refused << ", stale " << seen.stale << ", listener errors " << seen.listener_errors;
  return out.str();
}

std::string to_text(const CallTotals& totals) {
  std::ostringstream out;
  out << "admitted " << totals.admitted << ", succeeded " << totals.succeeded << ", failed "
      << totals.failed << ", ignored " << totals.ignored << ", stale " << totals.stale
      << ", refused " << totals.refused;
  return out.str();
}

std::string to_text(bool yes) { return yes ? "yes" : "no"; }
std::string to_text(State state) { return to_string(state); }
std::string to_text(const Saved& saved) { return model::to_text(saved); }

bool is_same(const CallTotals& a, const CallTotals& b) {
  return a.admitted == b.admitted && a.succeeded == b.succeeded && a.failed == b.failed &&
         a.ignored == b.ignored && a.stale == b.stale && a.refused == b.refused;
}
template <class T>
bool is_same(const T& a, const T& b) {
  return a == b;
}

/// A real circuit and the reference, side by side.
class Pair {
 public:
  Pair(const Bytes& trace, Work& work, std::vector<Transition>* history = nullptr)
      : trace_{trace},
        work_{work},
        history_{history},
        setup_{setup_of(trace)},
        policies_{circuit_kind(setup_.circuit).policy(setup_)},
        circuit_{circuit_kind(setup_.circuit).make(setup_)},
        reference_{setup_.config, policies_.back()} {
    note(compare_limits());
  }

  /// **Returns** where they first differ; "": they do not.
  std::string run() {
    while (next_ < operations_of(trace_) && what_.empty()) perform();
    return what_;
  }

 private:
  using Kind = Operation::Kind;

  /// Perform the next operation, and those that happen in it.
  void perform() {
    Operation operation = operation_of(trace_, next_++, setup_);
    if (operation.kind == Kind::save) kept_ = circuit_->view().saved;
    if (operation.kind == Kind::restore) operation.saved = kept_;
    if (operation.kind == Kind::linger) return linger(operation);
    perform(operation);
  }

  void perform(const Operation& operation) {
    ++work_.operations;
    const Ticks began = circuit_->now();
    if (operation.kind == Kind::call) return call(operation, began);
    if (operation.kind == Kind::reconfigure) return reconfigure(operation, began);
    const Answer answer = circuit_->perform(operation, {});
    hear(answer.rejection, began);
    if (operation.kind == Kind::trip && answer.yes) note_draw();
    const Answer expected = perform_plainly(operation, began);
    note(compare("the answer", answer, expected));
    compare_all();
  }

  void reconfigure(const Operation& operation, Ticks now) {
    const Answer answer = circuit_->perform(operation, {});
    hear({}, now);
    if (operation.with_policy)
      policies_.push_back(circuit_kind(setup_.circuit).policy(*operation.settings));
    const Reconfigured kept = reference_.reconfigure(operation.settings->config, policies_.back(),
                                                     now, answer.kept.value_or(Reconfigured{}));
    ++work_.reconfigured[(kept.kept_evidence ? 0u : 1u) + (kept.kept_wait ? 0u : 2u)];
    note(compare("the answer", answer, Answer{.kept = kept, .told_kept = kept}));
    note(compare_limits());
    compare_all();
  }

  /// Once in a trace: it takes long.
  void linger(Operation operation) {
    if (std::exchange(lingered_, true)) return;
    for (int i = 0; i < lingers && what_.empty(); ++i) {
      for (const Kind kind : {Kind::advance, Kind::acquire}) {
        operation.kind = kind;
        perform(operation);
      }
    }
  }

  /// A call is two operations of the reference: it begins, and is settled when its function ends.
  void call(const Operation& operation, Ticks began) {
    Call call;
    const auto meanwhile = [&] {
      hear({}, began);
      call = reference_.acquire(began, operation.may_probe);
      reference_.enter(call);
      compare_all();
      for (std::size_t i = 0; i < operation.within && next_ < operations_of(trace_); ++i)
        if (what_.empty()) perform();
      reference_.leave();
    };
    const Answer answer = circuit_->perform(operation, meanwhile);
    if (!what_.empty()) return;
    const Ticks ended = circuit_->now();
    hear(answer.rejection, answer.yes ? ended : began);
    if (!answer.yes) call = reference_.acquire(began, operation.may_probe);
    const Verdict verdict = operation.throws ? Verdict::failure : operation.verdict;
    reference_.settle(call, verdict, ended, operation.throws ? 0 : operation.retry_after,
                      operation.trips && !operation.throws);
    note(compare("the answer", answer, answer_of(operation, call, verdict)));
    compare_all();
  }

  static Answer answer_of(const Operation& operation, const Call& call, Verdict verdict) {
    using Ending = Answer::Ending;
    using Fallback = Operation::Fallback;
    const Fallback fallback = operation.fallback;
    if (!call.is_admitted) {
      Answer answer{.ending = fallback == Fallback::none ? Ending::refused : Ending::fallback};
      if (fallback < Fallback::plain) answer.rejection = call.rejection;  // the rest hears no why
      return answer;
    }
    const bool falls_back = fallback >= Fallback::no_result && verdict == Verdict::failure;
    return {.yes = true,
            .ending = falls_back         ? Ending::fallback
                      : operation.throws ? Ending::threw
                                         : Ending::result};
  }

  /// The reference is to begin an operation at `now`, and may ask what the circuit told of it.
  void hear(const std::optional<Rejection>& rejection, Ticks now) {
    told_.transitions = circuit_->told();
    rejection_ = rejection.value_or(Rejection{});
    told_.rejection = rejection ? &rejection_ : nullptr;
    reference_.begin(now, told_);
    for (const Transition& change : told_.transitions) {
      ++work_.edges[{change.from, change.to, change.reason}];
      if (history_ != nullptr) history_->push_back(change);
    }
  }

  Answer perform_plainly(const Operation& operation, Ticks now) {
    Call& call = calls_[operation.slot];
    Call& other = calls_[operation.other];
    switch (operation.kind) {
      case Kind::acquire: {
        reference_.drop(call, now,
                        operation.is_within ? reference_.acquire_within(other, now)
                                            : reference_.acquire(now, operation.may_probe));
        return {call.is_admitted, call.generation, call.rejection};
      }
      case Kind::settle:
        return {.yes = call.is_admitted,
                .settled = reference_.settle(call, operation.verdict, now, operation.retry_after,
                                             operation.trips)};
      case Kind::call:
      case Kind::reconfigure: return {};  // see above
      case Kind::drop: reference_.drop(call, now); return {};
      case Kind::if_dropped: call.if_dropped = operation.verdict; return {};
      case Kind::move:
        if (&call != &other) reference_.drop(other, now, std::exchange(call, {}));
        return {};
      case Kind::swap: std::swap(call, other); return {};
      case Kind::linger:
      case Kind::advance: return {};
      case Kind::check: return {.yes = reference_.look(now)};
      case Kind::trip: return {.yes = reference_.trip(now)};
      case Kind::trip_for: return {.yes = reference_.trip_for(now, operation.time)};
      case Kind::retry_in: return {.yes = reference_.retry_in(now, operation.time)};
      case Kind::force_open:
        reference_.put(State::forced_open, now, Reason::forced_open);
        return {};
      case Kind::disable: reference_.put(State::disabled, now, Reason::disabled); return {};
      case Kind::reset: reference_.put(State::closed, now, Reason::reset); return {};
      case Kind::save: return {};
      case Kind::restore:
      case Kind::restore_other: reference_.restore(operation.saved, now); return {};
    }
    return {};
  }

  /// A circuit tripped by hand waits for its first wait, less what jitter cuts off, unless it was asked for
  /// more.
  void note_draw() {
    if (policies_.size() > 1) return;  // the config may be another one
    const Backoff& wait = setup_.config.open_for.backoff();
    const Ticks cut = wait.first.ticks() / wait.jitter.whole() * wait.jitter.part();
    if (cut < 64 * ms || told_.transitions.size() != 1) return;
    const Ticks drawn = up_to_ms(wait.first.ticks()) - told_.transitions[0].open_for.count() * ms;
    if (drawn < 0) return;
    const Ticks eighth = std::clamp(8 * (drawn / ms) / (cut / ms), Ticks{0}, Ticks{7});
    ++work_.draws[static_cast<std::size_t>(eighth)];
  }

  /// Keep the first difference.
  void note(std::string what) {
    if (what_.empty() && !what.empty())
      what_ = "at step " + std::to_string(next_) + ", " + std::move(what);
  }

  void compare_all() {
    note(compare_transitions());
    if (what_.empty()) note(compare_views(circuit_->now()));
    if (what_.empty()) note(compare_permits());
    work_.inexact_looks += reference_.is_exact(circuit_->now()) ? 0 : 1;
  }

  std::string compare_transitions() {
    const auto& told = told_.transitions;
    const auto& expected = reference_.transitions;
    for (std::size_t i = 0; i < told.size() && i < expected.size(); ++i) {
      if (told[i] != expected[i]) return compare("the transition", told[i], expected[i]);
    }
    if (told.size() < expected.size()) return "no event of: " + to_text(expected[told.size()]);
    if (told.size() > expected.size()) return "an event too many: " + to_text(told.back());
    return "";
  }

  std::string compare_views(Ticks now) {
    const View seen = circuit_->view();
    reference_.see(now);
    std::string what = compare("state()", seen.state, reference_.state(now, seen.state));
    if (what.empty())
      what =
          compare("would_admit()", seen.would_admit, reference_.would_admit(now, seen.would_admit));
    if (what.empty())
      what = compare("would_admit(never_probe)", seen.would_admit_no_probe,
                     reference_.would_admit_no_probe());
    if (what.empty()) what = compare("saved()", seen.saved, reference_.saved(now, seen.saved));
    Snapshot expected = reference_.snapshot(now, seen.snapshot);
    if (const auto every = circuit_kind(setup_.circuit).throws_every; every != 0)
      expected.listener_errors = static_cast<std::uint32_t>(reference_.moves) / every;
    if (what.empty()) what = compare("snapshot()", seen.snapshot, expected);
    for (int i = 0; i < policies_.back().part_count() && what.empty(); ++i) {
      const Numbers& numbers = seen.numbers[static_cast<std::size_t>(i)];
      what = compare("numbers()", numbers, reference_.numbers(i, now, numbers));
    }
    if (what.empty()) what = compare("why()", seen.why, reference_.last);
    if (what.empty() && seen.totals) what = compare("Counters", *seen.totals, reference_.totals);
    return what;
  }

  std::string compare_permits() {
    for (std::size_t i = 0; i < slots; ++i) {
      const PermitView seen = circuit_->permit(i);
      const Call& call = calls_[i];
      const char* what = nullptr;
      if (seen.yes != call.is_admitted) what = "whether it is a permit";
      if (seen.is_probe != (call.is_admitted && call.is_probe)) what = "whether it is a probe";
      // Of what was moved from, nothing else is known.
      if (call.is_admitted || call.rejection) {
        if (seen.generation != call.generation) what = "its generation";
        if (call.rejection && seen.rejection != *call.rejection) what = "its rejection";
      }
      if (what != nullptr) return "slot " + std::to_string(i) + " differs: " + what;
    }
    return "";
  }

  std::string compare_limits() {
    const Policy& policy = policies_.back();
    for (int i = 0; i < policy.part_count(); ++i) {
      if (circuit_->limits(i) != policy.part(i).limits)
        return compare("limits()", circuit_->limits(i), policy.part(i).limits);
      if (&circuit_->words(i) != policy.part(i).words) return "words() are another rule's";
    }
    return "";
  }

  template <class T>
  static std::string compare(const char* what, const T& seen, const T& expected) {
    if (is_same(seen, expected)) return "";
    return std::string{what} + " is\n    " + to_text(seen) + ", expected\n    " + to_text(expected);
  }

  const Bytes& trace_;
  Work& work_;
  std::vector<Transition>* const history_;  // if asked for: of all operations
  const Setup setup_;
  std::list<Policy> policies_;  // the last is in force
  const std::unique_ptr<Circuit> circuit_;
  Reference reference_;
  std::array<Call, slots> calls_{};
  Told told_;
  Rejection rejection_{};
  Saved kept_{State::closed, {}, 0};
  bool lingered_ = false;
  std::size_t next_ = 0;  // operation
  std::string what_;      // differs
};

}  // namespace

const std::set<Edges::key_type>& all_edges() {
  using enum State;
  static const std::set<Edges::key_type> all = [] {
    std::set<Edges::key_type> edges = {
        {closed, open, Reason::policy},
        {closed, open, Reason::tripped},
        {closed, open, Reason::classifier},
        {closed, forced_open, Reason::forced_open},
        {closed, disabled, Reason::disabled},
        {closed, closed, Reason::reset},
        {closed, closed, Reason::reconfigured},
        {open, open, Reason::tripped},
        {open, half_open, Reason::wait_over},
        {open, forced_open, Reason::forced_open},
        {open, disabled, Reason::disabled},
        {open, closed, Reason::reset},
        {half_open, closed, Reason::probes_succeeded},
        {half_open, open, Reason::probes_failed},
        {half_open, open, Reason::classifier},
        {half_open, half_open, Reason::probe_lost},
        {half_open, open, Reason::tripped},
        {half_open, forced_open, Reason::forced_open},
        {half_open, disabled, Reason::disabled},
        {half_open, closed, Reason::reset},
        {forced_open, disabled, Reason::disabled},
        {forced_open, closed, Reason::reset},
        {disabled, forced_open, Reason::forced_open},
        {disabled, closed, Reason::reset},
    };
    for (const State from : {closed, open, half_open, forced_open, disabled})
      for (const State to : {closed, open, forced_open, disabled})
        edges.insert({from, to, Reason::restored});
    return edges;
  }();
  return all;
}

Work& Work::operator+=(const Work& more) {
  operations += more.operations;
  inexact_looks += more.inexact_looks;
  for (std::size_t i = 0; i < draws.size(); ++i) draws[i] += more.draws[i];
  for (std::size_t i = 0; i < reconfigured.size(); ++i) reconfigured[i] += more.reconfigured[i];
  for (const auto& [edge, times] : more.edges) edges[edge] += times;
  return *this;
}

std::optional<std::string> difference(const Bytes& trace, Work& work) {
  if (trace.size() < setup_size) return std::nullopt;
  std::string what = Pair{trace, work}.run();
  if (what.empty()) return std::nullopt;
  return what;
}

bool repeats_itself(const Bytes& trace) {
  std::array<std::vector<Transition>, 2> told;
  Work unused;
  Pair one{trace, unused, &told[0]};
  Pair other{trace, unused, &told[1]};  // at the same time, or it would stand in the same place
  one.run();
  other.run();
  return told[0] == told[1];
}

Bytes shrunk(Bytes trace) {
  Work unused;
  const auto still_differs = [&](const Bytes& smaller) {
    return difference(smaller, unused).has_value();
  };
  bool smaller = true;
  while (smaller) {
    smaller = false;
    // Operations go, in runs of any length …
    for (std::size_t run = operations_of(trace); run > 0; run /= 2) {
      for (std::size_t first = 0; first + run <= operations_of(trace);) {
        Bytes less = trace;
        const auto begin =
            less.begin() + static_cast<std::ptrdiff_t>(setup_size + first * operation_size);
        less.erase(begin, begin + static_cast<std::ptrdiff_t>(run * operation_size));
        if (still_differs(less)) {
          trace = std::move(less);
          smaller = true;
        } else {
          ++first;
        }
      }
    }
    // … then what is left becomes plainer.
    for (std::uint8_t& byte : trace) {
      for (const int lower : {0, byte / 2, byte - 1}) {
        const std::uint8_t before = byte;
        if (lower < 0 || lower >= before) continue;
        byte = static_cast<std::uint8_t>(lower);
        if (still_differs(trace)) {
          smaller = true;
        } else {
          byte = before;
        }
      }
    }
  }
  return trace;
}

std::string explained(const Bytes& trace) {
  if (trace.size() < setup_size) return "  no circuit: it is too short\n";
  const Setup setup = setup_of(trace);
  std::ostringstream out;
  out << "  circuit: " << circuit_kind(setup.circuit).name << "\n  " << to_text(setup) << '\n';
  for (std::size_t i = 0; i < operations_of(trace); ++i)
    out << "  " << i + 1 << ". " << to_text(operation_of(trace, i, setup)) << '\n';
  Work unused;
  out << "  " << difference(trace, unused).value_or("no difference") << '\n';
  return out.str();
}

std::string explained_shortly(const Bytes& trace) {
  const Bytes least = shrunk(trace);
  return "The shortest trace, again with --trace " + to_hex(least) + "\n" + explained(least);
}

}  // namespace model
