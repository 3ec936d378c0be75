#include "model/check.hpp"

#include <sstream>
#include <utility>

#include "model/circuits.hpp"
#include "model/reference.hpp"

namespace model {

namespace {

std::string to_text(const Evidence& evidence) {
  return std::to_string(evidence.calls) + " calls, " + std::to_string(evidence.failures) +
         " failures, " + std::to_string(evidence.slow) + " slow";
}

std::string to_text(const Transition& change) {
  std::ostringstream out;
  out << to_string(change.from) << " -> " << to_string(change.to) << ' ' << to_string(change.reason)
      << ", generation " << change.generation << ", at " << change.at.count() << ", open for "
      << change.open_for.count() << " ms, " << to_text(change.evidence) << ", limit "
      << to_string(change.limit.rule) << ' ' << change.limit.count << ' '
      << change.limit.share.part() << '/' << change.limit.share.whole() << ' '
      << change.limit.min_calls << (change.has_numbers ? "" : ", no numbers");
  return out.str();
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
  return out.str();
}

std::string to_text(const Snapshot& seen) {
  std::ostringstream out;
  out << to_string(seen.state) << ", generation " << seen.generation << ", "
      << to_text(seen.evidence) << ", transitions " << seen.transitions << ", refused "
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
  explicit Pair(const Setup& setup)
      : policy_{circuit_kind(setup.circuit).policy(setup)},
        circuit_{circuit_kind(setup.circuit).make(setup)},
        reference_{setup.config, policy_} {}

  /// **Returns** what differs, or "".
  std::string perform(const Operation& operation, Work& work) {
    const Ticks began = circuit_->now();
    const Answer answer = circuit_->perform(operation, told_.transitions);
    told_.rejection = answer.rejection ? &*answer.rejection : nullptr;
    reference_.begin(began, told_);
    const Answer expected = perform_plainly(operation, began, circuit_->now());
    std::string what = compare("the answer", answer, expected);
    if (what.empty()) what = compare_transitions();
    if (what.empty()) what = compare_views(circuit_->now());
    for (const Transition& change : told_.transitions)
      ++work.edges[{change.from, change.to, change.reason}];
    work.inexact_looks += reference_.is_exact(circuit_->now()) ? 0 : 1;
    return what;
  }

 private:
  using Kind = Operation::Kind;

  Answer perform_plainly(const Operation& operation, Ticks began, Ticks ended) {
    Call& call = calls_[operation.slot];
    switch (operation.kind) {
      case Kind::acquire: {
        const Call next = reference_.acquire(began);
        reference_.drop(call, began);
        call = next;
        Answer answer{.yes = call.is_admitted, .generation = call.generation};
        if (!call.is_admitted) answer.rejection = call.rejection;
        return answer;
      }
      case Kind::settle:
        return {
            .yes = call.is_admitted,
            .settled = reference_.settle(call, operation.verdict, began, operation.retry_after)};
      case Kind::call:
      case Kind::call_throws: return call_plainly(operation, began, ended);
      case Kind::drop: reference_.drop(call, began); return {};
      case Kind::if_dropped: call.if_dropped = operation.verdict; return {};
      case Kind::advance: return {};
      case Kind::trip: return {.yes = reference_.trip(began, 0)};
      case Kind::trip_for: return {.yes = reference_.trip(began, operation.time)};
      case Kind::force_open:
        reference_.put(State::forced_open, began, Reason::forced_open);
        return {};
      case Kind::disable: reference_.put(State::disabled, began, Reason::disabled); return {};
      case Kind::reset: reference_.put(State::closed, began, Reason::reset); return {};
    }
    return {};
  }

  Answer call_plainly(const Operation& operation, Ticks began, Ticks ended) {
    using Ending = Answer::Ending;
    const bool throws = operation.kind == Kind::call_throws;
    Call call = reference_.acquire(began);
    if (!call.is_admitted) {
      return {.rejection = call.rejection, .ending = throws ? Ending::refused : Ending::fallback};
    }
    reference_.see(ended);
    const Verdict verdict = throws ? Verdict::failure : operation.verdict;
    reference_.settle(call, verdict, ended, throws ? 0 : operation.retry_after);
    return {.yes = true,
            .ending = throws                        ? Ending::threw
                      : verdict == Verdict::failure ? Ending::fallback
                                                    : Ending::result};
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
      what = compare("snapshot()", seen.snapshot, reference_.snapshot(now, seen.snapshot));
    if (what.empty() && seen.snapshot.evidence.calls < seen.snapshot.evidence.slow)
      what = "more slow calls than calls: " + to_text(seen.snapshot);
    if (what.empty()) what = compare("why()", seen.why, reference_.last);
    if (what.empty() && seen.totals) what = compare("Counters", *seen.totals, reference_.totals);
    return what;
  }

  template <class T>
  static std::string compare(const char* what, const T& seen, const T& expected) {
    if (is_same(seen, expected)) return "";
    return std::string{what} + " is\n    " + to_text(seen) + ", expected\n    " + to_text(expected);
  }

  const Policy policy_;
  const std::unique_ptr<Circuit> circuit_;
  Reference reference_;
  std::array<Call, slots> calls_{};
  Told told_;
};

}  // namespace

std::optional<std::string> difference(const Bytes& trace, Work& work) {
  if (trace.size() < setup_size) return std::nullopt;
  const Setup setup = setup_of(trace);
  Pair pair{setup};
  for (std::size_t i = 0; i < operations_of(trace); ++i) {
    ++work.operations;
    std::string what = pair.perform(operation_of(trace, i, setup), work);
    if (!what.empty()) return "at step " + std::to_string(i + 1) + ", " + what;
  }
  return std::nullopt;
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
  const Setup setup = setup_of(trace);
  std::ostringstream out;
  out << "  circuit: " << circuit_kind(setup.circuit).name << "\n  " << to_text(setup) << '\n';
  for (std::size_t i = 0; i < operations_of(trace); ++i)
    out << "  " << i + 1 << ". " << to_text(operation_of(trace, i, setup)) << '\n';
  Work unused;
  out << "  " << difference(trace, unused).value_or("no difference") << '\n';
  return out.str();
}

}  // namespace model
