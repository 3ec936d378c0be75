#!/usr/bin/env bash
# What the umbrella header costs to compile, against the two standard headers that it can't do without.
# Usage: compile_time.sh <compiler> <include folder> <work folder>
# Processor time, runs interleaved, the median of each; a machine that is busy gets several tries.
set -euo pipefail
compiler=$1 include=$2 work=$3
limit=125 tries=4 runs=7  # percent
mkdir -p "$work"
printf '#include <atomic>\n#include <chrono>\nint main() {}\n' > "$work/base.cpp"
printf '#include <breaker/breaker.hpp>\nint main() {}\n' > "$work/umbrella.cpp"

milliseconds() {  # processor time of one compilation
  local TIMEFORMAT='%U %S'
  { time "$compiler" -std=c++20 -I"$include" -fsyntax-only "$work/$1.cpp"; } 2>&1 |
    awk 'END { printf "%d\n", ($1 + $2) * 1000 }'
}
median() { sort -n | sed -n "$((runs / 2 + 1))p"; }

for ((try = 1; try <= tries; ++try)); do
  : > "$work/base.ms"
  : > "$work/umbrella.ms"
  for ((run = 0; run < runs; ++run)); do
    for what in base umbrella; do milliseconds $what >> "$work/$what.ms"; done
  done
  base=$(median < "$work/base.ms")
  umbrella=$(median < "$work/umbrella.ms")
  echo "umbrella $umbrella ms, <atomic> and <chrono> $base ms: $((umbrella * 100 / base)) %, at most $limit % allowed"
  ((umbrella * 100 <= base * limit)) && exit 0
done
exit 1
