// Runs each file of a folder as a trace: fuzz_replay FOLDER
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "model/check.hpp"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  model::Work work;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{arguments[1]}) {
    std::ifstream file{entry.path(), std::ios::binary};
    const model::Bytes trace{std::istreambuf_iterator<char>{file}, {}};
    if (const auto what = model::difference(trace, work)) {
      std::printf("FAILED %s\n%s", entry.path().c_str(),
                  model::explained(model::shrunk(trace)).c_str());
      return 1;
    }
    ++files;
  }
  std::printf("%d traces, %llu operations agree with the reference\n", files,
              static_cast<unsigned long long>(work.operations));
  return files > 0 ? 0 : 1;
}
