#!/usr/bin/env bash
# The tests on other machines, cross-built with Debian's g++ and run under qemu-user or wine, and on this
# one with other compilers and other flags.
#
#   tests/package/portability/run.sh                  all of them
#   tests/package/portability/run.sh s390x clang14    these
#   tests/package/portability/run.sh --quick s390x    the contract, some races and shorter models
#
# Prints for each program what it says of itself in the end, and its seconds; the whole stands in
# build/portability/<machine>. What the models print must be what they print on this machine. As root
# it installs what is missing.
#
# Test cases need Catch2 2, whose headers serve every machine. Where Catch2 3 is installed, which is built for
# one machine, the models are run alone, and the output says so.
#
# O3, lto: g++ with optimisation, across files too: the other builds of the tests have none.
# fastmath: as O3, with -ffast-math, which takes every number for a finite one.
# powerpc: a machine without lock-free 64-bit atomics, which must be refused.
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=build/portability
libraries=$PWD/$out/libraries
mkdir -p "$libraries"
exec 9> $out/lock && flock 9  # one of these at a time: they share what this machine says
export WINEPREFIX=$PWD/$out/wine WINEDEBUG=-all

every='.*'  # the names of the programs to build and run
races=()  # all, or those whose names match
circuit_operations=5000000 window_operations=20000 key_operations=100000
if [[ ${1:-} == --quick ]]; then
  shift
  every='contract_tests|concurrency_tests|model_test|windows_test|keys_test'
  races=("*race*")
  circuit_operations=200000 window_operations=2000 key_operations=10000
fi
machines=("$@")
((${#machines[@]} > 0)) || machines=(s390x i686 armhf aarch64 riscv64 powerpc mingw clang14 clang16 O3 lto fastmath)

describe() {  # <machine>: how it is built for, what runs its programs, which packages that takes
  local triple emulator
  wanted=$every
  case $1 in
    s390x) triple=s390x-linux-gnu emulator=s390x ;;  # big-endian
    i686)  # 32 bits, where 64-bit numbers are aligned to 4 bytes. This processor runs it by itself; qemu 7.2
           # hangs where any program of it starts a thread.
      local root=/usr/i686-linux-gnu/lib
      packages=(g++-i686-linux-gnu)
      settings=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_CXX_COMPILER=i686-linux-gnu-g++)
      run=($root/ld-linux.so.2 --library-path $root)
      if [[ -e ${run[0]} ]] && ! ("${run[@]}" --version) &> /dev/null; then
        without=', only what has one thread: this kernel runs no 32-bit program'
        wanted='contract_tests|model_test|windows_test|keys_test' packages+=(qemu-user) run=(qemu-i386 -L /usr/i686-linux-gnu)
      fi
      return ;;
    armhf) triple=arm-linux-gnueabihf emulator=arm ;;
    aarch64) triple=aarch64-linux-gnu emulator=aarch64 ;;
    riscv64) triple=riscv64-linux-gnu emulator=riscv64 ;;
    mingw)
      packages=(g++-mingw-w64-x86-64-posix wine64)
      settings=(-DCMAKE_SYSTEM_NAME=Windows -DCMAKE_CXX_COMPILER=x86_64-w64-mingw32-g++-posix
        -DCMAKE_EXE_LINKER_FLAGS=-static)
      run=(/usr/lib/wine/wine64)
      return ;;
    clang*)
      packages=("clang-${1#clang}")
      settings=("-DCMAKE_CXX_COMPILER=clang++-${1#clang}")
      run=(env)
      return ;;
    O3 | lto)
      packages=(g++)
      # With optimisation g++ 12 warns of its own library.
      settings=(-DCMAKE_CXX_COMPILER=g++ -DCMAKE_COMPILE_WARNING_AS_ERROR=OFF "-DCMAKE_CXX_FLAGS=-O3")
      [[ $1 == O3 ]] || settings+=("-DCMAKE_CXX_FLAGS=-O2 -flto=auto")
      run=(env)
      return ;;
    fastmath)
      packages=(g++)
      settings=(-DCMAKE_CXX_COMPILER=g++ -DCMAKE_COMPILE_WARNING_AS_ERROR=OFF "-DCMAKE_CXX_FLAGS=-O3 -ffast-math")
      run=(env)
      return ;;
    *) echo "no such machine: $1" && exit 2 ;;
  esac
  packages=(qemu-user "g++-$triple")
  settings=(-DCMAKE_SYSTEM_NAME=Linux "-DCMAKE_CXX_COMPILER=$triple-g++")
  # There std::barrier and std::atomic<bool>::exchange, which the tests use, ask for it.
  [[ $1 != riscv64 ]] || settings+=(-DCMAKE_CXX_STANDARD_LIBRARIES=-latomic)
  run=("qemu-$emulator" -L "/usr/$triple")
}

