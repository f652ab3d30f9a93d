#!/bin/sh
# The library as users load it: LD_PRELOAD and settings in the environment.
#
#     preload.sh LIBRARY PROBE [EMULATOR ARG...]
#
# EMULATOR runs programs of another architecture (qemu-user) and passes -E on.
set -u
lib=$1 probe=$2
shift 2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
# With sanitizers the library brings their runtime along, after itself.
export ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"

run() {
	if [ $# -gt 0 ] && [ "$emulated" = yes ]; then
		"$@" -E LD_PRELOAD="$lib" "$probe" $word
	else
		env LD_PRELOAD="$lib" "$probe" $word
	fi
}
emulated=no
[ $# -gt 0 ] && emulated=yes
word=
status=0
expect() { # name wanted-status text file
	if [ "$code" != "$2" ]; then
		echo "$1: exit status $code instead of $2" >&2
		cat "$dir/out" "$dir/err" >&2
		status=1
	fi
	grep -qF -- "$3" "$4" || {
		echo "$1: no '$3' in:" >&2
		cat "$4" >&2
		status=1
	}
}

NPUEMU="version=906,soc=rk3583" NPUEMU_STATS=$dir/stats NPUEMU_LOG=$dir/log run "$@" \
	>"$dir/out" 2>"$dir/err"
code=$?
expect settings 0 "driver 906, query found" "$dir/out"
expect statistics 0 '"ioctls": 1,' "$dir/stats"
expect "statistics: nothing failed" 0 '"failed": false' "$dir/stats"

printf 'version 907\nhung\n' >"$dir/script"
NPUEMU_SCRIPT=$dir/script run "$@" >"$dir/out" 2>"$dir/err"
code=$?
expect "mistake in a script" 2 "$dir/script:2: unknown word 'hung'" "$dir/err"

NPUEMU_SCRIPT=$dir/none run "$@" >"$dir/out" 2>"$dir/err"
code=$?
expect "missing script" 2 "NPUEMU_SCRIPT: $dir/none: No such file" "$dir/err"

NPUEMU_SCRIPT=$dir run "$@" >"$dir/out" 2>"$dir/err"
code=$?
expect "directory for a script" 2 "NPUEMU_SCRIPT: $dir: Is a directory" "$dir/err"

NPUEMU=version run "$@" >"$dir/out" 2>"$dir/err"
code=$?
expect "mistake in the environment" 2 "NPUEMU:1: 'version' takes" "$dir/err"

word=crash
NPUEMU="crash einval" NPUEMU_STATS=$dir/stats NPUEMU_LOG=$dir/log run "$@" \
	>"$dir/out" 2>"$dir/err"
code=$?
expect "crash answered" 0 "kernel crash: MEM_SYNC of obj_addr 0xdead" "$dir/err"
expect "crash in the statistics" 0 '"failed": true' "$dir/stats"
expect "crash in the log" 0 "kernel crash: MEM_SYNC" "$dir/log"

ulimit -c 0
(run "$@" >"$dir/out" 2>"$dir/err")
code=$?
expect "crash stops the program" 134 "npuemu: stopping the program here" "$dir/err"
exit $status
