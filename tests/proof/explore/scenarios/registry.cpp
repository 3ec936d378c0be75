// Scenarios: the registry.
#include "breaker/registry.hpp"

#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

namespace atomics = breaker::detail;

/// Stands in for a circuit: its content is written while it is made, so that a thread that sees it half made is found out.
class Cell {
 public:
  Cell(int number, int& alive) : number_{number}, alive_{alive} {
    content_.store(42, atomics::relaxed);
    ++alive_;
  }
  Cell(const Cell&) = delete;
  ~Cell() { --alive_; }

  [[nodiscard]] bool is_whole() const { return content_.load(atomics::relaxed) == 42; }
  [[nodiscard]] int number() const { return number_; }

 private:
  atomics::Atomic<int> content_{0};
  int number_;
  int& alive_;
};

/// A registry, and what was made for it.
class Cells {
 public:
  Cells(Run& run, int capacity)
      : run_{run}, registry_{{.capacity = capacity, .seed = 1}, Make{this}} {
    run.finally([this] { check_at_rest(); });
  }

  Cell& of(const char* key) {
    Cell& cell = registry_.of(key);
    run_.check(cell.is_whole(), "a circuit is seen half made");
    return cell;
  }
  void walk() {
    registry_.for_each([this](std::string_view, const Cell& cell) {
      run_.check(cell.is_whole(), "a walker sees a circuit half made");
    });
  }
  [[nodiscard]] auto& registry() { return registry_; }
  void check(bool holds, std::string_view claim) { run_.check(holds, claim); }
  void throw_at(int call) { throws_at_ = call; }

 private:
  struct Make {
    Cells* cells;
    Cell operator()(std::string_view, const breaker::Config&) const {
      if (++cells->calls_ == cells->throws_at_) throw 42;
      return Cell{cells->calls_, cells->alive_};
    }
  };

  void check_at_rest() {
    check(alive_ == static_cast<int>(registry_.made()) + 1,
          "what was made is kept, what came second is destroyed");
    std::size_t visited = 0;
    registry_.for_each([&](std::string_view key, const Cell& cell) {
      ++visited;
      check(registry_.find(key) == &cell, "a key is in the list, but not found");
    });
    check(visited == registry_.size(), "the list has another size than the registry says");
  }

  Run& run_;
  int calls_ = 0;
  int alive_ = 0;
  int throws_at_ = 0;
  breaker::Registry<Cell> registry_;
};

void one_circuit_for_a_key(Run& run, int threads) {
  auto& cells = run.make<Cells>(run, 2);
  auto& seen = run.make<std::vector<Cell*>>();
  for (int i = 0; i < threads; ++i) {
    run.thread([&] { seen.push_back(&cells.of("a")); });
  }
  run.finally([&] {
    for (const Cell* cell : seen) cells.check(cell == seen[0], "a key has two circuits");
    cells.check(cells.registry().overflowed() == 0,
                "the overflow circuit served a key that has one");
  });
}

void the_last_place(Run& run) {
  auto& cells = run.make<Cells>(run, 1);
  auto& seen = run.make<std::vector<Cell*>>();
  for (const char* key : {"a", "b"}) {
    run.thread([&, key] { seen.push_back(&cells.of(key)); });
  }
  run.finally([&] {
    cells.check(seen[0] != seen[1], "two keys share a circuit that is not the overflow circuit");
    cells.check(cells.registry().made() == 1 && cells.registry().overflowed() == 1,
                "one place, one circuit, one overflow");
  });
}

// Whoever finds the capacity used up has to see everything that used it up.
void the_last_key_is_found(Run& run) {
  auto& cells = run.make<Cells>(run, 1);
  auto& late = run.make<Cell*>(nullptr);
  run.thread([&] { cells.of("a"); });
  run.thread([&] { late = &cells.of("a"); });
  run.thread([&] { cells.of("b"); });
  run.finally([&] {
    Cell* const a = cells.registry().find("a");
    cells.check(late == (a != nullptr ? a : &cells.registry().overflow()),
                "a key lost its circuit");
  });
}

void erase_against_look_up(Run& run) {
  auto& cells = run.make<Cells>(run, 4);
  Cell& old = cells.of("a");
  auto& erased = run.make<std::vector<bool>>(2);
  run.thread([&] { erased[0] = cells.registry().erase("a"); });
  run.thread([&] { erased[1] = cells.registry().erase("a"); });
  run.thread([&cells] { cells.of("a"); });
  run.finally([&] {
    cells.check(old.is_whole(), "an erased circuit is gone");
    cells.check(erased[0] || erased[1], "nobody erased it");
  });
}

// The slot of an erased key goes to another, while somebody looks.
void a_slot_is_used_again(Run& run) {
  auto& cells = run.make<Cells>(run, 3);
  cells.of("a");
  run.thread([&] {
    cells.registry().erase("a");
    cells.of("b");
    cells.of("a");
  });
  run.thread([&] {
    cells.of("b");
    if (const Cell* cell = cells.registry().find("a")) cells.check(cell->is_whole(), "half made");
  });
}

void walk_while_making(Run& run, bool begins_empty) {
  auto& cells = run.make<Cells>(run, 3);
  if (!begins_empty) cells.of("a");
  run.thread([&] {
    cells.of("b");
    cells.of("c");
  });
  run.thread([&] { cells.walk(); });
}

void the_factory_throws_once(Run& run) {
  auto& cells = run.make<Cells>(run, 1);
  cells.throw_at(2);  // the first was the overflow circuit
  auto& seen = run.make<std::vector<Cell*>>();
  for (int i = 0; i < 2; ++i) {
    run.thread([&] {
      try {
        seen.push_back(&cells.of("a"));
      } catch (int) {
      }
    });
  }
  run.finally([&] {
    cells.check(seen.size() == 1 && seen[0] == cells.registry().find("a"),
                "the one that did not throw made it");
  });
}

const Scenarios registry{
    {"registry: two threads ask for a new key", [](Run& r) { one_circuit_for_a_key(r, 2); }},
    {"registry: three threads ask for a new key", [](Run& r) { one_circuit_for_a_key(r, 3); }, 1},
    {"registry: two keys race for the last place", the_last_place},
    {"registry: the last key is found when all places are used", the_last_key_is_found, 1},
    {"registry: erase against a look-up", erase_against_look_up, 1},
    {"registry: the slot of an erased key is used again", a_slot_is_used_again},
    {"registry: a walk while the first circuit is made",
     [](Run& r) { walk_while_making(r, true); }},
    {"registry: a walk while more are made", [](Run& r) { walk_while_making(r, false); }},
    {"registry: the factory throws once", the_factory_throws_once},
};

}  // namespace

}  // namespace explore
