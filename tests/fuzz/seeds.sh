#!/bin/sh
# Seeds of fuzz_bundle that no hand-made bundle replaces are what npucc makes today:
#
#     seeds.sh NPUCC CORPUS
#
# NPUCC_UPDATE_SEEDS=1 writes them anew.
set -u
npucc=$1 corpus=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset NPUCC_SCHEDULES
status=0

# NAME OPTIONS | what is in the conv
while IFS='|' read -r name options conv; do
	name=${name% } seed=$work/seed
	echo "conv a {$conv }" >"$work/seed.conv"
	[ "$name" = two-convs ] && echo "conv b {$conv }" >>"$work/seed.conv"
	# shellcheck disable=SC2086  # words
	if ! "$npucc" "$work/seed.conv" $options -q -o "$seed"; then
		echo "$name: not compiled" >&2
		status=1
	elif [ -n "${NPUCC_UPDATE_SEEDS-}" ]; then
		cp "$seed" "$corpus/$name"
	elif ! cmp "$seed" "$corpus/$name" >&2; then
		echo "$name: not what npucc makes (NPUCC_UPDATE_SEEDS=1 writes it)" >&2
		status=1
	fi
done <<'END'
grouped | --strip --cores 1 | type int8; input 16x5x6; output 32; kernel 1x2; groups 2
grouped-fp16 | --strip --cores 1 | input 24x4x5; output 12; kernel 1; groups 3; bias seed 1; activation clip 0 2
depthwise | --strip --cores 1 | type int8; input 20x6x7; output 20; kernel 3; groups 20; pad 1; input_quant scale 0.1 zero 9
depthwise-add | --strip --cores 1 | input 9x6x7; output 9; kernel 2; groups 9; add; activation relu
image | --strip --cores 1 | type int8; input 3x8x9; output 4; kernel 3; stride 2; input_quant uint8 scale 0.01 zero 128
image-grey | --strip --cores 1 | type int8; input 1x8x9; output 4; kernel 3; pad 1
image-fp16 | --strip --cores 1 | input 4x8x9; output 4; kernel 3; input_mean 0.5
sums | --strip --cores 1 | type int8; output_type int32; input 16x5x4; output 5; kernel 1
floats | --strip --cores 1 | output_type fp32; input 16x5x4; output 6; kernel 1; bias seed 3
per-tensor | --strip --cores 1 | type int8; weight_quant scale 0.01 zero 5; input 16x5x4; output 5; kernel 1; output_quant uint8 scale 0.1 zero 3
dilated | --strip --cores 1 | batch 2; input 2x9x9; output 5; kernel 3; dilation 2x3; pad 2
split-cores | --strip --cores 1,3 | input 16x12x4; output 16; kernel 1
two-convs | --cores 1 | input 16x5x4; output 16; kernel 1
END
exit $status
