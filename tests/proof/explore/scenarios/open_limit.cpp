// Scenarios: the limit of how many circuits may be out. Circuits are words here, so that all schedules are few enough.
#include "breaker/registry/open_limit.hpp"

#include <cstddef>
#include <cstdint>

#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::Ratio;
using breaker::detail::Atomic;
using breaker::detail::Grant;
using breaker::detail::OpenLimit;
using breaker::detail::Out;
using breaker::detail::Tripped;

/// Circuits that are numbers of stays: closed if even, out if odd.
template <std::size_t circuits>
class Words {
 public:
  /// So many of them are out, and no more than `limit` may be.
  Words(Run& run, std::size_t out, std::size_t limit) : run_{run}, most_{limit} {
    limit_.set_share(Ratio{static_cast<int>(limit), static_cast<int>(circuits)});
    for (std::size_t i = 0; i < out; ++i) trip(i);
    run.finally([this] { run_.check(count() <= most_, "more circuits are out than may be"); });
  }

  /// A policy trips at its own time, so that nobody pauses because of another.
  Tripped trip(std::size_t i) { return limit_.open(grant(i), time(i), Group{*this}); }
  /// The same by a thread that is stopped before it has opened the circuit.
  void trip_and_stop(std::size_t i) { limit_.open(grant(i), time(i), Stopped{Group{*this}}); }
  void close(std::size_t i) { at_[i].store(2, breaker::detail::relaxed); }

  void check(bool holds, std::string_view claim) { run_.check(holds, claim); }
  [[nodiscard]] std::size_t count() const { return Group{*this}.look().out; }

 private:
  static Grant grant(std::size_t i) { return {i, 0, true}; }
  static breaker::Ticks time(std::size_t i) { return static_cast<std::int64_t>(i) << 40; }

  struct Group {
    const Words& words;

    [[nodiscard]] Out look() const {
      Out seen{circuits, 0};
      for (const Atomic<std::uint64_t>& each : words.at_)
        seen.out += each.load(breaker::detail::relaxed) % 2;
      return seen;
    }
    [[nodiscard]] bool is_due(const Grant& grant) const {
      return words.at_[grant.place].load(breaker::detail::relaxed) == grant.stay;
    }
    void open(const Grant& grant) const {
      std::uint64_t seen = grant.stay;
      words.at_[grant.place].compare_exchange_strong(seen, seen + 1, breaker::detail::relaxed,
                                                     breaker::detail::relaxed);
    }
    void help(const Grant& grant) const { open(grant); }
  };
  struct Stopped : Group {
    void open(const Grant& /*grant*/) const {}
  };

  Run& run_;
  const std::size_t most_;
  OpenLimit limit_;
  mutable Atomic<std::uint64_t> at_[circuits]{};
};

// However many trip at once, as many open as may.
void trips_at_the_limit(Run& run, std::size_t limit) {
  auto& words = run.make<Words<3>>(run, std::size_t{0}, limit);
  for (std::size_t i = 0; i < 3; ++i) run.thread([&words, i] { words.trip(i); });
  run.finally([&words, limit] {
    words.check(words.count() == limit, "fewer circuits are out than may be");
  });
}

void trips_while_one_closes(Run& run) {
  auto& words = run.make<Words<3>>(run, std::size_t{1}, std::size_t{1});
  run.thread([&] { words.close(0); });
  for (std::size_t i = 1; i < 3; ++i) run.thread([&words, i] { words.trip(i); });
}

// Whoever is stopped between its grant and the opening leaves that to the next.
void one_is_stopped(Run& run) {
  auto& words = run.make<Words<3>>(run, std::size_t{0}, std::size_t{2});
  run.thread([&] { words.trip_and_stop(0); });
  for (std::size_t i = 1; i < 3; ++i) run.thread([&words, i] { words.trip(i); });
}

// Once the limit was reached, nobody opens until a quarter of it is free.
void trips_once_full(Run& run, std::size_t closing) {
  auto& words = run.make<Words<10>>(run, std::size_t{8}, std::size_t{8});
  run.thread([&words, closing] {
    for (std::size_t i = 0; i < closing; ++i) words.close(i);
  });
  for (std::size_t i = 8; i < 10; ++i) {
    run.thread([&words, i, closing] {
      const bool is_open = words.trip(i) == Tripped::yes;
      words.check(!is_open || closing >= 2, "a circuit opened before a quarter was free");
    });
  }
}

const Scenarios open_limit{
    {"limit: three trip where one may", [](Run& r) { trips_at_the_limit(r, 1); }},
    {"limit: three trip where two may", [](Run& r) { trips_at_the_limit(r, 2); }},
    {"limit: two trip while one closes", trips_while_one_closes},
    {"limit: one is stopped before it opens", one_is_stopped},
    {"limit: two trip before a quarter is free", [](Run& r) { trips_once_full(r, 1); }, 1},
    {"limit: two trip while a quarter comes free", [](Run& r) { trips_once_full(r, 2); }, 1},
};

}  // namespace

}  // namespace explore
