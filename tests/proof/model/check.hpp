// Runs a trace on a real circuit and on the reference, step by step, and finds where they differ.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "proof/model/trace.hpp"

namespace model {

/// How often each transition of a circuit was seen: {from, to, reason}.
using Edges = std::map<std::tuple<State, State, Reason>, std::uint64_t>;

/// Every transition that there is.
const std::set<Edges::key_type>& all_edges();

/// What was run so far.
struct Work {
  std::uint64_t operations = 0;
  std::uint64_t inexact_looks = 0;       // so many of their looks at windows were, see room.hpp
  std::array<std::uint64_t, 8> draws{};  // waits drawn by jitter, by the eighth they fell in
  std::array<std::uint64_t, 4>
      reconfigured{};  // plus 1: evidence was cleared; plus 2: a wait was cut
  Edges edges;

  Work& operator+=(const Work& more);
};

/// **Returns** where circuit and reference first differ on `trace`, in words; nothing if they
/// agree.
std::optional<std::string> difference(const Bytes& trace, Work& work);

/// **Returns** a trace that shows a difference too, from which nothing can be taken away.
/// **Requires** that `trace` shows one.
Bytes shrunk(Bytes trace);

/// **Returns** whether the circuit tells of the same transitions when `trace` is run again: its waits
/// follow from seed, generation and time alone.
bool repeats_itself(const Bytes& trace);

/// **Returns** the trace step by step, and where it ends.
std::string explained(const Bytes& trace);

/// **Returns** the shortest trace that shows what `trace` shows, explained.
/// **Requires** that it shows a difference.
std::string explained_shortly(const Bytes& trace);

}  // namespace model
