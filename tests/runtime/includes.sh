#!/bin/sh
# Who may include whom, in runtime/: the submit path knows no register, the
# verifier no planner, the simulator no bundle.
cd "$1" || exit 1
status=0
forbid() { # pattern file...
	pattern=$1; shift
	[ $# -gt 0 ] || { echo "no files to check" >&2; status=1; }
	if grep -nE "^#include \"$pattern" "$@" /dev/null; then
		echo "forbidden include" >&2
		status=1
	fi
}
forbid 'hw/npu_(regs|word)' run.c load.c tensor.c bundle.c bundle_check.c device_rknpu.c rknpu_*.c job.c health.c
forbid '(plan|layout|lower|encode|pack|compile)\.h' ./*.c ./*.h sim/*.c sim/*.h hw/*.c hw/*.h
forbid '(bundle|bundle_format|npurt|verify)' sim/*.c sim/*.h hw/*.c hw/*.h
forbid '(bundle|bundle_format)\.h' device_sim.c device_rknpu.c rknpu_*.c
exit $status
