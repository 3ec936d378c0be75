#!/usr/bin/env bash
# A call through a circuit in shared memory is the same instructions as one through a circuit of one's own.
# Usage: shared_path.sh <compiler> <include folder> <work folder>
set -euo pipefail
compiler=$1 include=$2 work=$3 here=$(dirname "$0")
[[ $(uname -s) == Linux ]] || { echo "SKIPPED: shared memory needs Linux"; exit 0; }
command -v objdump > /dev/null || { echo "SKIPPED: there is no objdump"; exit 0; }
mkdir -p "$work"
"$compiler" -std=c++20 -O2 -I"$include" -c "$here/shared_calls.cpp" -o "$work/shared_calls.o"

# Up to the next function, with places as distances from the beginning.
code_of() {  # <function>
  objdump -d --no-show-raw-insn -C "$work/shared_calls.o" | sed -n "/<$1>:\$/,/^\$/p" |
    sed -n 's/^ *[0-9a-f]*:\t//p' | sed -E "s/[0-9a-f]+ <$1\+/<here+/; s/^(call +)[0-9a-f]+ </\1</" |
    grep -vE '^(cs |data16 )*nop|^xchg +%ax,%ax'  # what fills up to the next function
}
failed=0
for what in call rate; do
  own=$(code_of ${what}_own)
  shared=$(code_of ${what}_shared)
  (($(wc -l <<< "$own") >= 8)) || { echo "${what}_own was not found"; exit 1; }
  if [[ $own == "$shared" ]]; then
    echo "$what: the same $(wc -l <<< "$own") instructions"
  else
    echo "$what: not the same:"
    diff <(echo "$own") <(echo "$shared") || true
    failed=1
  fi
done
exit $failed
