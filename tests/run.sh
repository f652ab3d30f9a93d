#!/bin/sh
# Set up, build and test everything, as on a clean Debian 12:
#
#     tests/run.sh
#
# Three builds: sanitizers (build-asan), the runtime for the board under an emulator
# (build-aarch64), and the release (build), whose summary of tests comes last.
set -eu
cd "$(dirname "$0")/.."
. examples/setup.sh

# shellcheck disable=SC2086  # lists of words
setup_packages $SETUP_BUILD $SETUP_TESTS $SETUP_BOARD
jobs=$(nproc)
log=${TMPDIR:-/tmp}/npucc-build.$$
trap 'rm -f "$log"' EXIT

# build PRESET: configure and build, quiet unless something fails
build() {
	echo "== building $1"
	if ! { cmake --preset "$1" && cmake --build --preset "$1" -j "$jobs"; } >"$log" 2>&1; then
		tail -60 "$log" >&2
		echo "The build of $1 failed." >&2
		exit 1
	fi
}

# check PRESET: run its tests
check() {
	echo "== testing $1"
	ctest --preset "$1" -j "$jobs" || { echo "Tests of $1 failed." >&2; exit 1; }
}

build asan
check asan
build aarch64
check aarch64
build release
check release
