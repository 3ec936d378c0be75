#!/usr/bin/env bash
# What the umbrella header costs to compile, against the two standard headers that it can't do without.
# Usage: compile_cost.sh <compiler> <include folder> <work folder>
# By the memory that g++ hands out while it compiles: that goes with the time it takes, and is the same on a busy machine.
set -euo pipefail
compiler=$1 include=$2 work=$3
limit=145  # percent
mkdir -p "$work"
printf '#include <atomic>\n#include <chrono>\nint main() {}\n' > "$work/base.cpp"
printf '#include <breaker/breaker.hpp>\nint main() {}\n' > "$work/umbrella.cpp"

megabytes() {
  "$compiler" -std=c++20 -I"$include" -fsyntax-only -ftime-report "$work/$1.cpp" 2>&1 |
    sed -n 's/^ *TOTAL .* \([0-9]*\)M$/\1/p'
}

base=$(megabytes base)
[[ -n $base ]] || { echo "SKIPPED: this compiler does not tell"; exit 0; }
umbrella=$(megabytes umbrella)
echo "umbrella $umbrella MB, <atomic> and <chrono> $base MB: $((umbrella * 100 / base)) %, at most $limit % allowed"
((umbrella * 100 <= base * limit))
