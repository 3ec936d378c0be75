// The half-open phase, searched whole: every order in which three callers, the clock and a hand can move the
// word by the shipping next(). Three other rules for the end of a lease run beside it, and must be seen to fail.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <unordered_map>
#include <utility>
#include <vector>

#include "breaker/core/calls.hpp"
#include "breaker/core/commands.hpp"

namespace {

using namespace breaker;
using namespace std::chrono_literals;
using namespace breaker::detail;
using Number = unsigned long long;  // as printf has it

// ---- what happens at the end of a lease

/// A rule in place of next().
using Next = Step (*)(Word, const Event&, Ticks, const Rules&);

bool is_renewal(const Step& step) { return step.reason == Reason::probe_lost; }

Step shipped(Word word, const Event& event, Ticks now, const Rules& rules) {
  return next(word, event, now, rules);
}

bool is_verdict(const Event& event) {
  return event.kind == EventKind::success || event.kind == EventKind::failure ||
         event.kind == EventKind::ignored || event.kind == EventKind::classifier_trips;
}

/// Only verdicts of the current lease count.
Step new_stay(Word word, const Event& event, Ticks now, const Rules& rules) {
  if (is_verdict(event) && event.id != StayId::of(word)) return {word, false};
  return next(word, event, now, rules);
}

/// The stay goes on, and the further probe gets the slot of one that is not known: who answers, frees one,
/// and is too late if there is none.
Step slot_passed_on(Word word, const Event& event, Ticks now, const Rules& rules) {
  if (is_verdict(event) && state_of(word) == State::half_open && HeldBits::get(word) == 0)
    return {word, false};
  const Step step = next(word, event, now, rules);
  return is_renewal(step) ? Step{granted(word, now, rules.gate()), true, step.reason} : step;
}

/// The stay goes on, and the number of those that lost their slots is kept, where the renewals are. Who answers
/// is taken for one of them, while there are any.
Step lost_are_counted(Word word, const Event& event, Ticks now, const Rules& rules) {
  Step step = next(word, event, now, rules);
  const std::uint64_t lost = RenewalBits::get(word);
  if (is_renewal(step)) {
    const Word counted = RenewalBits::replace(word, lost + HeldBits::get(word));
    return {granted(HeldBits::replace(counted, 1), now, rules.gate()), true, step.reason};
  }
  const bool is_released =
      StayId::of(step.word) == StayId::of(word) && HeldBits::get(step.word) < HeldBits::get(word);
  if (is_released && lost > 0) step.word += HeldBits::put(1) - RenewalBits::put(1);
  return step;
}

// ---- circuits with ghosts: what is known beside the word, and held against it

/// What goes wrong, counted.
struct Wrong {
  static constexpr std::size_t kinds = 7;
  static constexpr const char* names[] = {"over the cap", "held",    "good, bad", "dropped",
                                          "refused",      "foreign", "wedge"};
  enum Kind : std::size_t { over_the_cap, held, good_bad, dropped, refused, foreign, wedge };

  std::array<Number, kinds> times{};
  void count(bool is_wrong, Kind kind) { times[kind] += is_wrong ? 1 : 0; }
  [[nodiscard]] bool any() const { return times != std::array<Number, kinds>{}; }
};

/// A call that has not ended.
struct Permit {
  std::uint32_t stay = 0;
  std::uint16_t recovery = 0;  // which one it is a probe of; 0: admitted while closed
  std::uint16_t lease = 0;     // how many renewals came before it
  bool is_out = false;
  bool holds_slot = false;

  friend auto operator<=>(const Permit&, const Permit&) = default;
};

template <int Callers>
struct World {
  Word word = 0;
  std::array<Permit, Callers> permits{};
  std::uint32_t time = 0;      // in ms
  std::uint16_t recovery = 0;  // how many have begun
  std::uint16_t lease = 0;     // how many renewals in this one
  std::uint16_t good = 0;      // verdicts given in it
  std::uint16_t bad = 0;
  std::uint16_t resets = 0;

  friend bool operator==(const World&, const World&) = default;

