// A fuzzer's bytes as a trace, on the shipping headers and on the reference. Linked with libFuzzer;
// without it, fuzz_replay runs files.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "proof/model/check.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static model::Work work;
  const model::Bytes trace(data, data + size);
  if (!model::difference(trace, work)) return 0;
  std::fputs(model::explained_shortly(trace).c_str(), stderr);
  std::abort();
}
