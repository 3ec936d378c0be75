// Runs a trace on a real circuit and on the reference, step by step, and finds where they differ.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "model/trace.hpp"

namespace model {

/// How often each transition of a circuit was seen: {from, to, reason}.
using Edges = std::map<std::tuple<State, State, Reason>, std::uint64_t>;

/// What was run so far.
struct Work {
  std::uint64_t operations = 0;
  std::uint64_t inexact_looks = 0;  // so many of their looks at windows were, see room.hpp
  Edges edges;
};

/// **Returns** where circuit and reference first differ on `trace`, in words; nothing if they
/// agree.
std::optional<std::string> difference(const Bytes& trace, Work& work);

/// **Returns** a trace that shows a difference too, from which nothing can be taken away.
/// **Requires** that `trace` shows one.
Bytes shrunk(Bytes trace);

/// **Returns** the trace step by step, and where it ends.
std::string explained(const Bytes& trace);

}  // namespace model
