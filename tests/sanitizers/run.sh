#!/usr/bin/env bash
# The tests under sanitizers, and over standard libraries that check how they are used.
#
#   tests/sanitizers/run.sh                     all modes but integer and msan, which have not run to their end yet
#   tests/sanitizers/run.sh integer msan        these
#
# Nothing is suppressed, no report is tolerated. The output of each mode stays in build/sanitizers.
#
# integer: clang's checks of numbers that change when converted, of null where there must be none, of
#   indices. Unsigned numbers that wrap are not among them: hashes and generations are meant to. Over
#   libc++: libstdc++ 12 itself converts in silence, in random distributions and in text.
# msan: over libstdc++ whose templates (strings, streams) are compiled along, and so watched too.
# asan-gcc: with frames kept apart, which finds uses after return too; clang does so anyway. On the stack
#   itself forced unwinding leaves frames marked, and gcc 12's own runtime trips over them.
# The long search of the explorer is left out: it is about the order of steps, not about what each does.
# Programs that link other C++ libraries (adapters, wire) are left out where these were built otherwise.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/sanitizers
mkdir -p $out
modes=("$@")
((${#modes[@]} > 0)) || modes=(asan-gcc asan-clang tsan-gcc tsan-clang libstdcxx-debug libcxx-hardened)

export ASAN_OPTIONS=detect_stack_use_after_return=1
strict="-fno-sanitize-recover=all -fno-omit-frame-pointer"
describe() {  # <mode>
  case $1 in
    *-gcc | libstdcxx-debug) compiler=g++ ;;
    *) compiler=clang++-19 ;;
  esac
  case $1 in
    asan-*) flags="-fsanitize=address,undefined $strict" ;;
    integer) flags="-stdlib=libc++ -fsanitize=undefined,implicit-conversion,nullability,local-bounds,float-divide-by-zero $strict" ;;
    msan) flags="-O1 -fsanitize=memory -fsanitize-memory-track-origins -D_GLIBCXX_EXTERN_TEMPLATE=0 $strict" ;;
    tsan-*) flags="-O1 -fsanitize=thread -fno-omit-frame-pointer" ;;
    libstdcxx-debug) flags="-O1 -D_GLIBCXX_DEBUG -D_GLIBCXX_DEBUG_PEDANTIC -D_GLIBCXX_ASSERTIONS" ;;
    libcxx-hardened) flags="-O1 -stdlib=libc++ -D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_DEBUG" ;;
    *) echo "no such mode: $1" && exit 2 ;;
  esac
}

core='unit_tests|behaviour_tests|no_allocation_tests|before_main_and_signals_tests|contract_tests'
core+='|concurrency_tests|model_test|windows_test|fuzz_replay|explore_(litmus|known_bad|headers|orders)'
labels='^(unit_tests|behaviour_tests|no_allocation_tests|before_main_and_signals_tests|contract_tests|stress|model|fuzz|explore)$'

check() {  # <mode>
  local build=$out/$1 log=$out/$1.log began=$SECONDS built
  describe "$1"
  cmake --preset test -B "$build" "-DCMAKE_CXX_COMPILER=$compiler" "-DCMAKE_CXX_FLAGS=$flags" \
    -DCMAKE_BUILD_TYPE=None -DCMAKE_COMPILE_WARNING_AS_ERROR=OFF -DBREAKER_BUILD_EXAMPLES=OFF > "$log" 2>&1 || { cat "$log" && return 1; }
  mapfile -t targets < <(ninja -C "$build" -t targets all | sed -nE "s/^($core): phony$/\1/p")
  cmake --build "$build" --target "${targets[@]}" >> "$log" 2>&1 || { tail -50 "$log" && return 1; }
  built=$((SECONDS - began))
  ctest --test-dir "$build" -j2 --output-on-failure -L "$labels" -E '^(fuzz_circuit|explore_headers)$' >> "$log" 2>&1 ||
    { tail -30 "$log" && return 1; }
  printf '%-16s built in %3d s; %s; %s\n' "$1" $built "$(grep 'tests passed' "$log")" "$(grep '^Total Test time' "$log")"
}

failed=()
for mode in "${modes[@]}"; do check "$mode" || failed+=("$mode"); done
((${#failed[@]} == 0)) || { echo "FAILED: ${failed[*]}" && exit 1; }
