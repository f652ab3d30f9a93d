#!/bin/sh
# From nothing to a picture with its edges found by an NPU program:
#
#     examples/quickstart.sh [DIRECTORY]      files go there (build-quickstart/out)
#
# Sets up and builds first; NPUCC_BUILD=DIR uses the programs built there.
set -eu
examples=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$examples")
out=${1:-$root/build-quickstart/out}

if [ -z "${NPUCC_BUILD:-}" ]; then
	. "$examples/setup.sh"
	# shellcheck disable=SC2086  # a list of words
	setup_packages $SETUP_BUILD
	NPUCC_BUILD=$root/build-quickstart
	echo "== building (the log is $NPUCC_BUILD/build.log)"
	mkdir -p "$NPUCC_BUILD"
	{
		cmake -S "$root" -B "$NPUCC_BUILD" -G Ninja -DNPUCC_TESTS=OFF &&
			cmake --build "$NPUCC_BUILD"
	} >"$NPUCC_BUILD/build.log" 2>&1 || {
		tail -40 "$NPUCC_BUILD/build.log" >&2
		exit 1
	}
fi
npucc=$NPUCC_BUILD/compiler/npucc
npurun=$NPUCC_BUILD/runtime/tools/npurun

mkdir -p "$out"
cd "$out"

echo "== drawing a picture"
awk -f "$examples/picture.awk" </dev/null >picture.ppm

echo "== compiling $examples/edges.conv"
"$npucc" "$examples/edges.conv" -o edges.npub
"$npucc" "$examples/edges.conv" --explain >edges.txt
sed -n '1,/^    time/p' edges.txt
echo "    ... the rest is in edges.txt"

echo "== running it on the simulator and comparing with plain loops"
"$npurun" edges.npub --device sim --input picture.ppm --output edges.png \
	--image-abs --image-range 0,1.5 --check

echo "== the same in 8-bit integers, on the picture's bytes, against the floats"
"$npucc" "$examples/edges.int8.conv" -o edges8.npub
"$npurun" edges.npub --device sim -q --input picture.ppm --output float.npy
"$npurun" edges8.npub --device sim --input picture.ppm --output edges8.png \
	--image-abs --image-range 0,1.5 --check --compare float.npy --min-snr 25

echo "== done; in $out:"
echo "    picture.ppm   the picture"
echo "    edges.png     its edges: red left-right, green top-bottom, blue fine detail"
echo "    edges8.png    the same from edges8.npub; float.npy is what it was compared with"
echo "    edges.npub    the bundle that libnpurt runs"
echo "    edges.txt     what was decided, and why"
