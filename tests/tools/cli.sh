#!/bin/sh
# The three programs as a user calls them: NPUCC NPURUN NPUDUMP are the arguments.
# Works in a directory of its own and removes it.
npucc=$1 npurun=$2 npudump=$3
. "$(dirname "$0")/../cli_test.sh"

# A 3 x 3 conv over three channels of 9 x 13 that keeps the size.
echo "conv edges b1_c3_h9_w13_oc3_wic3_k3x3_g1_s1_psame" >rgb.conv
case=compile
run 0 "$npucc" rgb.conv -o rgb.npub
run 0 "$npucc" b2_c24_h7_w5_oc9_wic24_k1x3_g1_s2x1_pvalid -o batch.npub

case=help
for tool in "$npucc" "$npurun" "$npudump"; do
	run 0 "$tool" --help
	says out SYNOPSIS
	says out "EXIT STATUS"
	run 0 "$tool" --version
done

case=usage
run 2 "$npurun"
run 2 "$npurun" --chekc rgb.npub
says err "did you mean '--check'?"
run 2 "$npurun" rgb.npub batch.npub
run 2 "$npurun" rgb.npub --cores 4
run 2 "$npurun" rgb.npub --channels 1,2
run 2 "$npurun" rgb.npub --allow everything
run 2 "$npudump"
run 2 "$npudump" rgb.npub --as=xml
says err "text, json, capture"

case="every mistake in one run, wherever it is found"
cat >mistakes.conv <<'END'
conv a { input 3x4x5; output 2; kernel 3; stride 1 9 }
conv a { input 3x4x5; output 2; kernel 7 }
conv b { input 3x4x5; output 2; kernel 3; kernl 3 }
END
for option in --quiet --dry-run --explain; do
	run 1 "$npucc" mistakes.conv $option -o no.npub
	says err "mistakes.conv:1:52: error: stride 9 is out of range [stride-range]"
	says err "mistakes.conv:2:40: error: kernel height 7 does not fit"
	says err "mistakes.conv:2:6: error: two convs are called 'a' [name-unique]"
	says err "mistakes.conv:3:43: error: unknown attribute 'kernl'"
	absent no.npub
done
run 1 "$npucc" verify mistakes.conv
says err "[stride-range]"
says err "unknown attribute"
i=0
while [ $i -lt 25 ]; do
	echo "conv c$i { input 3x4x5; output 2; kernel 3; stride 9 }"
	i=$((i + 1))
done >many.conv
run 1 "$npucc" many.conv -o no.npub
[ "$(grep -c 'error: stride' err)" = 20 ] || fail "not 20 errors"
says err "error: more than 20 errors; the others are not shown"

case=check
run 0 "$npurun" rgb.npub --device sim --check --output y.npy
says out "check: PASS: 0 of 351 outputs"
[ "$(wc -c <y.npy)" = $((128 + 3 * 9 * 13 * 2)) ] || fail "y.npy has $(wc -c <y.npy) bytes"
run 0 "$npurun" batch.npub --device sim --check --seed 5 --threads 3 --output z.raw
says out "check: PASS: 0 of 216 outputs"
[ "$(wc -c <z.raw)" = 432 ] || fail "z.raw has $(wc -c <z.raw) bytes"

case=quiet
run 0 "$npurun" rgb.npub --device sim --check -q
[ ! -s out ] && [ ! -s err ] || fail "said something"

case="the same input gives the same output"
run 0 "$npurun" rgb.npub --device sim -q --output a.raw
run 0 "$npurun" rgb.npub --device sim -q --output b.raw --threads 1
cmp a.raw b.raw || fail "differs"
run 0 "$npurun" rgb.npub --device sim -q --output c.raw --seed 1
cmp -s a.raw c.raw && fail "the seed does not matter"

case="output as next input"
run 0 "$npurun" rgb.npub --device sim -q --input y.npy --output y2.npy --check
run 0 "$npurun" rgb.npub --device sim -q --input a.raw --output y3.npy
cmp y2.npy y3.npy || fail "npy and raw of the same numbers differ"

case=pictures
for kind in png ppm; do
	run 0 "$npurun" rgb.npub --device sim -q --output p.$kind --image-range=-4,4
	run 0 "$npurun" rgb.npub --device sim -q --input p.$kind --output q.$kind --check
done
run 0 "$npurun" rgb.npub --device sim -q --input p.png --output from-png.raw
run 0 "$npurun" rgb.npub --device sim -q --input p.ppm --output from-ppm.raw
cmp from-png.raw from-ppm.raw || fail "png and ppm of the same picture differ"
run 0 "$npurun" rgb.npub --device sim -q --output g.pgm --channels 2 --image-abs

case="wrong input"
run 1 "$npurun" rgb.npub --device sim --input z.raw --output no.npy
says err "z.raw: it has 432 bytes, but 1x3x9x13 fp16 takes 702"
one_line
absent no.npy
run 1 "$npurun" batch.npub --device sim --input y.npy --output no.npy
says err "y.npy: its shape is (1, 3, 9, 13), but the conv takes (2, 24, 7, 5)"
absent no.npy
run 1 "$npurun" rgb.npub --device sim --input g.pgm --output no.npy
says err "a grey picture, but the conv takes 3 channels; convert it to RGB"
absent no.npy
head -c 300 y.npy >short.npy
run 1 "$npurun" rgb.npub --device sim --input short.npy --output no.npy
one_line
absent no.npy
run 1 "$npurun" batch.npub --device sim --output no.png
says err "a batch of 2 images is not one picture"
absent no.png