  [[nodiscard]] bool is_half_open() const { return state_of(word) == State::half_open; }
  [[nodiscard]] Ticks now() const { return static_cast<Ticks>(time) * millisecond; }
  [[nodiscard]] std::uint64_t holders() const {
    return static_cast<std::uint64_t>(std::count_if(
        permits.begin(), permits.end(), [](const Permit& one) { return one.holds_slot; }));
  }
  /// Probes of this recovery that have not been answered.
  [[nodiscard]] std::uint64_t in_flight() const {
    return static_cast<std::uint64_t>(
        std::count_if(permits.begin(), permits.end(),
                      [&](const Permit& one) { return one.is_out && one.recovery == recovery; }));
  }
};

/// A circuit's settings, and the rule that moves it.
struct Circuit {
  Next next;
  Config config;
  bool takes_slots = true;  // at the end of a lease, so that who answers late frees none
  Rules rules{config};

  [[nodiscard]] Ticks longest_lease() const {
    return std::max(config.probe_lease.ticks(), config.open_for.backoff().max.ticks());
  }
};

/// Lets things happen to a world, and counts what goes wrong.
template <int Callers>
class Watch {
 public:
  using World = ::World<Callers>;
  Watch(const Circuit& circuit, World& world) : circuit_{circuit}, world_{world} {}

  /// A call arrives. **Returns** whether it was admitted.
  bool arrive(Permit& permit) {
    const bool is_free = world_.is_half_open() && world_.holders() < slots();
    const Step step = happens({EventKind::arrive});
    wrong.count(is_free && !step.takes_effect, Wrong::refused);
    if (!step.takes_effect) return false;
    if (step.reason == Reason::wait_over) {
      world_.recovery += 1;
      world_.lease = world_.good = world_.bad = 0;
    }
    if (is_renewal(step)) {
      world_.lease += 1;
      if (circuit_.takes_slots) give_slots_back();
    }
    const bool is_probe = world_.is_half_open();
    permit = {.stay = static_cast<std::uint32_t>(StayId::of(world_.word).clean_word()),
              .recovery = is_probe ? world_.recovery : std::uint16_t{0},
              .lease = is_probe ? world_.lease : std::uint16_t{0},
              .is_out = true,
              .holds_slot = is_probe};
    return true;
  }

  /// A call ends. One failure of a closed circuit trips it, and a classifier may trip it in any case.
  void end(Permit& permit, EventKind verdict) {
    const Permit ended = std::exchange(permit, {});
    const StayId stay = StayId::begun_by(ended.stay);
    if (ended.recovery == 0) return end_closed(stay, verdict);
    const bool counts = is_of_recovery(ended);
    const Word before = world_.word;
    const Step step = happens({verdict, stay});
    wrong.count(counts && !step.takes_effect, Wrong::dropped);
    wrong.count(!counts && (step.takes_effect || step.word != before), Wrong::foreign);
    if (counts && step.takes_effect) {
      world_.good = static_cast<std::uint16_t>(world_.good + (verdict == EventKind::success));
      world_.bad = static_cast<std::uint16_t>(world_.bad + (verdict == EventKind::failure));
    }
  }

  void reset() {
    happens({EventKind::reset});
    world_.resets += 1;
  }

  /// Looks at where the circuit stands now.
  void look() {
    if (!world_.is_half_open()) return look_outside();
    const std::uint64_t holders = world_.holders();
    const Word word = world_.word;
    wrong.count(holders > slots() || world_.in_flight() > probes() * (1 + world_.lease),
                Wrong::over_the_cap);
    wrong.count(HeldBits::get(word) != holders, Wrong::held);
    wrong.count(GoodBits::get(word) != world_.good || BadBits::get(word) != world_.bad,
                Wrong::good_bad);
    Ticks lease = circuit_.config.probe_lease.ticks();
    for (int i = 0; i < world_.lease && lease * 2 <= circuit_.longest_lease(); ++i) lease *= 2;
    // After 31 idle leases one more may pass.
    wrong.count(!is_admitted_in(lease) && !is_admitted_in(2 * lease), Wrong::wedge);
  }