install_missing() {  # <package>…
  local missing=()
  for package in "$@"; do dpkg -s "$package" &> /dev/null || missing+=("$package"); done
  ((${#missing[@]} > 0)) || return 0
  [[ $(id -u) == 0 ]] || { echo "missing: ${missing[*]}" && return 1; }
  apt-get install -yq --no-install-recommends -o DPkg::Lock::Timeout=600 "${missing[@]}" > $out/apt.log
}

build() {  # <folder>, for the machine that was described; lists what there is to run in <folder>.programs
  local emulator
  emulator=$(IFS=';' && echo "${run[*]}")
  cmake --preset "$preset" -B "$1" -DCMAKE_BUILD_TYPE=None -DBREAKER_BUILD_EXAMPLES=OFF \
    "${settings[@]}" "-DCMAKE_CROSSCOMPILING_EMULATOR=$emulator" "-DCMAKE_FIND_ROOT_PATH=$libraries" \
    -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY &&
    tests/programs "$1" cases apart model | grep -E "^($wanted) " > "$1.programs" &&
    cmake --build "$1" --target $(cut -d' ' -f1 "$1.programs")
}

# Keep what a program prints; of that show the end, all of it if the program fails.
say() {  # <log> <name> <command…>
  local log=$1 name=$2 began=$SECONDS
  shift 2
  if ! "$@" < /dev/null > "$log" 2>&1 9>&-; then  # not holding the lock: wine leaves a server behind
    cat "$log"
    echo "FAILED: $name"
    return 1
  fi
  printf '  %-30s %3d s  %s\n' "$name" $((SECONDS - began)) \
    "$(grep -E 'passed|agree' "$log" | tail -1 | tr -d '\r')"
}

arguments_of() {  # <program>
  case $1 in
    concurrency_tests) arguments=("${races[@]}") ;;
    model_test) arguments=(--operations $circuit_operations) ;;
    windows_test) arguments=(--operations $window_operations) ;;
    keys_test) arguments=(--operations $key_operations) ;;
    *) arguments=() ;;
  esac
}

check() {  # <machine>
  local here=$out/$1 name path arguments
  describe "$1"
  install_missing "${packages[@]}" && describe "$1" && install_missing "${packages[@]}" || return 1
  local began=$SECONDS
  build "$here" > "$here.log" 2>&1 || { cat "$here.log" && return 1; }
  echo "$1: built in $((SECONDS - began)) s$without"
  while read -r name path; do
    arguments_of "$name"
    say "$here/$name.txt" "$name" "${run[@]}" "$path" "${arguments[@]}" || return 1
    [[ ! -e $out/$name.txt ]] || cmp <(tr -d '\r' < "$here/$name.txt") "$out/$name.txt" || return 1
  done < "$here.programs"
}

# What has atomics of its own alone compiles; with the library it says what it lacks, and nothing else.
check_powerpc() {
  local log=$out/powerpc.log compile=(powerpc-linux-gnu-g++ -std=c++20 -fsyntax-only -Iinclude tests/package/portability/no_atomics.cpp)
  install_missing g++-powerpc-linux-gnu || return 1
  "${compile[@]}" || return 1
  if "${compile[@]}" -DBREAKER > "$log" 2>&1; then echo "powerpc: this should not compile" && return 1; fi
  [[ $(grep -c 'error: ' "$log") == 1 ]] && grep -o 'static assertion failed: breaker needs lock-free 64-bit atomics' "$log" |
    sed 's/^/powerpc: refused, as it should be: /' || { cat "$log" && return 1; }
}

preset=all without='' headers=(catch2 libcli11-dev)
if [[ ! -e /usr/include/catch2/catch.hpp ]]; then
  preset=proof without=', the models alone: there is no Catch2 2' headers=(libcli11-dev)
fi
# Header-only libraries, where a search for this machine's own can't stray.
dpkg -L "${headers[@]}" | grep -E '^/usr/(include|lib|share/cmake)/' |
  tar -c --no-recursion -T - | tar -x -C "$libraries"

cmake --preset proof > $out/native.log
tests/programs build/proof model > $out/native.programs
cmake --build --preset proof --target $(cut -d' ' -f1 $out/native.programs) >> $out/native.log
while read -r name path; do
  arguments_of "$name"
  "$path" "${arguments[@]}" > "$out/$name.txt" < /dev/null
done < $out/native.programs

# As many at a time as there are cores: most programs keep one busy.
for machine in "${machines[@]}"; do
  rm -f "$out/$machine.passed"
  while (($(jobs -rp | wc -l) >= $(nproc))); do wait -n || true; done
  if [[ $machine == powerpc ]]; then judge=check_powerpc; else judge=check; fi
  { $judge "$machine" && grep -qE '^  |: refused' "$out/$machine.out" && touch "$out/$machine.passed"; } > "$out/$machine.out" 2>&1 &
done
wait
failed=()
for machine in "${machines[@]}"; do
  cat "$out/$machine.out"
  [[ -e $out/$machine.passed ]] || failed+=("$machine")
done
((${#failed[@]} == 0)) || { echo "FAILED: ${failed[*]}" && exit 1; }
