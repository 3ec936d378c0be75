// Scenarios: the registry. Places go from one key to the next while others look, hold permits and walk.
#include "breaker/registry.hpp"

#include <optional>
#include <string>

#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::ConsecutiveFailures;
using breaker::Settled;
using breaker::WhenFull;

/// A registry of circuits that one failure opens. Calls of keys that begin with "sick" fail.
class Keys {
 public:
  using Circuits = breaker::RegistryOf<Clock>;
  using Handle = decltype(std::declval<Circuits&>().handle(""));

  Keys(Run& run, int capacity, WhenFull when_full = WhenFull::evict)
      : Keys{run, {.capacity = capacity, .when_full = when_full, .seed = 1}} {}
  Keys(Run& run, const breaker::RegistrySettings<>& settings)
      : run_{run}, circuits_{settings, Clock{time_}, ConsecutiveFailures{1}} {
    run.finally([this] { check_at_rest(); });
  }

  /// One call by that key. **Returns** what became of its verdict.
  Settled call(std::string_view key) { return use(key, circuits_.of(key).try_acquire()); }
  Settled call(const Handle& handle) { return use(handle.key(), handle.try_acquire()); }

  Settled use(std::string_view key, Circuits::Permit permit) {
    const bool is_well = key.starts_with("well");
    if (is_well) check(static_cast<bool>(permit), "a key that is well was refused");
    return permit.settle(is_well ? Verdict::success : Verdict::failure);
  }
  void walk(std::string_view one, std::string_view other, std::string_view third = {}) {
    circuits_.for_each([&](std::string_view key, const auto& circuit) {
      check(key == one || key == other || key == third,
            "a walker reads a key that there never was");
      if (key.starts_with("well"))
        check(circuit.state() == State::closed, "a walker sees one key with another's circuit");
    });
  }
  void check(bool holds, std::string_view claim) { run_.check(holds, claim); }
  [[nodiscard]] Circuits& circuits() { return circuits_; }
  [[nodiscard]] Clock clock() { return Clock{time_}; }

 private:
  void check_at_rest() {
    std::size_t visited = 0;
    circuits_.for_each([&](std::string_view key, const auto& circuit) {
      ++visited;
      check(circuits_.find(key).has_value(), "a key is listed, but not found");
      if (key.starts_with("well"))
        check(circuit.state() == State::closed, "a key that is well has an open circuit");
    });
    check(visited == circuits_.size(), "the list has another size than the registry says");
    check(circuits_.size() <= circuits_.capacity(), "there are more keys than may be");
  }

  Run& run_;
  Clock::Time time_;
  Circuits circuits_;
};

constexpr const char* sick = "sick";
constexpr const char* well = "well";

// The permit of a key that has gone, against the key that has its place.
void permit_against_the_next_owner(Run& run) {
  auto& keys = run.make<Keys>(run, 1);
  keys.circuits().of(sick);
  run.thread([&] { keys.call(sick); });
  run.thread([&] {
    keys.circuits().erase(sick);
    keys.call(well);
  });
}

// The same, with the permit taken before.
void permit_in_hand(Run& run) {
  auto& keys = run.make<Keys>(run, 1);
  auto& permit = run.make<Keys::Circuits::Permit>(keys.circuits().of(sick).try_acquire());
  run.thread([&] {
    const Settled settled = keys.use(sick, std::move(permit));
    if (settled == Settled::stale) keys.check(keys.circuits().late() == 1, "it was late");
    keys.check(keys.circuits().summary().stale == 0, "a late verdict is counted with another's");
  });
  run.thread([&] {
    keys.circuits().erase(sick);
    keys.call(well);
    keys.call(well);
  });
}

/// **Returns** keys for which the search begins at the same slot.
std::vector<std::string> keys_that_meet(std::size_t count, std::size_t capacity) {
  const breaker::detail::KeyHash hash{1};
  std::vector<std::string> keys;
  for (int i = 0; keys.size() < count; ++i) {
    std::string key = "well-" + std::to_string(i);
    if (breaker::detail::first_slot(hash(key), 2 * capacity) == 1) keys.push_back(std::move(key));
  }
  return keys;
}

