#!/usr/bin/env bash
# What a commit explores; its hash draws which schedules, and which scenarios in depth.
# Usage: daily.sh all|drawn <explore_headers>
set -euo pipefail
commit=$(git -C "${0%/*}" rev-parse HEAD 2> /dev/null || echo 1)
case $1 in
  all) exec "$2" --preemptions 1 --seed "$commit" ;;
  drawn) exec "$2" --part $((0x${commit:0:7} % 8 + 1))/8 --random 0 --priorities 0 ;;
esac
