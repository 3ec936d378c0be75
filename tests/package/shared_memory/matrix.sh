#!/usr/bin/env bash
# Builds of different compilers, levels of optimisation and standard libraries take turns on the same circuits.
# Usage: matrix.sh <include folder> <work folder> [<compiler and flags> …]; without builds: all that this
# machine has.
set -euo pipefail
include=$1 work=$2 here=$(dirname "$0")
shift 2
[[ $(uname -s) == Linux && -w /dev/shm ]] || { echo "SKIPPED: it needs Linux, and /dev/shm"; exit 0; }
builds=("$@")
if ((${#builds[@]} == 0)); then
  for compiler in g++-12 g++-13 g++-14 clang++-14 clang++-16 clang++-19; do
    command -v $compiler > /dev/null || continue
    for level in -O0 -O2 '-O3 -march=native'; do builds+=("$compiler $level"); done
    builds+=("$compiler -O2 -fno-exceptions -fno-rtti")
  done
  builds+=('clang++-19 -stdlib=libc++ -O0' 'clang++-19 -stdlib=libc++ -O2')
fi

mkdir -p "$work"
path=/dev/shm/breaker_turns.$$
trap 'rm -f "$path".*' EXIT
programs=()
for build in "${builds[@]}"; do
  program=$work/turn.${#programs[@]}
  command -v "${build%% *}" > /dev/null || { echo "SKIPPED: there is no ${build%% *}"; exit 0; }
  # shellcheck disable=SC2086 # several words
  $build -std=c++20 -I"$include" "$here/turn.cpp" -o "$program" -pthread
  programs+=("$program")
done

sizes=
turns=$((2 * ${#programs[@]} > 14 ? 2 * ${#programs[@]} : 14))
((turns <= 49)) || turns=49
for ((turn = 0; turn < turns; ++turn)); do
  i=$((turn % ${#programs[@]}))
  said=$("${programs[$i]}" "$path" $turn) || { echo "turn $turn, ${builds[$i]}: $said"; exit 1; }
  [[ -z $sizes || $said == "$sizes" ]] || { echo "turn $turn, ${builds[$i]}: $said, and not $sizes"; exit 1; }
  sizes=$said
done
echo "${#programs[@]} builds, $turns turns: $sizes"
