#!/bin/sh
# int8 convs as a user runs and looks at them: NPUCC NPURUN NPUDUMP are the arguments.
# Works in a directory of its own and removes it.
npucc=$1 npurun=$2 npudump=$3
. "$(dirname "$0")/../cli_test.sh"

has_type() { head -c 80 "$1" | grep -qaF "'$2'" || fail "$1 is not $2"; }

# The input of the int8 convs in real numbers is the output of a conv of floats, and
# `float` is the conv whose numbers they should come near to.
cat >all.conv <<'END'
conv source { input 4x9x13; output 16; kernel 1 }
conv float { input 16x9x13; output 8; kernel 3; pad 1; bias seed 7; activation relu }
conv plain { type int8; input 16x9x13; output 8; kernel 3; pad 1; bias seed 7
             input_quant scale 0.015625 zero 0
             output_quant scale 0.125 zero -128; activation relu }
conv coarse { type int8; input 16x9x13; output 8; kernel 3; pad 1; bias seed 7
              input_quant scale 0.0004 zero 0; activation relu }
conv bytes { type int8; input 3x9x13; output 3; kernel 1
             input_quant scale 0.0078125 zero 128 uint8
             output_quant scale 0.0078125 zero 128 uint8 }
conv adds { type int8; input 16x9x13; output 8; kernel 3; pad 1; add scale 0.02 zero 3 }
conv wide { type int8; output_type int32; input 16x9x13; output 8; kernel 3 }
END
case=compile
run 0 "$npucc" all.conv -q -o all.npub
[ ! -s err ] || fail "said: $(cat err)"
echo 'conv cut { type int8; input 16x9x13; output 8; kernel 3; weight_quant scale 0.001 }' >cut.conv
run 0 "$npucc" cut.conv -q -n
says err "cut.conv:1:58: warning: "
says err " of 1152 weights are beyond what their scale can say, and are cut [weight-range]"
sed 's/0.001/100/' cut.conv >lost.conv
run 0 "$npucc" lost.conv -q -n
says err "all weights of 8 of 8 output channels are less than half their scale, and become 0"
sim() { # sim CODE CONV OPTION...
	want=$1 conv=$2
	shift 2
	run "$want" "$npurun" all.npub --device sim --conv "$conv" "$@"
}

case="check is exact"
for conv in plain coarse bytes adds wide; do
	sim 0 $conv --check --seed 3
	says out "check: PASS: 0 of"
	says out "from the conv in real numbers: largest error"
done
sim 0 float --check
says out "outputs out of bounds"

case="real numbers in and out"
sim 0 source -q --dequantize -o real.npy
has_type real.npy "<f4"
sim 0 float -q -i real.npy --dequantize -o want.npy
sim 1 plain -q -i real.npy -o no.npy
says err "real.npy: it has real numbers, but the conv takes int8; --quantize"
one_line
absent no.npy
sim 0 plain -q -i real.npy --quantize -o stored.npy --check
has_type stored.npy "|i1"
sim 0 plain -q -i real.npy --quantize --dequantize -o got.npy
has_type got.npy "<f4"
sim 0 plain -q -i real.npy --quantize --dequantize -o got.raw
[ "$(wc -c <got.raw)" = $((4 * 8 * 9 * 13)) ] || fail "got.raw has $(wc -c <got.raw) bytes"
sim 0 coarse -i real.npy --quantize
says err "numbers are outside what int8 holds with this scale, -0.0512 to 0.0508"
sim 0 float -q -i real.npy --quantize # nothing to do is no mistake

case="compare with a float model"
sim 0 plain -i real.npy --quantize --compare want.npy
says out "compare: largest error"
says out "steps)"
says out "SNR"
sim 0 plain -q -i real.npy --quantize --compare want.npy --max-error 1 --min-snr 20
[ ! -s out ] && [ ! -s err ] || fail "said something: $(cat out err)"
sim 1 plain -i real.npy --quantize --compare want.npy --max-error 0.0001 -o kept.npy
says err "npurun: want.npy: the largest error is"
[ -s kept.npy ] || fail "the output was not written"
sim 1 plain -q -i real.npy --quantize --compare want.npy --min-snr 90
says err "dB; wanted is 90.00 dB"
sim 0 float -q -i real.npy --compare want.npy --max-error 0.01
case="compare with stored numbers"
sim 0 plain -i real.npy --quantize --compare stored.npy --max-error 0
says out "SNR infinite, 936 of 936 equal"
case="limits of --check"
sim 0 plain -q --check --min-snr 20
sim 1 plain -q --check --min-snr 200
says err "npurun: --check: the SNR is"
sim 2 plain --min-snr 20
says err "--min-snr needs --compare or --check"
sim 2 plain --check --max-error -1
sim 2 plain --check --max-error x
case="references that do not fit"
sim 1 plain -q -i real.npy --quantize --compare real.npy
says err "real.npy: its shape is (1, 16, 9, 13), but the conv gives (1, 8, 9, 13)"
sim 3 plain --compare none.npy
grep -q "ran on" out && fail "it ran first"
sim 1 plain -q --compare all.conv
says err "all.conv: "