  /// **Returns** whether a verdict must count: of this recovery, and not later than is kept.
  [[nodiscard]] bool is_of_recovery(const Permit& permit) const {
    return world_.is_half_open() && permit.recovery == world_.recovery &&
           world_.lease - permit.lease <= 63;
  }

  Wrong wrong;

 private:
  [[nodiscard]] std::uint64_t probes() const {
    return static_cast<std::uint64_t>(circuit_.config.probes);
  }
  [[nodiscard]] std::uint64_t slots() const {
    return circuit_.config.slow_start ? std::min<std::uint64_t>(probes(), world_.good + 1)
                                      : probes();
  }

  Step happens(const Event& event) {
    const Step step = circuit_.next(world_.word, event, world_.now(), circuit_.rules);
    world_.word = step.word;
    if (!world_.is_half_open()) {
      give_slots_back();
      world_.lease = world_.good = world_.bad = 0;
    }
    return step;
  }

  void give_slots_back() {
    for (Permit& permit : world_.permits) permit.holds_slot = false;
  }

  void end_closed(StayId stay, EventKind verdict) {
    const bool counts = StayId::of(world_.word) == stay;
    if (verdict == EventKind::classifier_trips) {
      wrong.count(happens({verdict, stay}).takes_effect != counts, Wrong::foreign);
      return;
    }
    const Step step = circuit_.next(world_.word, {verdict, stay}, world_.now(), circuit_.rules);
    wrong.count(step.takes_effect || step.word != world_.word, Wrong::foreign);
    if (verdict != EventKind::failure) return;
    wrong.count(happens({EventKind::policy_trips, stay}).takes_effect != counts, Wrong::foreign);
  }

  /// No permit of before is still good, and an open circuit lets somebody in in the end.
  void look_outside() {
    wrong.count(state_of(world_.word) == State::open &&
                    !is_admitted_in(circuit_.config.open_for.backoff().max.ticks()),
                Wrong::wedge);
  }

  [[nodiscard]] bool is_admitted_in(Ticks wait) const {
    const Ticks then = world_.now() + wait;
    return circuit_.next(world_.word, {EventKind::arrive}, then, circuit_.rules).takes_effect;
  }

  const Circuit& circuit_;
  World& world_;
};

constexpr std::array verdicts = {EventKind::success, EventKind::failure, EventKind::ignored,
                                 EventKind::classifier_trips};

void print(const World<3>& world) {
  std::printf("  %u ms: %s %u", world.time, to_string(state_of(world.word)),
              StayId::of(world.word).generation());
  if (world.is_half_open())
    std::printf(", renewals %llu held %llu good %llu bad %llu",
                Number{RenewalBits::get(world.word)}, Number{HeldBits::get(world.word)},
                Number{GoodBits::get(world.word)}, Number{BadBits::get(world.word)});
  for (const Permit& permit : world.permits) {
    if (permit.is_out)
      std::printf("; a call of %u%s", StayId::begun_by(permit.stay).generation(),
                  permit.holds_slot ? " holds a slot" : "");
  }
  std::printf("\n");
}

// ---- the search

/// Visits every world that three callers can come to, breadth first.
class Search {
 public:
  explicit Search(const Circuit& circuit) : circuit_{circuit} {
    visit({}, 0);
    for (std::uint32_t i = 0; i < worlds_.size(); ++i) expand(i);
  }

  [[nodiscard]] const Wrong& wrong() const { return wrong_; }
  [[nodiscard]] std::size_t size() const { return worlds_.size(); }

  /// Prints the shortest way to what went wrong first.
  void explain() const {
    std::vector<std::uint32_t> way;
    for (std::uint32_t i = before_wrong_; i != 0; i = came_from_[i]) way.push_back(i);
    std::for_each(way.rbegin(), way.rend(), [&](std::uint32_t i) { print(worlds_[i]); });
    print(first_wrong_);
  }

