#!/usr/bin/env bash
# The closed path takes no lock and writes to nothing that threads share.
# Usage: closed_path.sh <compiler> <include folder> <work folder>
set -euo pipefail
compiler=$1 include=$2 work=$3 here=$(dirname "$0")
[[ $(uname -m) == x86_64 ]] || { echo "SKIPPED: reads x86-64 code only"; exit 0; }
command -v objdump > /dev/null || { echo "SKIPPED: there is no objdump"; exit 0; }
mkdir -p "$work"
"$compiler" -std=c++20 -O2 -I"$include" -c "$here/calls.cpp" -o "$work/closed_path.o"

# What follows the return is the way out when an exception passes; a call of the slow path is made
# from a cold part. Both are left to other tests: what counts is that no store is in the function.
code=$(objdump -d --no-show-raw-insn -C "$work/closed_path.o" |
  sed -n '/<closed_path>:$/,/^$/p' | sed -n 's/^ *[0-9a-f]*:\t//p')
(($(wc -l <<< "$code") >= 8)) || { echo "closed_path was not found:"; echo "$code"; exit 1; }

# In AT&T order the last operand is written to. The stack is the thread's own; rbp leads there if it is the frame pointer.
stack='rsp'
! grep -qE '^mov +%rsp,%rbp$' <<< "$code" || stack='r[sb]p'
stores=$(grep -vE '^(cmp|test|lea|call|j[a-z]+|nop|cs nop|data16|push|pop|ret|xchg +%ax,%ax|endbr)' <<< "$code" |
  grep -E '\)( *#.*)?$' | grep -E ',-?(0x[0-9a-f]+)?\([^)]*\)|^[a-z]+ +-?(0x[0-9a-f]+)?\(' |
  grep -vE ",-?(0x[0-9a-f]+)?\\(%$stack[^)]*\\)( *#.*)?\$" || true)
locks=$(grep -E '^(lock|xchg .*\(|mfence|cmpxchg|xadd)' <<< "$code" || true)
if [[ -n $stores || -n $locks ]]; then
  echo "the closed path writes to memory or takes a lock:"
  echo "$stores" "$locks"
  echo "in:"
  echo "$code"
  exit 1
fi
echo "$(wc -l <<< "$code") instructions, no lock, no store"
