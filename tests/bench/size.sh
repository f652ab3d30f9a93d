#!/bin/sh
# Text of libnpurt for the board: builds it with -Os and prints what each part takes.
#
#     tests/bench/size.sh [CC]      exit 1 when over the budget
#
# "text" is what size(1) calls it: code and constants.  Unwind tables are left out,
# as in any C program built for size.
set -eu
cc=${1:-aarch64-linux-gnu-gcc}
size=${SIZE:-$(echo "$cc" | sed 's/gcc.*$/size/')}
limit=32768
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

text() { # files... -> their text in bytes
	"$size" "$@" | awk 'NR > 1 { sum += $1 } END { print sum }'
}

for source in "$root"/runtime/*.c "$root"/runtime/rknpu/*.c "$root"/runtime/verify/*.c \
	"$root"/runtime/hw/*.c; do
	name=$(basename "$source" .c)
	[ "$name" = device_sim ] && continue
	"$cc" -std=c11 -Os -fno-asynchronous-unwind-tables -fno-unwind-tables \
		-D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -I"$root/runtime" \
		-c "$source" -o "$out/$name.o"
done
hw=$(text "$out"/npu_*.o)
verifier=$(text "$out"/verify*.o)
health=$(text "$out"/health.o)
rm "$out"/npu_*.o "$out"/verify*.o "$out"/health.o
rest=$(text "$out"/*.o)
"$size" "$out"/*.o | awk 'NR > 1 { n = split($6, p, "/"); printf "  %6d  %s\n", $1, p[n] }'
echo "reader, run, rknpu device   $rest bytes of text (budget $limit)"
echo "verifier                    $verifier"
echo "health probe                $health"
echo "register tables             $hw"
echo "all of it                   $((rest + verifier + health + hw))"
[ "$rest" -le "$limit" ] || { echo "over the budget" >&2; exit 1; }
