#!/usr/bin/env bash
# To find a circuit in shared memory costs at most twice the instructions of finding one in a registry.
# Usage: shared_of.sh <compiler> <include folder> <work folder>
set -euo pipefail
compiler=$1 include=$2 work=$3 here=$(dirname "$0")
[[ $(uname -s) == Linux && -w /dev/shm ]] || { echo "SKIPPED: it needs Linux, and /dev/shm"; exit 0; }
command -v valgrind > /dev/null || { echo "SKIPPED: there is no valgrind"; exit 0; }
mkdir -p "$work"
"$compiler" -std=c++20 -O2 -I"$include" "$here/look_ups.cpp" -o "$work/look_ups" -pthread
path=/dev/shm/breaker_look_ups.$$
trap 'rm -f "$path"' EXIT
"$work/look_ups" shared "$path" 0  # makes the file, so that both runs place the keys alike

count() {  # instructions of the whole program
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$work/look_ups" "$1" "$path" "$2" 2>&1 |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
per_look_up() { echo $((($(count "$1" 21) - $(count "$1" 1)) / 10000)); }

registry=$(per_look_up registry)
shared=$(per_look_up shared)
echo "in a registry $registry instructions, in shared memory $shared"
((registry > 10 && shared <= 2 * registry))