// A key that stays is found, wherever it is moved meanwhile.
void a_key_that_stays(Run& run) {
  auto& keys = run.make<Keys>(run, 3);
  const auto& names = run.make<std::vector<std::string>>(keys_that_meet(3, 3));
  for (const std::string& name : names) keys.circuits().of(name);
  run.thread([&] {
    keys.circuits().erase(names[0]);
    keys.circuits().of(names[0]);
  });
  run.thread([&] {
    for (int i : {2, 1})
      keys.check(keys.circuits().find(names[static_cast<std::size_t>(i)]).has_value(),
                 "a key that was there all the time was not found");
  });
}

void walk_over_a_place(Run& run, std::size_t length) {
  auto& keys = run.make<Keys>(run, 1);
  const auto& one = run.make<std::string>(std::string(length, 's').replace(0, 4, sick));
  const auto& other = run.make<std::string>(std::string(length, 'w').replace(0, 4, well));
  keys.circuits().of(one);
  run.thread([&] {
    keys.circuits().erase(one);
    keys.circuits().of(other);
  });
  run.thread([&] { keys.walk(one, other); });
}

// A handle that two threads renew at once leaves the place of one with the stamp of the other.
void handle_by_two_threads(Run& run) {
  auto& keys = run.make<Keys>(run, 2);
  keys.circuits().of(well);
  const auto& handle = run.make<Keys::Handle>(keys.circuits().handle(sick));
  run.thread([&] {
    keys.circuits().erase(sick);
    keys.call(handle);
  });
  run.thread([&] {
    keys.circuits().erase(well);
    keys.call(handle);
    keys.call(well);
  });
}

// A handle that was read before its place went to another key.
void handle_against_the_next_owner(Run& run) {
  auto& keys = run.make<Keys>(run, 2);
  const auto& handle = run.make<Keys::Handle>(keys.circuits().handle(sick));
  keys.circuits().of("other");
  keys.circuits().erase("other");  // the place that comes next
  run.thread([&] {
    keys.circuits().erase(sick);
    keys.call(handle);
  });
  run.thread([&] {
    keys.call(handle);
    keys.call(well);
  });
}

// A thread that asks while a sweep passes has taken the mark away: the circuit stays, and what it does.
void sweep_against_look_up(Run& run, const char* key) {
  auto& keys = run.make<Keys>(run, 1);
  keys.circuits().of(key);
  keys.circuits().sweep();  // marks it
  auto& settled = run.make<Settled>(Settled::refused);
  run.thread([&] { keys.circuits().sweep(); });
  run.thread([&, key] { settled = keys.call(key); });
  run.finally([&, key] {
    const auto seen = keys.circuits().find(key);
    keys.check(seen.has_value(), "what somebody asked for was swept away");
    if (key == sick && settled == Settled::counted)
      keys.check(seen->state() == State::open, "an outage was swept away");
  });
}

void eviction_against_look_up(Run& run) {
  auto& keys = run.make<Keys>(run, 1);
  keys.circuits().of(sick);
  keys.circuits().sweep();
  auto& settled = run.make<Settled>(Settled::refused);
  run.thread([&] { keys.circuits().of("other"); });
  run.thread([&] { settled = keys.call(sick); });
  run.finally([&] {
    const bool is_there = keys.circuits().find(sick).has_value();
    if (settled == Settled::counted && keys.circuits().overflow().state() == State::closed)
      keys.check(is_there, "an outage was evicted");
  });
}

void one_circuit_for_a_key(Run& run, int threads) {
  auto& keys = run.make<Keys>(run, 2);
  for (int i = 0; i < threads; ++i) run.thread([&] { keys.circuits().of(sick).force_open(); });
  run.finally([&] {
    keys.check(keys.circuits().size() == 1 && keys.circuits().made() == 1,
               "a key has two circuits");
    keys.check(keys.circuits().summary().transitions == 1, "a key has two circuits");
    keys.check(keys.circuits().overflowed() == 0,
               "the overflow circuit served a key that has a place");
  });
}

