#!/usr/bin/env bash
# Let spin search the whole protocol of the state word: no assertion fails, and an open circuit closes in the end. Then see that
# the search is worth something: what can happen does, and each way to break the protocol is found.
# Usage: check.sh <work folder> [--deep]: with every edge of the diagram and every choice of settings; no spin is an error then
set -euo pipefail
model=$(cd "$(dirname "$0")" && pwd)/circuit.pml work=$1 deep=${2:-}
for tool in spin gcc; do
  command -v $tool > /dev/null && continue
  echo "SKIPPED: there is no $tool"
  [[ $deep != --deep ]]
  exit
done

# search <safety or liveness> <spin's options…>: the searcher's report, to stdout
fair=-f  # weakly fair: who can go on for ever does in the end
effort=-O1  # of the compiler: worth it where every state is searched
search() {
  local kind=$1 gcc=(gcc "$effort" -w -DNOREDUCE -DMEMLIM=4000 -o pan pan.c)
  shift
  mkdir -p "$work"
  (
    cd "$work"
    rm -f ./*.trail
    if [[ $kind == safety ]]; then
      spin -a "$@" "$model" && "${gcc[@]}" -DSAFETY -DNOCLAIM && ./pan -m400000
    else
      spin -a -DLIVENESS "$@" "$model" && "${gcc[@]}" -DNFAIR=3 && ./pan -a $fair -m400000
    fi
  ) 2>&1 | grep -v '^Depth='
}

# Callers and the clock never end; the hand does, where it has to become calm. Every other line must have been reached.
unreached() { grep 'state [0-9]*, ' | grep -v '"-end-"'; }

failed=0
fail() {  # <what> <report>
  echo "FAILED: $1"
  echo "$2"
  failed=1
}
holds() {  # <safety or liveness> <options…>
  local report
  report=$(search "$@") || true
  if grep -q 'errors: 0' <<< "$report" &&
    ! grep -q -e 'not completed' -e 'max search depth too small' -e 'resource limit' <<< "$report" &&
    ! unreached <<< "$report" > /dev/null; then
    echo "holds: $* ($(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' <<< "$report") states)"
  else
    fail "$*" "$report"
  fi
}

# The comment beside the assertion that failed, or that a circuit stays open.
complaint() {  # <report> <options…>
  if grep -q 'acceptance cycle' <<< "$1"; then
    echo "stays open"
  elif grep -q 'assertion violated' <<< "$1"; then
    local line
    line=$(cd "$work" && spin -k circuit.pml.trail "${@:2}" "$model" | sed -n 's/.*:\([0-9]*\), Error: assertion violated.*/\1/p')
    sed -n "${line%%$'\n'*}s|.*assert(.*/\* \(.*\) \*/.*|\1|p" "$model"
  fi
}
is_found() {  # <complaint> <safety or liveness> <options…>
  local report
  report=$(effort=-O0 search "${@:2}") || true
  if [[ $(complaint "$report" "${@:3}") == "$1" ]]; then echo "found: ${*:2}: $1"; else fail "not found: $*" "$report"; fi
}

holds safety
holds liveness

large=(-DPROBES=2 -DCLOSE_AFTER=2 -DREOPEN_AFTER=2 -DTRIPS_AT=2)
is_found "a verdict of an earlier recovery moves nothing" safety -DBROKEN_ID
is_found "a verdict of this recovery counts" safety -DBROKEN_LATE
is_found "each slot is a probe's" safety -DBROKEN_SLOT
is_found "what probes said is kept" safety -DBROKEN_RENEWAL "${large[@]}"
is_found "only edges of the diagram" safety -DBROKEN_STORE
is_found "no wait and no lease is cut short" safety -DBROKEN_STAMP
is_found "no wait and no lease is cut short" safety -DBROKEN_CLOCK
is_found "stays open" liveness -DBROKEN_LEASE
is_found "stays open" liveness -DBROKEN_WAIT
fair='' is_found "stays open" liveness  # where nobody has to go on

# Quoted once more: spin hands its options to a shell.
is_reached() { is_found never safety "-DNEVER='$1'" "${@:2}"; }
edges_are_reached() {
  local edge
  for edge in "$@"; do is_reached "STATE(word)==${edge%:*}&&STATE(to)==${edge#*:}&&ID(word)!=ID(to)"; done
}
edges_are_reached HALF_OPEN:HALF_OPEN HALF_OPEN:FORCED_OPEN DISABLED:CLOSED
is_reached came_round
is_reached "STATE(to)==CLOSED&&age[0]==1&&!is_past[0]&&ID(to)!=ID(word)"

all_edges=({CLOSED,OPEN,HALF_OPEN,FORCED_OPEN,DISABLED}:{CLOSED,OPEN,FORCED_OPEN,DISABLED} {OPEN,HALF_OPEN}:HALF_OPEN)
all_settings=(-DPROBES={1,2}\ -DCLOSE_AFTER={1,2}\ -DREOPEN_AFTER={1,2}\ -DTRIPS_AT={1,2})
if [[ $deep == --deep ]]; then
  edges_are_reached "${all_edges[@]}"
  is_reached "STATE(to)==CLOSED&&ROW(to)==1" "${large[@]}"
  is_reached "STATE(to)==HALF_OPEN&&HELD(to)==2" "${large[@]}"
  is_reached "STATE(to)==HALF_OPEN&&GOOD(to)==1&&BAD(to)==1" "${large[@]}"
  is_reached "STATE(to)==HALF_OPEN&&RENEWALS(to)==2" -DRENEWALS_MAX=2
  for settings in "${all_settings[@]}" "${large[*]} -DSLOW_START" -DRENEWALS_MAX=2; do
    read -ra settings <<< "$settings"
    holds safety "${settings[@]}"
    holds liveness "${settings[@]}"
  done
fi
exit $failed
