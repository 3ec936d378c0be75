#!/usr/bin/env bash
# What the tests come by in include/, by lines, branches and conditions (MC/DC), as clang counts them.
# Usage: coverage.sh <work folder>; leaves report.txt there
set -euo pipefail
tests=$(cd "$(dirname "$0")/.." && pwd) include=$(cd "$(dirname "$0")/../../include" && pwd) work=$1
for tool in clang++-19 llvm-cov-19 llvm-profdata-19; do
  command -v $tool > /dev/null || { echo "SKIPPED: there is no $tool (clang-19, llvm-19)"; exit 0; }
done
mkdir -p "$work"
libraries=()
[[ ! -e /usr/include/catch2/catch_all.hpp ]] || libraries=(-lCatch2Main -lCatch2)
export flags="-std=c++20 -O0 -w -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc -fprofile-update=atomic
  -I$include -I$tests"

# The programs that replace operator new or run before main stand alone; results of other libraries are not ours.
cd "$tests"
mapfile -t sources < <(find unit behaviour -name '*_test.cpp' ! -name 'result_*_*test.cpp' ! -name version_test.cpp \
  ! -name 'no_allocation_test.cpp' ! -name 'before_main*' | sort)
sources+=(support/main.cpp)
objects=()
for source in "${sources[@]}"; do objects+=("$work/${source//\//_}.o"); done
paste -d' ' <(printf '%s\n' "${sources[@]}") <(printf '%s\n' "${objects[@]}") |
  xargs -P "$(nproc)" -L1 bash -c "$(command -v ccache || true)"' clang++-19 $flags -c "$0" -o "$1"'
for program in unit behaviour; do  # apart: some names of tests are in both
  clang++-19 -fprofile-instr-generate "$work/$program"_*.o "$work/support_main.cpp.o" -pthread -o "$work/$program" "${libraries[@]}"
  LLVM_PROFILE_FILE=$work/$program.profraw "$work/$program" > "$work/$program.log"
done
llvm-profdata-19 merge -sparse "$work/unit.profraw" "$work/behaviour.profraw" -o "$work/tests.profdata"
llvm-cov-19 report -show-mcdc-summary -instr-profile="$work/tests.profdata" "$work/unit" -object "$work/behaviour" "$include" |
  tee "$work/report.txt"
