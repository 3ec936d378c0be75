#!/usr/bin/env bash
# What the tests reach in include/, by lines, branches and conditions (MC/DC), as clang counts them. Fails
# where it is less than judge.py demands. Usage: coverage.sh <work folder>
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) root=$(cd "$(dirname "$0")/../../.." && pwd) work=$1
for tool in clang++-19 llvm-cov-19 llvm-profdata-19; do
  command -v $tool > /dev/null || { echo "SKIPPED: there is no $tool (clang-19, llvm-19)"; exit 0; }
done
mkdir -p "$work"
work=$(cd "$work" && pwd)
export LLVM_PROFILE_FILE=/dev/null  # the build asks each program for its tests

clang++-19 -c "$here/exit.cpp" -o "$work/exit.o"
# Without precompiled headers: clang keeps no coverage of an inline function that comes out of one.
cmake -S "$root" -B "$work" -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DBREAKER_BUILD_PROOFS=ON -DBREAKER_BUILD_EXAMPLES=OFF \
  -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DCMAKE_EXE_LINKER_FLAGS="$work/exit.o" \
  -DCMAKE_CXX_FLAGS="-w -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc -fprofile-update=atomic"
# Of the explorer's programs, the one that runs the headers' scenarios.
"$root/tests/programs" "$work" cases model explore | grep -vE '^explore_(litmus|known_bad|orders) ' > "$work/programs"
mapfile -t names < <(cut -d' ' -f1 "$work/programs")
cmake --build "$work" --target "${names[@]}"

arguments_of() {  # <program>
  case $1 in
    model_test) echo "--operations 300000" ;;
    explore_headers) echo "--random 50 --priorities 50 --preemptions 1" ;;
  esac
}

# Each program by itself: a function of two of them may differ (the explorer's has other atomics).
while read -r name path; do
  echo "$name"
  rm -f "$work/$name".*.profraw
  # shellcheck disable=SC2046 # several words
  LLVM_PROFILE_FILE=$work/$name.%m.profraw "$path" $(arguments_of "$name") < /dev/null > "$work/$name.log" || { cat "$work/$name.log"; exit 1; }
  llvm-profdata-19 merge -sparse "$work/$name".*.profraw -o "$work/$name.profdata"
  llvm-cov-19 export -skip-expansions -instr-profile="$work/$name.profdata" "$path" -sources "$root/include/breaker" > "$work/$name.json"
done < "$work/programs"
"$here/judge.py" "$root/include/breaker" "${names[@]/#/$work/}"