 private:
  using World = ::World<3>;
  static constexpr std::uint32_t last_time = 9;
  static constexpr int most_recoveries = 2;

  struct Hash {
    std::size_t operator()(const World& world) const {
      std::uint64_t hash = mix(world.word ^ mix(world.time));
      for (const Permit& one : world.permits)
        hash = mix(hash ^ (std::uint64_t{one.stay} << 16) ^ one.lease);
      return static_cast<std::size_t>(hash);
    }
  };

  /// Everything that may happen in a world.
  void expand(std::uint32_t from) {
    const World before = worlds_[from];
    if (before.time < last_time) try_out(from, [](World& world, auto&) { ++world.time; });
    if (before.resets == 0) try_out(from, [](World&, auto& watch) { watch.reset(); });
    for (std::size_t caller = 0; caller < before.permits.size(); ++caller) {
      if (!before.permits[caller].is_out) {
        try_out(from, [&](World& world, auto& watch) { watch.arrive(world.permits[caller]); });
        continue;
      }
      for (const EventKind verdict : verdicts) {
        try_out(from,
                [&](World& world, auto& watch) { watch.end(world.permits[caller], verdict); });
      }
    }
  }

  template <class Action>
  void try_out(std::uint32_t from, const Action& action) {
    World world = worlds_[from];
    Watch<3> watch{circuit_, world};
    action(world, watch);
    if (world.recovery > most_recoveries) return;
    std::sort(world.permits.begin(), world.permits.end());  // who is who does not matter
    if (visit(world, from)) watch.look();
    for (std::size_t i = 0; i < Wrong::kinds; ++i) wrong_.times[i] += watch.wrong.times[i];
    if (watch.wrong.any() && !is_wrong_) {
      is_wrong_ = true;
      before_wrong_ = from;
      first_wrong_ = world;
    }
  }

  /// **Returns** whether it is a new one.
  bool visit(const World& world, std::uint32_t from) {
    if (!found_.try_emplace(world, static_cast<std::uint32_t>(worlds_.size())).second) return false;
    worlds_.push_back(world);
    came_from_.push_back(from);
    return true;
  }

