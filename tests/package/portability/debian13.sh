#!/usr/bin/env bash
# What Debian 13 has and this release may not, in a root of it that is made here once: g++ 14, and what it says of misuse,
# without precompiled headers, as a user's compiler does; the store of a fleet with hiredis 1.2, which speaks TLS and RESP3,
# and Valkey 8.1; opentelemetry-cpp 1.19. Needs root, debootstrap and a way to Debian's packages.
# Usage: debian13.sh <folder>
set -euo pipefail
source=$(cd "$(dirname "$0")/../../.." && pwd)
mkdir -p "$1"
root=$(cd "$1" && pwd)/root
[[ $(id -u) == 0 ]] || { echo "SKIPPED: it needs root, to make a root of Debian 13"; exit 0; }
command -v debootstrap > /dev/null || { echo "SKIPPED: it needs debootstrap"; exit 0; }

inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
if [[ ! -e $root/made ]]; then
  rm -rf "$root"
  debootstrap --variant=minbase trixie "$root"
  touch "$root/made"
fi
inside apt-get install -yq --no-install-recommends \
  g++ cmake ninja-build catch2 libhiredis-dev libssl-dev valkey-server valkey-tools stunnel4 openssl \
  opentelemetry-cpp-dev libabsl-dev pkg-config
rm -rf "$root/source"
mkdir "$root/source"
tar -C "$source" --exclude=./build --exclude=./.git -cf - . | tar -C "$root/source" -xf -
inside bash -euc '
  cd /source
  cmake --preset package -B /build -DBREAKER_BUILD_TESTS=ON -DBREAKER_BUILD_EXAMPLES=OFF > /configured
  g++ --version | head -1
  ctest --test-dir /build -j "$(nproc)" --no-tests=error -R "^compile_fail: "
  ! ctest --test-dir /build -N | grep -E "left out: (fleet|adapters/opentelemetry)"
  cmake --build /build --target adapter_hiredis_tests adapter_opentelemetry_tests
  /build/tests/adapters/adapter_opentelemetry_tests
  valkey-server --version
  grep -hE "define HIREDIS_(MAJOR|MINOR|PATCH) " /usr/include/hiredis/hiredis.h
  /build/tests/adapters/adapter_hiredis_tests --durations yes'