case="second operand"
sim 0 wide -q
sim 1 adds -q -i real.npy --quantize -o no.npy
says err "conv 'adds' adds a second tensor, 1x8x9x13 int8; name its file with --operand"
one_line
absent no.npy
sim 1 adds -q -i real.npy --quantize --operand real.npy
says err "real.npy: its shape is (1, 16, 9, 13), but the conv adds (1, 8, 9, 13)"
sim 0 adds -q -i real.npy --quantize --operand want.npy --check -o a.npy
sim 0 adds -q -i real.npy --quantize --operand stored.npy --check -o b.npy
cmp -s a.npy b.npy && fail "the operand does not matter"
sim 1 plain -q --operand stored.npy
says err "conv 'plain' adds no second tensor"
sim 3 adds -q --operand none.npy
sim 0 adds
says err "no --operand: made one up from seed 0"

case="bytes and pictures"
{
	printf 'P6 13 9 255\n'
	head -c $((3 * 9 * 13)) all.npub
} >photo.ppm
sim 0 bytes -q -i photo.ppm -o out.npy --check
has_type out.npy "|u1"
sim 0 bytes -q -i photo.ppm -o out.ppm
sim 0 bytes -q -i photo.ppm -o out.raw
sim 0 bytes -q -i out.npy -o x.npy
sim 0 bytes -q -i out.ppm -o y.npy
sim 0 bytes -q -i out.raw -o z.npy
cmp x.npy y.npy || fail "a picture and its array differ"
cmp x.npy z.npy || fail "raw bytes and their array differ"
sim 1 bytes -q -i stored.npy
sim 0 plain -q -o signed.npy
sim 0 bytes -q -i photo.ppm --mean 0.5 --scale 2 -o mapped.npy
cmp -s mapped.npy out.npy && fail "--mean does not matter"

case="a second run of what was written"
sim 0 bytes -q -i photo.ppm -o stored.u8.npy
sim 0 bytes -q -i photo.ppm --compare stored.u8.npy --max-error 0

case=list
run 0 "$npurun" --list all.npub
says out "uint8 1x3x9x13 scale 0.0078125 zero 128"
says out "int8 1x8x9x13 scale 0.02 zero 3"
says out "int32 1x8x7x11"

case=npudump
run 0 "$npudump" all.npub --conv adds
says out "operation bias,per-channel,add"
says out "t = t + round((operand - 3) *"
says out "bias-grouped"
run 0 "$npudump" all.npub --conv bytes --tensors
says out "uint8"
run 0 "$npudump" all.npub --conv plain --op
says out "t = max(t, 0)"
says out " - 128)"
run 0 "$npudump" all.npub --conv plain --channels
says out "correction"
run 0 "$npudump" all.npub --conv float --op
says out "t = S + bias[k]"
run 0 "$npudump" all.npub --conv wide --op
says out "out = t"
run 0 "$npudump" all.npub --conv adds --json
tr -d ' \n' <out >flat
says flat '"flags":["bias","per-channel","add"]'
says out '"operand_zero": 3'
says out '"factor":'
says out '"scales"'
run 0 "$npudump" all.npub --conv adds --as=capture
says out '"op_type": "ConvAdd"'
says out '"aux1"'
says out '"slug": "i8_c16_9x13_oc8_k3x3_s1_p1_g1_add"'
run 0 "$npudump" all.npub --conv plain --as=capture
says out '"op_type": "ConvRelu"'

# What the compiler takes, the simulator runs: the finest multiplier there is.
case="largest shift"
echo 'conv least { type int8; input 16x9x13; output 8; kernel 3; output_quant scale 1e10 }' >least.conv
run 0 "$npucc" least.conv -q -o least.npub
run 0 "$npudump" least.npub --op
says out "/ 2^62)"
run 0 "$npurun" least.npub --device sim --check
sed 's/1e10/3e10/' least.conv >beyond.conv
run 1 "$npucc" beyond.conv -q -n
says err "[output-scale-range]"

[ $failures = 0 ] || exit 1
echo "all good"
