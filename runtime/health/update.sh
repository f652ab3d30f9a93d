#!/bin/sh
# Compile health.conv into program.h, which libnpurt has built in.
#
#     runtime/health/update.sh NPUCC [OUTPUT]
#
# Run it after a change of the spec, its data or the compiler's output; a test says
# when that is due.
set -eu
npucc=$1
here=$(cd "$(dirname "$0")" && pwd)
output=${2:-$here/program.h}
bundle=$(mktemp)
trap 'rm -f "$bundle"' EXIT
cd "$here"
env -u NPUCC_SCHEDULES "$npucc" health.conv --cores 1 --strip -o "$bundle"
{
	echo "/* health.conv as npucc compiles it; made by update.sh, do not edit. */"
	echo "/* clang-format off */"
	od -An -v -t x8 -w32 "$bundle" |
		sed -e 's/^ */	0x/' -e 's/ \+\([0-9a-f]\)/, 0x\1/g' -e 's/$/,/' \
		    -e 's/0x0\{1,15\}\([0-9a-f]\)/0x\1/g'
} > "$output"
