#!/usr/bin/env bash
# The tests under sanitizers, and over standard libraries that check how they are used.
#
#   tests/package/sanitizers/run.sh                     all modes
#   tests/package/sanitizers/run.sh integer memory      these
#
# No report is tolerated, none about the headers or the tests is suppressed. The output of each mode
# stays in build/sanitizers.
#
# asan-gcc: with frames kept apart, which finds uses after return too; clang does so anyway. On the stack
#   itself forced unwinding leaves frames marked, and gcc 12's own runtime trips over them.
# integer: clang's checks of numbers that change when converted, of null where there must be none, of
#   indices. Unsigned numbers that wrap are not among them: hashes and generations are meant to. Over
#   libc++, and not within it: see integer.ignorelist.
# memory: clang's memory sanitizer, on random traces beside the model's reference, 4 million operations, and
#   on threads that use each policy, counters and a registry. It must have built all that a program calls:
#   Catch2's programs use too much of the standard library.
# asan-*, tsan-*: twenty seconds of the soak too.
# asan-gcc: adapters and faults on the wire too; tsan-gcc: those that need no library which TSan can't look
#   into (gRPC; Debian's cpp-httplib as a server) and so takes for wrong. Over libc++, or in debug mode, the
#   libraries that they link don't fit; clang's two would see what g++'s see.
# valgrind: what the memory sanitizer looks for, in the test cases. It runs one thread at a time: races it
#   leaves to the others.
# The long search of the explorer is left out: it is about the order of steps, not about what each does.
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=build/sanitizers
mkdir -p $out
modes=("$@")
((${#modes[@]} > 0)) ||
  modes=(asan-gcc asan-clang integer memory valgrind tsan-gcc tsan-clang libstdcxx-debug libcxx-hardened)

export ASAN_OPTIONS=detect_stack_use_after_return=1
strict="-fno-sanitize-recover=all -fno-omit-frame-pointer"
describe() {  # <mode>
  case $1 in
    *-gcc | libstdcxx-debug | valgrind) compiler=g++ ;;
    *) compiler=clang++-19 ;;
  esac
  case $1 in
    asan-*) flags="-fsanitize=address,undefined $strict" ;;
    integer) flags="-stdlib=libc++ -fsanitize=undefined,implicit-conversion,nullability,local-bounds,float-divide-by-zero $strict"
      flags+=" -fsanitize-ignorelist=$PWD/tests/package/sanitizers/integer.ignorelist" ;;
    valgrind) flags="-O1 -g1" ;;
    tsan-*) flags="-O1 -fsanitize=thread -fno-omit-frame-pointer" ;;
    libstdcxx-debug) flags="-O1 -D_GLIBCXX_DEBUG -D_GLIBCXX_DEBUG_PEDANTIC -D_GLIBCXX_ASSERTIONS" ;;
    libcxx-hardened) flags="-O1 -stdlib=libc++ -D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_DEBUG" ;;
    *) echo "no such mode: $1" && exit 2 ;;
  esac
}

# What a mode builds and runs: "<name> <path>" a line. The build must have been configured.
programs() {  # <mode>
  local kinds=(cases apart model fuzz soak explore) but=
  case $1 in
    asan-gcc) kinds+=(adapter wire) ;;
    tsan-gcc) kinds+=(adapter wire) but='adapter_(grpc|httplib)_tests' ;;
    integer | libcxx-hardened) but='unit_tests_absl' ;;  # Debian's is built over libstdc++
    valgrind) kinds=(cases) but='concurrency_tests|no_allocation_tests|memory_tests' ;;  # it has an allocator of its own
  esac
  tests/programs "$out/$1" "${kinds[@]}" | grep -vE "^($but) "
}

build() {  # <mode> <log>
  describe "$1"
  local build=$out/$1
  cmake --preset all -B "$build" "-DCMAKE_CXX_COMPILER=$compiler" "-DCMAKE_CXX_FLAGS=$flags" \
    -DCMAKE_BUILD_TYPE=None -DCMAKE_COMPILE_WARNING_AS_ERROR=OFF -DBREAKER_BUILD_EXAMPLES=OFF > "$2" 2>&1 || return 1
  programs "$1" > "$build.programs" 2>> "$2" && cmake --build "$build" --target $(cut -d' ' -f1 "$build.programs") >> "$2" 2>&1
}

check() {  # <mode>
  local log=$out/$1.log began=$SECONDS built cases
  build "$1" "$log" || { tail -50 "$log" && return 1; }
  built=$((SECONDS - began))
  cases=$(cut -d' ' -f1 "$out/$1.programs" | paste -sd'|')  # each begins the names of its test cases
  ctest --test-dir "$out/$1" -j2 --no-tests=error --output-on-failure -R "^($cases): |^(model|fuzz|explore)_" \
    -E '^(fuzz_circuit|explore_headers_.*)$' >> "$log" 2>&1 ||
    { tail -30 "$log" && return 1; }
  local soak=
  if [[ $1 == [at]san-* ]]; then
    "$out/$1/tests/proof/soak/soak" 20 > "$out/$1.soak.log" 2>&1 || { tail -50 "$out/$1.soak.log" && return 1; }
    soak="; soak $(tail -1 "$out/$1.soak.log")"
  fi
  printf '%-16s built in %3d s; %s; %s%s\n' "$1" $built "$(grep 'tests passed' "$log")" "$(grep '^Total Test time' "$log")" "$soak"
}

check_memory() {
  local log=$out/memory.log began=$SECONDS built
  local build=(clang++-19 -std=c++20 -stdlib=libc++ -O1 -g1 -Iinclude -Itests -pthread $strict
    -fsanitize=memory -fsanitize-memory-track-origins)
  "${build[@]}" tests/package/sanitizers/memory.cpp tests/proof/model/{check,circuits,trace}.cpp -o $out/memory > "$log" 2>&1 &&
    "${build[@]}" tests/package/sanitizers/memory_threads.cpp -o $out/memory_threads >> "$log" 2>&1 || { cat "$log" && return 1; }
  built=$((SECONDS - began))
  $out/memory >> "$log" 2>&1 && $out/memory_threads >> "$log" 2>&1 || { cat "$log" && return 1; }
  printf '%-16s built in %3d s; %s; %d s\n' memory $built "$(tail -2 "$log" | paste -sd, | sed 's/,/, /')" $((SECONDS - began))
}

check_valgrind() {
  local log began=$SECONDS name path said=()
  build valgrind $out/valgrind.log || { tail -50 $out/valgrind.log && return 1; }
  while read -r name path; do
    log=$out/valgrind_$name.log
    valgrind -q --fair-sched=yes --error-exitcode=1 "$path" < /dev/null > "$log" 2>&1 || { tail -50 "$log" && return 1; }
    said+=("$name: $(grep 'passed' "$log")")
  done < $out/valgrind.programs
  printf '%-16s %s; %d s\n' valgrind "$(printf '%s; ' "${said[@]}" | sed 's/; $//')" $((SECONDS - began))
}

failed=()
for mode in "${modes[@]}"; do
  case $mode in
    memory | valgrind) "check_$mode" || failed+=("$mode") ;;
    *) check "$mode" || failed+=("$mode") ;;
  esac
done
((${#failed[@]} == 0)) || { echo "FAILED: ${failed[*]}" && exit 1; }
