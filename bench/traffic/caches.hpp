// Caches: who has which line of memory, and how long a core waits for it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "traffic/atomic.hpp"

namespace traffic {

/// What an access costs, in ns.
struct Costs {
  double call = 1.0;       // what a call costs without its atomics
  double hit = 0.3;        // an access to a line that the core has
  double locked = 4.8;     // an instruction that locks a line, which the core has
  double transfer = 60.0;  // until another core's line is there
};

/// The lines that are shared, each with one writer or some readers (MESI). A line goes from core to core
/// one at a time: who wants it while it is on its way waits in turn.
class Caches {
 public:
  explicit Caches(const Costs& costs) : costs_{costs} {}

  /// **Returns** when the access by core `by` is over, which begins at `now`.
  double access(unsigned by, const Access& access, double now) {
    Line& line = lines_[access.address / 64];
    const std::uint64_t own = std::uint64_t{1} << by;
    const bool writes = access.kind != Kind::load;
    const double work = access.kind == Kind::locked ? costs_.locked : costs_.hit;
    const bool has_it = writes ? line.holders == own && line.is_written : (line.holders & own) != 0;
    if (has_it) return now + work;

    const bool is_first = line.holders == 0;
    const bool is_on_its_way =
        writes || line.is_written;  // readers of a clean line wait for nobody
    const double begin = is_on_its_way ? (std::max)(now, line.free_at) : now;
    const double arrives = begin + (is_first ? 0 : costs_.transfer);
    if (!is_first) ++transfers_;
    line.holders = writes ? own : line.holders | own;
    line.is_written = writes;
    if (is_on_its_way) line.free_at = arrives + work;
    return arrives + work;
  }

  /// **Returns** how many lines came from another core.
  [[nodiscard]] std::uint64_t transfers() const { return transfers_; }

 private:
  struct Line {
    std::uint64_t holders = 0;  // a bit each core
    bool is_written = false;    // by the one holder
    double free_at = 0;
  };

  Costs costs_;
  std::unordered_map<std::uintptr_t, Line> lines_;
  std::uint64_t transfers_ = 0;
};

}  // namespace traffic
