"""Mistakes that only show between threads, for prove.py: where, what stands there, what is put in its place, which scenario
finds it, and what it says."""
import typing

SHELL = "core/shell.hpp"
COUNT = "window/count_window.hpp"
TIME = "window/time_window.hpp"


class Mistake(typing.NamedTuple):
    name: str
    header: str
    right: str  # any white space stands for any other
    wrong: str
    scenario: str
    message: str


MISTAKES = [
    Mistake("the state is stored, not exchanged", SHELL,
            "return word_.compare_exchange_weak(word, desired, release, acquire);",
            "word_.store(desired, release); return true;",
            "two callers race at the deadline", "more probes than allowed are unsettled"),
    Mistake("a transition is published relaxed", SHELL,
            "return word_.compare_exchange_weak(word, desired, release, acquire);",
            "return word_.compare_exchange_weak(word, desired, relaxed, acquire);",
            "state() while the circuit opens", "only just opened seems to be due"),
    Mistake("the clock is read before the word", SHELL,
            "for (;;) { // The clock is read after the word: an older reading would take a probe granted since then "
            "// for a lost one. const Ticks time = now();",
            "const Ticks time = now(); for (;;) {",
            "young probes are not lost", "a young probe was declared lost"),
    Mistake("a failure that lost its exchange counts", SHELL,
            "if (counted == word || word_.compare_exchange_weak(word, counted, relaxed, relaxed)) return Settled::counted;",
            "if (counted != word) word_.compare_exchange_weak(word, counted, relaxed, relaxed);\nreturn Settled::counted;",
            "a success against failures in a row", "no order of the operations explains"),
    Mistake("a trip that lost its exchange is told", SHELL,
            "if (exchange(word, step.word)) { commit(word, step, time, {true, 0,",
            "if (exchange(word, step.word), true) { commit(word, step, time, {true, 0,",
            "force_open against a failing call", "events are numbered without gaps, each told once"),
    Mistake("a policy's trip is tried once", SHELL,
            "if (exchange(word, step.word)) return commit(word, step, time, finding);",
            "if (exchange(word, step.word)) commit(word, step, time, finding);\nreturn;",
            "two failures of the last two trip once", "two failures at a threshold of two trip exactly once"),
    Mistake("a hand is tried once", SHELL,
            "if (step.word == word) return step.takes_effect; if (exchange(word, step.word)) { commit(word, step, time); "
            "return true; }",
            "if (step.word == word) return step.takes_effect;\nif (exchange(word, step.word)) commit(word, step, time);\n"
            "return true;",
            "trip(wait) against a due arrival", "no order of the operations explains"),
    Mistake("a probe's verdict is tried once", SHELL,
            "if (!step.takes_effect) return Settled::stale; if (exchange(word, step.word)) { commit(word, step, time); "
            "return Settled::counted; }",
            "if (!step.takes_effect) return Settled::stale;\nif (exchange(word, step.word)) commit(word, step, time);\n"
            "return Settled::counted;",
            "a slot comes back to a waiting caller", "no order of the operations explains"),
    Mistake("transitions are counted by load and store", SHELL,
            "totals_.transitions.fetch_add(1, relaxed);",
            "totals_.transitions.store(totals_.transitions.load(relaxed) + 1, relaxed);",
            "three hands at once", "the word agrees with the events"),
    Mistake("refusals are counted by load and store", SHELL,
            "totals_.refused.fetch_add(1, relaxed);",
            "totals_.refused.store(totals_.refused.load(relaxed) + 1, relaxed);",
            "three callers race at the deadline", "every refusal is counted"),
    Mistake("errors of listeners are counted by load and store", SHELL,
            "[this] { totals_.listener_errors.fetch_add(1, relaxed); }",
            "[this] { totals_.listener_errors.store(totals_.listener_errors.load(relaxed) + 1, relaxed); }",
            "a listener throws", "every error of a listener is counted"),
    Mistake("one slot too many", "core/word.hpp",
            "if (HeldBits::get(word) < rules.probes) {", "if (HeldBits::get(word) <= rules.probes) {",
            "three callers race for two probes", "more slots are held than there are"),
    Mistake("a probe of any generation gives its slot back", "core/word.hpp",
            "if (id_of(word) != event.id || state_of(word) != State::half_open || HeldBits::get(word) == 0)",
            "if (state_of(word) != State::half_open || HeldBits::get(word) == 0)",
            "a late release adds no capacity", "more probes than allowed are unsettled"),
    Mistake("a success of the closed time is taken for a probe's", SHELL,
            "if (state_of(id) == State::closed) settled = settle_call(id, outcome, retry_after);",
            "if (const Word word = word_.load(relaxed); state_of(id) == State::closed)\n"
            "  settled = state_of(word) == State::half_open ? settle_probe(id_of(word), outcome, retry_after)\n"
            "                                               : settle_call(id, outcome, retry_after);",
            "a late success moves nothing", "no order of the operations explains"),
    Mistake("snapshot() reads the clock before the word", "circuit_breaker.hpp",
            "const detail::Word word = word_.load(detail::acquire); const Ticks time = now(); return {.state",
            "const Ticks time = now(); const detail::Word word = word_.load(detail::acquire); return {.state",
            "snapshot() while the circuit opens", "only just opened seems to be due"),
    Mistake("a window is emptied by a store", COUNT,
            "if (control_.compare_exchange_weak(control, empty, detail::release, detail::acquire)) control = empty;",
            "control_.store(empty, detail::release);\ncontrol = empty;",
            "two resets, then a failure, last N", "a failure of this stay was lost, or one of an earlier stay is kept"),
    Mistake("who comes late empties the next stay's window", COUNT,
            " && !stay.is_over()) start(control, stay);", ") start(control, stay);",
            "two resets, then a failure, last N", "a failure of this stay was lost, or one of an earlier stay is kept"),
    Mistake("a late call is recorded in the last N", COUNT,
            "if (stay.is_over()) return false; start(control, stay);", "start(control, stay);",
            "reset against a late failure, last N", "evidence of an earlier stay is in the new one"),
    Mistake("a helper does not look again", COUNT,
            "if (current != control) { control = current; return; }", "static_cast<void>(current);",
            "last 3: a helper stalls for a lap", "a cell was overwritten with an earlier lap"),
    Mistake("a helper stores the cell", COUNT,
            "if (cell != filled && !cells_[segment].compare_exchange_strong(cell, filled, detail::release, detail::relaxed) && "
            "cell != filled) { return; // somebody else moved on or started afresh: look again }",
            "if (cell != filled) cells_[segment].store(filled, detail::release);",
            "last 3: a helper stalls for a lap", "a cell was overwritten with an earlier lap"),
    Mistake("the next segment is begun by a store", COUNT,
            "if (control_.compare_exchange_strong(control, next, detail::release, detail::acquire)) control = next;",
            "control_.store(next, detail::release);\ncontrol = next;",
            "last 5000: a segment is handed over", "a call was lost or counted twice"),
    Mistake("a slice is added to without looking at its tag", TIME,
            "if (has_room(current - TagBits::put(tag), one) && "
            "slice.compare_exchange_weak(current, current + one, detail::seq_cst, detail::acquire)) [[likely]] return true;",
            "if (has_room(current - TagBits::put(tag), one)) { slice.fetch_add(one, detail::seq_cst); return true; }",
            "reset against a late failure, time window", "evidence of an earlier stay is in the new one"),
    Mistake("a slice is published before it is cleared", TIME,
            "if (slice.compare_exchange_weak(current, next, detail::seq_cst, detail::acquire)) return true;",
            "if (slice.compare_exchange_weak(current, TagBits::replace(current, tag), detail::seq_cst, detail::acquire)) {\n"
            "  slice.store(next, detail::seq_cst);\n  return true;\n}",
            "a slice turns while it is counted in", "a turning slice lost or kept a count"),
    Mistake("a late call is recorded in the time window", TIME,
            "if (stay.is_over()) return false;", "",
            "reset against a late failure, time window", "evidence of an earlier stay is in the new one"),
    Mistake("who comes late does not look ahead", TIME,
            "ahead < Slices && ahead > newest) newest = ahead;", "ahead < Slices && ahead > newest) newest = 0;",
            "failures on both sides of a slice trip", "no trip is missed"),
    Mistake("a late call is recorded in a word of its own", "policy/concurrent.hpp",
            "if (!ours && stay.is_over()) return false;", "",
            "reset against a late failure, a word of its own", "evidence of an earlier stay is in the new one"),
    Mistake("a record in a word of its own is tried once", "policy/concurrent.hpp",
            "if (next == word || word_.compare_exchange_weak(word, next, release, acquire)) break;",
            "if (next != word) word_.compare_exchange_weak(word, next, release, acquire);\nbreak;",
            "two failures trip all of two policies once", "two failures at a threshold of two trip exactly once"),
    Mistake("a part is asked before all have recorded", "policy/any_of.hpp",
            "if (!record(outcome, stay, nullptr)) return false; *finding = ask(outcome.now, stay);",
            "Finding rest;\nif (!first_.record(outcome, stay, finding)) return false;\n"
            "if (!rest_.record(outcome, stay, &rest)) return false;\n*finding = merge(*finding, rest);",
            "two failures trip all of two policies once", "two failures at a threshold of two trip exactly once"),
    Mistake("why() does not compare the tags", "core/record.hpp",
            "has_numbers = has_numbers && Tag::get(words[i]) == Tag::get(words[0]);", "",
            "why() tells one transition", "mixes the numbers"),
    Mistake("an older transition overwrites a later one", "core/record.hpp",
            "if (ahead == 0 || ahead > Tag::max / 2) return;", "if (ahead == 0) return;",
            "three hands at once", "why() tells the last transition"),
    Mistake("the mutex is asked once", "base/mutex.hpp",
            "while (held_.exchange(1, acquire) != 0) held_.wait", "if (held_.exchange(1, acquire) != 0) held_.wait",
            "a sequential policy under the lock", "three strikes, one trip"),
    Mistake("the mutex wakes nobody", "base/mutex.hpp",
            "held_.notify_one();", "",
            "a sequential policy under the lock", "deadlock"),
    Mistake("a policy of the user's has no lock", "policy/synchronized.hpp",
            "const detail::Lock lock{mutex_}; if (stay.is_over()) return false;", "if (stay.is_over()) return false;",
            "a sequential policy under the lock", "three strikes, one trip"),
    Mistake("a late call is recorded in a policy of the user's", "policy/synchronized.hpp",
            "if (stay.is_over()) return false;", "",
            "reset against a late failure, a policy of the user's", "a strike of this stay was lost"),
    Mistake("a registry makes a key twice", "registry/registry.hpp",
            "if (made == capacity() || table_.find(key, hash) != nullptr) return", "if (made == capacity()) return",
            "registry: two threads ask for a new key", "a key has two circuits"),
    Mistake("a registry says made before it has published", "registry/registry.hpp",
            "Breaker& circuit = draft.publish(key, hash); size_.fetch_add(1, detail::relaxed); "
            "made_.store(made + 1, detail::release);",
            "made_.store(made + 1, detail::release);\nBreaker& circuit = draft.publish(key, hash);\n"
            "size_.fetch_add(1, detail::relaxed);",
            "registry: the last key is found when all places are used", "a key lost its circuit"),
]