  const Circuit& circuit_;
  std::vector<World> worlds_;
  std::vector<std::uint32_t> came_from_;
  std::unordered_map<World, std::uint32_t, Hash> found_;
  Wrong wrong_;
  bool is_wrong_ = false;
  std::uint32_t before_wrong_ = 0;
  World first_wrong_;
};

struct Contender {
  const char* name;
  Next next;
  bool takes_slots;
  bool doubles;
  std::array<bool, Wrong::kinds> fails;  // what it must be seen to do wrong
};

constexpr bool no = false;
constexpr bool yes = true;
constexpr Contender contenders[] = {
    //                                       cap  held count dropped refused foreign wedge
    {"a new stay", new_stay, true, false, {no, no, no, yes, no, no, no}},
    {"the slot is passed on", slot_passed_on, false, false, {yes, yes, no, yes, no, no, no}},
    {"the lost are counted", lost_are_counted, true, false, {no, yes, no, no, yes, no, no}},
    {"renewals", shipped, true, false, {}},
    {"renewals, leases double", shipped, true, true, {}},
};

Config config_of(int probes, int verdicts_needed, bool doubles) {
  const Duration longest = doubles ? 8ms : 2ms;
  return {.open_for = Backoff{.first = 1ms, .factor = 1, .max = longest},
          .probes = probes,
          .close_after = verdicts_needed,
          .reopen_after = verdicts_needed,
          .probe_lease = 2ms,
          .retry_after_max = 1ms};
}

/// **Returns** whether the rule does wrong what it must, and nothing else.
bool is_as_expected(const Contender& contender, const Circuit& circuit, std::size_t& worlds) {
  const Search search{circuit};
  worlds += search.size();
  std::printf("%-24s %6d %6d/%d %8zu", contender.name, circuit.config.probes,
              circuit.config.close_after, circuit.config.reopen_after, search.size());
  bool ok = true;
  for (std::size_t i = 0; i < Wrong::kinds; ++i) {
    const Number times = search.wrong().times[i];
    std::printf(" %12llu", times);
    ok &= (times > 0) == contender.fails[i];
  }
  std::printf("\n");
  if (ok) return true;
  std::printf(
      "FAILED: this is not what the rule does wrong. The shortest way to the first of it:\n");
  search.explain();
  return false;
}

bool search_all() {
  std::printf("%-24s %6s %8s %8s", "at the end of a lease", "probes", "verdicts", "worlds");
  for (const char* name : Wrong::names) std::printf(" %12s", name);
  std::printf("\n");
  bool ok = true;
  int runs = 0;
  std::size_t worlds = 0;
  const auto run = [&](const Contender& contender, Config config) {
    const Circuit circuit{contender.next, config, contender.takes_slots};
    ok &= is_as_expected(contender, circuit, worlds);
    ++runs;
  };
  for (const Contender& contender : contenders)
    for (const int probes : {1, 2})
      for (const int verdicts_needed : {1, 2})
        run(contender, config_of(probes, verdicts_needed, contender.doubles));
  Config slow = config_of(2, 2, true);
  slow.slow_start = true;
  run({"renewals, slow start", shipped, true, true, {}}, slow);
  std::printf("%d runs, %zu worlds\n", runs, worlds);
  return ok;
}

// ---- past the most renewals that are counted

/// How far the walks came.
struct Walked {
  int renewals = 0;  // in one recovery
  Number late = 0;   // verdicts that counted after the lease of their probe
  Number dropped = 0;
};

/// A hundred callers do what chance has them do. **Returns** what went wrong.
Wrong walk(const Circuit& circuit, std::mt19937_64& random, Walked& walked) {
  World<100> world;
  Watch<100> watch{circuit, world};
  const auto verdicts_in_100 = 5 + random() % 30;
  for (int step = 0; step < 5'000; ++step) {
    Permit& permit = world.permits[random() % world.permits.size()];
    if (random() % 100 < 30) world.time += static_cast<std::uint32_t>(random() % 4);
    if (!permit.is_out) {
      watch.arrive(permit);
    } else if (random() % 100 < verdicts_in_100) {
      const bool is_probe = permit.recovery == world.recovery && world.is_half_open();
      if (is_probe && world.lease > permit.lease)
        ++(watch.is_of_recovery(permit) ? walked.late : walked.dropped);
      watch.end(permit, random() % 8 == 0 ? verdicts[random() % 2] : EventKind::ignored);
    }
    if (random() % 20'000 == 0) watch.reset();
    watch.look();
    walked.renewals = std::max(walked.renewals, static_cast<int>(world.lease));
  }
  return watch.wrong;
}

bool walk_all() {
  std::mt19937_64 random{1};
  Walked walked;
  bool ok = true;
  for (int i = 0; i < 300; ++i) {
    Config config = config_of(1 + i % 3, 1 + static_cast<int>(random() % 63), i % 2 == 0);
    config.slow_start = i % 5 == 0;
    const Wrong wrong = walk(Circuit{shipped, config}, random, walked);
    for (std::size_t kind = 0; kind < Wrong::kinds; ++kind) {
      if (wrong.times[kind] == 0) continue;
      std::printf("FAILED: walk %d, %s: %llu times\n", i, Wrong::names[kind], wrong.times[kind]);
      ok = false;
    }
  }
  std::printf(
      "300 walks: up to %d renewals in a recovery, %llu late verdicts counted, %llu came more than "
      "63 late\n",
      walked.renewals, walked.late, walked.dropped);
  if (walked.renewals > 100 && walked.late >= 10'000 && walked.dropped >= 1'000) return ok;
  std::printf("FAILED: the walks do not get past the most renewals that are counted\n");
  return false;
}

}  // namespace

int main() {
  const bool is_found = search_all();
  const bool ok = walk_all() && is_found;
  std::printf(
      "%s\n",
      ok ? "All agree: the shipping rule does nothing wrong, each other what it was rejected for"
         : "FAILED");
  return ok ? 0 : 1;
}
