#!/usr/bin/env bash
# Count the instructions of a closed, successful call over the bare call, with callgrind.
# Usage: instructions.sh <compiler> <include folder> <work folder>
# Exact and repeatable: the difference of two run lengths leaves nothing but the calls.
set -euo pipefail
compiler=$1 include=$2 work=$3 here=$(dirname "$0")
command -v valgrind > /dev/null || { echo "SKIPPED: there is no valgrind"; exit 0; }
mkdir -p "$work"
"$compiler" -std=c++20 -O2 -I"$include" "$here/calls.cpp" -o "$work/calls"

count() {  # instructions of the whole program
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$work/calls" "$@" 2>&1 |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
per_call() {
  local few many
  few=$(count "$1" 1000)
  many=$(count "$1" 21000)
  echo $(((many - few) / 20000))
}

bare=$(per_call bare)
failed=0
check() {  # <what> <limit>
  local over=$(($(per_call "$1") - bare))
  echo "$1: $over instructions over the bare call's $bare, at most $2 allowed"
  ((over <= $2)) || failed=1
}
check consecutive 8
check last_100 13
exit $failed
