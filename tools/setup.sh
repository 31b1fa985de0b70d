#!/bin/sh
# Installs what attn-mlir needs on Debian 12 and builds it into build/.
# Sourced by quickstart.sh and check.sh; quick when nothing is left to do.
#
#   setup [PRESET]    a preset of CMakePresets.json, `release` by default

packages="clang-22 lld-22 libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools libomp-22-dev
  cmake ninja-build ccache git libgtest-dev python3 python3-numpy zlib1g-dev libzstd-dev"

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

install_packages() {
  missing=""
  for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
      grep -q 'ok installed' || missing="$missing $package"
  done
  [ -z "$missing" ] && return
  command -v apt-get >/dev/null ||
    die "these Debian packages are missing and there is no apt-get:$missing"
  run=""
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      die "installing packages needs root; as root, run: apt-get install$missing"
    run=sudo
  fi
  say "installing$missing"
  $run apt-get update -q >&2 || die "apt-get update failed"
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $run apt-get install -q -y --no-install-recommends $missing >&2 ||
    die "could not install$missing
LLVM 22 is in Debian 12's security archive: /etc/apt/sources.list must have
  deb http://deb.debian.org/debian-security bookworm-security main"
}

setup() {
  preset=${1:-release}
  case $preset in
    release) build=build ;;
    *) build=build-$preset ;;
  esac
  [ "$preset" != sanitize ] || packages="$packages libclang-rt-22-dev"
  install_packages
  # ccache keeps what precompiled headers allow; see CMakePresets.json.
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
  say "configuring ($preset)"
  log=$(mktemp)
  cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; die "cmake failed"; }
  rm -f "$log"
  say "building into $build"
  ninja -C "$build" >&2 || die "the build failed"
}
