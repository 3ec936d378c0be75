#!/usr/bin/env bash
# What the headers cost to compile: the umbrella against the two standard headers that it can't do without, the headers of
# text and the registry against the umbrella, and a circuit that a sentence says.
# Usage: compile_cost.sh <compiler> <include folder> <work folder>
# By the memory that g++ hands out while it compiles: that goes with the time it takes, and is the same on a busy machine.
set -euo pipefail
compiler=$1 include=$2 work=$3
mkdir -p "$work"
source_of() { printf '%s\n' "${@:2}" 'int main() {}' > "$work/$1.cpp"; }
source_of base '#include <atomic>' '#include <chrono>'
source_of umbrella '#include <breaker/breaker.hpp>'
source_of text '#include <breaker/breaker.hpp>' '#include <breaker/text/forecast.hpp>' '#include <breaker/text/sentence.hpp>'
source_of registry '#include <breaker/breaker.hpp>' '#include <breaker/registry.hpp>'
source_of sentence '#include <breaker/text/sentence.hpp>' \
  'auto circuit = breaker::circuit<"50 % of the last 100 calls, at least 20; open 1 s doubling to 1 min, 20 % jitter; 3 probes">();'

compile() { "$compiler" -std=c++20 -I"$include" -fsyntax-only "${@:2}" "$work/$1.cpp" 2>&1; }
megabytes() { compile "$1" -ftime-report | sed -n 's/^ *TOTAL .* \([0-9]*\)M$/\1/p'; }

base=$(megabytes base)
[[ -n $base ]] || { echo "SKIPPED: this compiler does not tell"; exit 0; }
failed=0
compare() {  # <file> <than> <percent>
  local file than
  file=$(megabytes "$1") than=$(megabytes "$2")
  echo "$1 $file MB, $2 $than MB: $((file * 100 / than)) %, at most $3 % allowed"
  ((file * 100 <= than * $3)) || failed=1
}
compare umbrella base 145
compare text umbrella 130
compare registry umbrella 120

# g++ takes ten million steps a second or more: these are a part of the 0.2 s that a sentence may cost.
steps=250000
compile sentence -fconstexpr-ops-limit=$steps > "$work/sentence.log" ||
  { echo "the sentence of a circuit takes more than $steps steps to evaluate:"; head -5 "$work/sentence.log"; failed=1; }
exit $failed