void the_last_place(Run& run) {
  auto& keys = run.make<Keys>(run, 1, WhenFull::overflow);
  for (const char* key : {"a", "b"}) run.thread([&, key] { keys.circuits().of(key); });
  run.finally([&] {
    keys.check(keys.circuits().made() == 1 && keys.circuits().overflowed() == 1,
               "one place, one circuit, one overflow");
  });
}

void erase_against_look_up(Run& run) {
  auto& keys = run.make<Keys>(run, 2);
  keys.circuits().of(sick);
  auto& erased = run.make<std::vector<bool>>(2);
  run.thread([&] { erased[0] = keys.circuits().erase(sick); });
  run.thread([&] { erased[1] = keys.circuits().erase(sick); });
  run.thread([&] { keys.call(well); });
  run.finally([&] {
    keys.check(erased[0] != erased[1], "one of two erases it");
    keys.check(!keys.circuits().find(sick).has_value(), "it is erased, and is found");
  });
}

void settings_against_making(Run& run) {
  auto& keys = run.make<Keys>(run, 2);
  keys.circuits().of(sick);
  run.thread([&] {
    keys.circuits().reconfigure({.capacity = 2, .policy = ConsecutiveFailures{2}, .seed = 1});
  });
  run.thread([&] { keys.circuits().of(well); });
  run.finally([&] {
    for (const char* key : {sick, well})
      keys.check(keys.circuits().find(key)->policy() == ConsecutiveFailures{2},
                 "a circuit was left with the old settings");
  });
}

// A command by a key that has gone must not reach the next owner of the place.
void command_against_the_next_owner(Run& run) {
  auto& keys = run.make<Keys>(run, 1);
  keys.circuits().of(sick);
  run.thread([&] { keys.circuits().of(sick).force_open(); });
  run.thread([&] {
    keys.circuits().erase(sick);
    keys.call(well);
  });
}

// Whoever judges that an open circuit may go reads a clock that is not behind its opening.
void eviction_against_an_opening(Run& run) {
  auto& keys = run.make<Keys>(run, 1);
  auto& settled = run.make<Settled>(Settled::refused);
  auto& permit = run.make<Keys::Circuits::Permit>(keys.circuits().of(sick).try_acquire());
  keys.circuits().sweep();  // marks it
  run.thread([&] {
    keys.clock().advance(10h);
    settled = permit.failure();
  });
  run.thread([&] { keys.circuits().sweep(); });
  run.finally([&] {
    const auto seen = keys.circuits().find(sick);
    if (settled == Settled::counted)
      keys.check(seen.has_value() && seen->state() == State::open, "an outage was swept away");
  });
}

// Whoever finds a key on a label that was another's acts for that key alone.
void found_by_the_next_key(Run& run, const std::string& one, const std::string& other) {
  auto& keys = run.make<Keys>(run, 1);
  const auto& names = run.make<std::pair<std::string, std::string>>(one, other);
  keys.call(names.first);  // open
  run.thread([&] {
    keys.circuits().erase(names.first);
    keys.circuits().of(names.second);
  });
  run.thread([&] {
    if (const auto seen = keys.circuits().find(names.second))
      keys.check(seen->state() == State::closed, "a key was found with another's circuit");
  });
}

void walk_over_free_places(Run& run) {
  auto& keys = run.make<Keys>(run, 2);
  for (const char* key : {"sick-1", "sick-2"}) keys.circuits().of(key);
  run.thread([&] {
    for (const char* key : {"sick-1", "sick-2"}) keys.circuits().erase(key);
  });
  run.thread([&] { keys.walk("sick-1", "sick-2"); });
}

void walk_while_making(Run& run, bool begins_empty) {
  auto& keys = run.make<Keys>(run, 3);
  if (!begins_empty) keys.circuits().of(well);
  run.thread([&] {
    keys.circuits().of("well-2");
    keys.call("well-3");
  });
  run.thread([&] { keys.walk("well-2", begins_empty ? "well-3" : well, "well-3"); });
}

