#!/bin/sh
# health_program.sh NPUCC DIRECTORY: DIRECTORY/program.h is up to date.
set -eu
output=$(mktemp)
trap 'rm -f "$output"' EXIT
"$2/update.sh" "$1" "$output"
cmp "$output" "$2/program.h" || {
	echo "run runtime/health/update.sh NPUCC: npucc compiles health.conv otherwise now" >&2
	exit 1
}
