// Runs each file of a folder as a trace: fuzz_replay FOLDER
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "proof/model/check.hpp"
#include "proof/model/circuits.hpp"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  model::Work work;
  std::size_t files = 0;
  std::set<std::size_t> kinds;
  for (const auto& entry : std::filesystem::directory_iterator{arguments[1]}) {
    std::ifstream file{entry.path(), std::ios::binary};
    const model::Bytes trace{std::istreambuf_iterator<char>{file}, {}};
    if (const auto what = model::difference(trace, work)) {
      std::printf("FAILED %s\n%s", entry.path().c_str(), model::explained_shortly(trace).c_str());
      return 1;
    }
    ++files;
    if (!trace.empty()) kinds.insert(trace[0] % model::circuit_kinds());
  }
  std::printf(
      "%zu traces of %zu kinds, %llu operations, %zu transitions agree with the reference\n", files,
      kinds.size(), static_cast<unsigned long long>(work.operations), work.edges.size());
  // Few and short, or nobody runs them; of every kind, or they say little.
  if (files > 0 && files <= 200 && kinds.size() == model::circuit_kinds() &&
      work.edges.size() == model::all_edges().size())
    return 0;
  std::printf("FAILED: a corpus is 1 to 200 traces that reach %zu kinds and %zu transitions\n",
              model::circuit_kinds(), model::all_edges().size());
  return 1;
}