/// **Returns** a registry of the keys "sick 0" and "sick 1", of which one may be out.
Keys& keys_of_which_one_may_be_out(Run& run) {
  auto& keys = run.make<Keys>(
      run,
      breaker::RegistrySettings<>{.capacity = 2, .at_most_open = breaker::Ratio{1, 2}, .seed = 1});
  for (const char* key : {"sick 0", "sick 1"}) keys.circuits().of(key);
  run.finally([&keys] {
    keys.check(keys.circuits().summary().open <= 1, "more circuits are out than may be");
    keys.circuits().for_each([&keys](std::string_view, const auto& circuit) {
      const bool is_by_policy = circuit.why().reason == breaker::Reason::policy;
      keys.check(circuit.state() == State::closed || is_by_policy,
                 "a circuit is open for another reason than its policy");
    });
  });
  return keys;
}

// One circuit, two calls that fail: it opens once, and takes no other's place.
void one_trips_twice(Run& run) {
  auto& keys = keys_of_which_one_may_be_out(run);
  for (int i = 0; i < 2; ++i) run.thread([&] { keys.call("sick 0"); });
  run.thread([&] { keys.call("sick 1"); });
  run.finally(
      [&] { keys.check(keys.circuits().summary().transitions == 1, "a circuit opened twice"); });
}

// A place that changes hands while its circuit has the grant.
void trip_against_erase(Run& run) {
  auto& keys = keys_of_which_one_may_be_out(run);
  run.thread([&] { keys.call("sick 0"); });
  run.thread([&] {
    keys.circuits().erase("sick 0");
    keys.call(well);
    keys.call("sick 1");
  });
}

const Scenarios registry{
    {"registry: one trips twice where one may", one_trips_twice, 0},
    {"registry: a trip against an erase, where one may", trip_against_erase, 0},
    {"registry: a command against the next owner of the place", command_against_the_next_owner, 1},
    {"registry: a sweep against an opening", eviction_against_an_opening},
    {"registry: found by the next key, of other words",
     [](Run& r) {
       found_by_the_next_key(r, sick + std::string(28, 'x'), well + std::string(28, 'x'));
     },
     4},
    {"registry: found by the next key, of another length",
     [](Run& r) {
       found_by_the_next_key(r, std::string(16, 's') + std::string(24, 'x'),
                             std::string(16, 's') + std::string(16, 'x'));
     },
     3},
    {"registry: found by the next key, of another tail",
     [](Run& r) {
       const std::string end(16, 'x');
       found_by_the_next_key(r, end + "aaaaaaaa" + end, end + "bbbbbbbb" + end);
     },
     3},
    {"registry: a walk over places that come free", walk_over_free_places},
    {"registry: a walk while the first circuits are made",
     [](Run& r) { walk_while_making(r, true); }, 1},
    {"registry: a walk while more are made", [](Run& r) { walk_while_making(r, false); }, 1},
    {"registry: a permit against the next owner of the place", permit_against_the_next_owner, 1},
    {"registry: a permit in hand against the next owner", permit_in_hand, 1},
    {"registry: a key that stays is found", a_key_that_stays},
    {"registry: a walk over a place that changes hands", [](Run& r) { walk_over_a_place(r, 32); },
     1},
    {"registry: a walk over a place with long keys", [](Run& r) { walk_over_a_place(r, 48); }},
    {"registry: a handle by two threads", handle_by_two_threads, 1},
    {"registry: a handle against the next owner of its place", handle_against_the_next_owner, 1},
    {"registry: a sweep against a look-up", [](Run& r) { sweep_against_look_up(r, sick); }, 1},
    {"registry: a sweep against a look-up of a key that is well",
     [](Run& r) { sweep_against_look_up(r, well); }, 1},
    {"registry: an eviction against a look-up", eviction_against_look_up, 1},
    {"registry: two threads ask for a new key", [](Run& r) { one_circuit_for_a_key(r, 2); }, 1},
    {"registry: two keys race for the last place", the_last_place, 1},
    {"registry: two erase while one looks up", erase_against_look_up, 1},
    {"registry: new settings while a circuit is made", settings_against_making, 1},
};

}  // namespace

}  // namespace explore