case="file trouble"
run 3 "$npurun" rgb.npub --device sim -q --input none.npy
run 3 "$npurun" none.npub
run 3 "$npurun" rgb.npub --device sim -q --output none/y.npy
run 3 "$npurun" rgb.npub --device sim -q --output /dev/full --output-format npy
says err "No space left on device"
run 3 "$npudump" none.npub
run 3 "$npudump" rgb.npub -o none/x

case="standard output"
"$npurun" rgb.npub --device sim -q --output - --output-format raw >stdout.raw 2>err ||
	fail "exit code $?"
cmp a.raw stdout.raw || fail "differs from the file"

case="devices"
run 0 env NPURT_NO_DEVICE=1 "$npurun" rgb.npub
says err "running in the simulator, because"
run 1 env NPURT_NO_DEVICE=1 "$npurun" rgb.npub --device /dev/null
run 1 "$npurun" rgb.npub --device /dev/null
one_line

case="choices of conv and plan"
run 0 "$npurun" rgb.npub --list
says out edges
run 0 "$npurun" rgb.npub --device sim -q --conv 0
run 0 "$npurun" rgb.npub --device sim -q --conv edges
run 1 "$npurun" rgb.npub --device sim -q --conv edgse
says err "did you mean 'edges'?"
run 1 "$npurun" rgb.npub --device sim -q --min-evidence promoted
one_line

case="broken bundles"
bytes=$(wc -c <rgb.npub)
for n in 0 1 7 127 128 700 $((bytes - 1)); do
	head -c "$n" rgb.npub >cut.npub
	run 1 "$npudump" cut.npub
	one_line
	[ ! -s out ] || fail "dumped a prefix of $n bytes"
	run 1 "$npurun" cut.npub --output no.npy
	one_line
	absent no.npy
done
for at in 3 20 300 900 $((bytes / 2)); do
	cp rgb.npub flip.npub
	old=$(od -An -tu1 -j "$at" -N 1 rgb.npub)
	printf "\\$(printf %o $((old ^ 16)))" | dd of=flip.npub bs=1 seek="$at" conv=notrunc 2>/dev/null
	run 1 "$npurun" flip.npub --device sim --output no.npy
	one_line
	absent no.npy
done
run 1 "$npudump" y.npy
says err "not an npucc bundle"

case=dump
run 0 "$npurun" rgb.npub --device sim -q --dump d
for file in run.json bo0-task.before.bin bo0-task.after.bin bo1-weight.before.bin \
	bo3-input.before.bin bo4-output.before.bin bo4-output.after.bin; do
	[ -s "d/$file" ] || fail "no $file"
done
says d/run.json '"result": "NPURT_OK"'
says d/run.json '"core_mask": 0'
cmp d/bo1-weight.before.bin d/bo1-weight.after.bin || fail "the run changed the weights"
cmp -s d/bo4-output.before.bin d/bo4-output.after.bin && fail "the run left the output alone"

case=bench
run 0 "$npurun" rgb.npub --device sim --bench 3
says out "bench: 3 runs"
says out "% of memcpy"

case=npudump
run 0 "$npudump" rgb.npub
for text in sections tensor "plan" "task" "sync" "0x40b" pixel; do says out "$text"; done
run 0 "$npudump" rgb.npub --regs
says out "CNA.CONV_CON1"
says out "PC.OPERATION_ENABLE"
run 0 "$npudump" rgb.npub --json -o x.json
says x.json '"sound": true'
run 0 "$npudump" rgb.npub --as=capture
says out '"full_window": true'
run 1 "$npudump" rgb.npub --regs --task 9999
says err "rgb.npub: there is no task 9999; the last one is"
run 0 "$npucc" b1_c64_h56_w56_oc128_wic64_k3x3_g1_s1_pvalid -q --cores=1 -o again.npub
run 1 "$npudump" again.npub --cores 3
says err "again.npub: there is no plan for 3 cores; npucc --cores makes others"
run 0 "$npucc" b1_c64_h56_w56_oc128_wic64_k3x3_g1_s1_pvalid -q --cores=all -o again.npub
run 1 "$npudump" again.npub --tasks --cores 3 --task 0
says err "task 0 is not of the plan that --cores 3 names"
mkdir captures
for conv in rgb.conv b2_c24_h7_w5_oc9_wic24_k1x3_g1_s2x1_pvalid \
	b1_c64_h56_w56_oc128_wic64_k3x3_g1_s1_pvalid b1_c32_h9_w7_oc32_wic1_k3_g32_s1_psame \
	b1_c15_h5_w5_oc40_wic3_k3x3_g5_s1_pvalid; do
	run 0 "$npucc" "$conv" -q --cores=all -o again.npub
	run 0 "$npudump" again.npub --as=capture -o captures/again.json
	run 0 "$npucc" verify again.npub --capture captures/again.json
	run 0 "$npucc" verify --corpus captures
	run 0 "$npucc" template import captures/again.json -o again.json
	run 0 "$npucc" template check again.json
done
run 0 "$npudump" rgb.npub --debug --relocs
says out "data banks"
run 0 "$npudump" rgb.npub -o x.txt
run 0 "$npudump" rgb.npub
cmp out x.txt || fail "-o differs from standard output"

[ $failures = 0 ] || exit 1
echo "all good"
