#!/usr/bin/env bash
# What the tests come by in include/, by lines, branches and conditions (MC/DC), as clang counts them. Fails
# where it is less than judge.py demands. Usage: coverage.sh <work folder>
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) root=$(cd "$(dirname "$0")/../../.." && pwd) work=$1
for tool in clang++-19 llvm-cov-19 llvm-profdata-19; do
  command -v $tool > /dev/null || { echo "SKIPPED: there is no $tool (clang-19, llvm-19)"; exit 0; }
done
mkdir -p "$work"
work=$(cd "$work" && pwd)
export LLVM_PROFILE_FILE=/dev/null  # the build asks each program for its tests

cmake -S "$root" -B "$work" -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DBREAKER_BUILD_EXAMPLES=OFF -DBREAKER_INSTALL=OFF \
  -DCMAKE_CXX_FLAGS="-w -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc -fprofile-update=atomic"
programs=(unit/unit_tests contract/contract_tests
  behaviour/behaviour_tests behaviour/no_allocation_tests behaviour/memory_tests behaviour/before_main_and_signals_tests
  "proof/model/model_test --operations 300000" proof/model/windows_test
  "proof/explore/explore_headers --random 50 --priorities 50 --preemptions 1" concurrency/concurrency_tests)
# Where the libraries are whose results these are about.
for program in unit_tests_absl unit_tests_cpp23; do
  grep -q "^build $program: " "$work/build.ninja" && programs+=("unit/$program")
done
names=()
for program in "${programs[@]}"; do names+=("$(basename "${program%% *}")"); done
cmake --build "$work" --target "${names[@]}"

# Each program by itself: a function of two of them may differ (the explorer's has other atomics).
for program in "${programs[@]}"; do
  name=$(basename "${program%% *}")
  echo "$program"
  # shellcheck disable=SC2086 # arguments follow the program
  LLVM_PROFILE_FILE=$work/$name.profraw "$work"/tests/$program > "$work/$name.log" || { cat "$work/$name.log"; exit 1; }
  llvm-profdata-19 merge -sparse "$work/$name.profraw" -o "$work/$name.profdata"
  llvm-cov-19 export -skip-expansions -instr-profile="$work/$name.profdata" \
    "$work/tests/${program%% *}" -sources "$root/include/breaker" > "$work/$name.json"
done
"$here/judge.py" "$root/include/breaker" "${names[@]/#/$work/}"
