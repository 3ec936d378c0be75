// The suite. Takes Google Benchmark's flags, and --sample_ms=N.
#include "rows/rows.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>

#include "support/row.hpp"

int main(int argc, char** argv) {
  constexpr const char* sample_flag = "--sample_ms=";
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], sample_flag, std::strlen(sample_flag)) != 0) continue;
    bench::sample_time = std::chrono::milliseconds{std::atoi(argv[i] + std::strlen(sample_flag))};
    for (int rest = i; rest + 1 < argc; ++rest) argv[rest] = argv[rest + 1];
    --argc;
    break;
  }
  bench::add_primitives();
  bench::add_closed_calls();
  bench::add_other_calls();
  bench::add_naive();
  bench::add_growth();
  bench::add_registry();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
