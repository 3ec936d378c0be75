#!/usr/bin/env bash
# Let spin search the protocol of the state word: no assertion fails, and an open circuit closes in the end. Then break
# the protocol in three ways, each of which it must find.
# Usage: check.sh <work folder> [--deep]: with a command by hand too, for five minutes and two GiB of memory: too many states
# to keep, so they are hashed to bits
set -euo pipefail
model=$(cd "$(dirname "$0")" && pwd)/circuit.pml work=$1 deep=${2:-}
for tool in spin gcc; do
  command -v $tool > /dev/null || { echo "SKIPPED: there is no $tool"; exit 0; }
done

# search <name> <safety or liveness> <spin's options…>: the searcher's report, to stdout
search() {
  local folder=$work/$1 kind=$2
  shift 2
  mkdir -p "$folder"
  (
    cd "$folder"
    spin -a "$@" "$model" > /dev/null
    if [[ $kind == safety ]]; then
      gcc -O2 -w -DSAFETY -DNOCLAIM -DMEMLIM=12000 -o pan pan.c
      ./pan -m2000000
    else
      gcc -O2 -w -DNFAIR=8 -DMEMLIM=12000 -o pan pan.c
      ./pan -a -f -m2000000
    fi
  ) 2>&1 | grep -v '^Depth='
}

failed=0
holds() {  # <name> <safety or liveness> <options…>
  local report
  report=$(search "$@")
  if grep -q 'errors: 0' <<< "$report" && ! grep -q -e 'not completed' -e 'max search depth too small' <<< "$report"; then
    echo "holds: $* ($(sed -n 's/^ *\([0-9e+.]*\) states, stored.*/\1/p' <<< "$report") states)"
  else
    echo "FAILED: $*"
    echo "$report"
    failed=1
  fi
}
is_found() {  # <name> <safety or liveness> <options…>
  if search "$@" | grep -q 'errors: 1'; then echo "found: $*"; else echo "FAILED, not found: $*"; failed=1; fi
}

small=(-DCOMMANDS=0 -DCLOSE_AFTER=1)
holds safety safety "${small[@]}"
holds liveness liveness "${small[@]}"
is_found stale_verdict safety -DBROKEN_ID
is_found open_to_half_open_by_store safety -DBROKEN_STORE
is_found no_lease liveness -DBROKEN_LEASE "${small[@]}"
by_hand() {  # as far as it comes
  local report
  mkdir -p "$work/by_hand"
  report=$(
    cd "$work/by_hand"
    spin -a -DCOMMANDS=1 -DCLOSE_AFTER=1 "$model" > /dev/null
    gcc -O2 -w -DSAFETY -DNOCLAIM -DBITSTATE -o pan pan.c
    timeout --signal=INT 300 ./pan -m2000000 -w34 || true
  )
  if grep -q 'errors: 0' <<< "$report"; then
    echo "holds: safety by hand, as far as five minutes go ($(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' <<< "$report") states, bit-state hashing)"
  else
    echo "FAILED: by_hand"
    echo "$report"
    failed=1
  fi
}
[[ $deep != --deep ]] || by_hand
exit $failed
