#!/bin/sh
# npucc template, npucc can and evidence in bundles as a user meets them: npucc, the
# source tree and npudump are the arguments.  Works in a directory of its own.
npucc=$1 root=$2 npudump=$3
. "$(dirname "$0")/../cli_test.sh"

h56=b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_pvalid
shipped=$root/schedules/c64_h56_w56_oc128_k1.json

case=help
for command in template can; do
	run 0 "$npucc" "$command" --help
	says out SYNOPSIS
	says out "EXIT STATUS"
done

case=usage
run 2 "$npucc" template
says err "no action"
run 2 "$npucc" template forge
says err "no action 'forge'"
run 2 "$npucc" template show
run 2 "$npucc" template import "$root/tests/data/captures/f16_c160_7x7_oc320_k3x3_s1_p0_g1.json"
says err "where to?"
run 2 "$npucc" can
says err "no SPEC"
run 2 "$npucc" can --cores=1 "$h56"

case=list
run 2 "$npucc" template list -o x.json
says err "npucc template: list takes no --output"
run 2 "$npucc" template check --note "a note"
says err "npucc template: check takes no --note"
echo 'a log' >run.log
run 3 "$npucc" template import run.log -o x.json
says err "--conv SPEC says which conv ran"
run 0 "$npucc" template list
says out schedules/c1024_h1_w1_oc1001_k1.json
says out "poisons-next-job (not inherited)"
lacks out differs
run 0 "$npucc" template list --json
says out '"equal": true'

case="show what is not there"
run 3 "$npucc" template show schedules/none
says err "no template or file is called 'schedules/none'; 'npucc template list' has the names"

case=show
run 0 "$npucc" template show schedules/c64_h56_w56_oc128_k1.json
says out "plan for 3 cores: captured"
says out "core 1, task 2: barrier"
says out "the formula reproduces it: 3 plans, 14 records"

case=import
capture=$root/tests/data/captures/f16_c160_7x7_oc320_k3x3_s1_p0_g1.json
run 0 "$npucc" template import "$capture" -o h7.json --runtime 2.3.0 --driver 0.9.8 \
	--note 'A note with "quotes".' --hazard 'untested=only for this test'
says h7.json '"runtime": "2.3.0"'
says h7.json '"A note with \"quotes\"."'
run 0 "$npucc" template check h7.json
says out "h7.json: the formula reproduces it"
run 2 "$npucc" template import "$capture" -o no.json --hazard nonsense=x
run 1 "$npucc" template import "${capture%/*}/f16_c16_160x160_oc40_k1x1_s1_p0_g1_relu.json" -o no.json
says err "its operator is ConvRelu"
run 3 "$npucc" template import absent.json -o no.json
run 3 "$npucc" template import "$capture" -o absent/no.json
run 0 "$npucc" template import "$root/tests/data/logs/c64-h56-run.log" --conv $h56 -o h56.json
run 0 "$npucc" template check h56.json
run 1 "$npucc" template import "$root/tests/data/logs/c64-h56-run.log" --conv \
	b1_c64_h56_w57_oc128_wic64_k1x1_g1_s1_pvalid -o no.json
says err "CNA.DATA_SIZE0.DATAIN_WIDTH is 56, but the conv says 57"
[ ! -e no.json ] || fail "a refused import left a file"

# What npucc wrote, dumped as a capture and imported, is what npucc plans: delta tasks,
# image input, depthwise and uneven parts too.
case=round-trip
for slug in b1_c16_h320_w320_oc16_wic16_k1x1_g1_s1_pvalid \
	b1_c3_h61_w47_oc24_wic3_k3x3_g1_s2_pvalid \
	b1_c96_h33_w29_oc96_wic1_k3x3_g96_s1_psame \
	b1_c200_h9_w11_oc273_wic200_k1x1_g1_s1_pvalid; do
	run 0 "$npucc" $slug --cores=all -o c.npub
	run 0 "$npudump" c.npub --as=capture
	mv out c.json
	run 0 "$npucc" template import c.json -o c.template
	run 0 "$npucc" template check c.template
	says out "c.template: the formula reproduces it: 3 plans"
done

case=check-differs
sed 's/\["CORE.CLIP_TRUNCATE", 0\]/["CORE.CLIP_TRUNCATE", 3]/' "$shipped" >other.json
run 1 "$npucc" template check other.json
says out "CORE.CLIP_TRUNCATE.CLIP_TRUNCATE is 3 in the template, 0 by formula"
run 0 "$npucc" template check --report other.json
run 1 "$npucc" template check --json other.json
says out '"equal": false'

case=check-malformed
sed 's/"grains": 10/"grains": 11/' "$shipped" >bad.json
run 1 "$npucc" template check --report bad.json
says err "the tile is not the one that the record's registers describe [tile]"

case=evidence
run 0 "$npucc" "$h56" --cores=all --explain=json
[ "$(grep -c '"evidence": "captured"' out)" = 3 ] || fail "three plans are not captured"
mkdir mine
cp other.json mine
run 0 "$npucc" "$h56" --cores=all --explain=json --schedules mine
[ "$(grep -c '"evidence": "captured"' out)" = 0 ] || fail "a plan that differs is captured"
NPUCC_SCHEDULES=mine run 0 "$npucc" can "$h56"
says out "other.json differs"

case=depfile
run 0 "$npucc" "$h56" -o o.npub -MF o.d --schedules mine
says o.d mine/other.json

case=bad-directory
cp bad.json mine
run 1 "$npucc" "$h56" --explain --schedules mine
says err "mine/bad.json:"
run 1 "$npucc" can "$h56" --schedules absent
says err absent

case=can
run 0 "$npucc" can "$h56" b1_c3_h9_w13_oc3_wic3_k3x3_g1_s1_psame
says out captured
says out formula
lacks out " us"
run 0 "$npucc" can "$h56" --time
says out us
run 1 "$npucc" can "$h56" b1_c64_h9_w9_oc128_wic64_k1x1_g1_s9_pvalid
says out "stride 9 is out of range"
says out remedy
run 1 "$npucc" can b1_c65528_h2_w2047_oc16_wic65528_k2x2_g1_s1_pvalid --json
says out '"supported": false'
says out '"refusal": "'
printf 'conv a {\n  input 3x9x9\n' >broken.conv
run 1 "$npucc" can broken.conv "$h56"
says out broken.conv
says out captured
echo 'conv a { input 8x9x9; output 8; kernel 3; stride 2; stride x 1 }' >twice.conv
run 1 "$npucc" can twice.conv
says out "twice.conv:1:62: stride in x given twice"
lacks out remedy

case=type
conv=b1_c16_h9_w9_oc32_wic16_k3x3_g1_s1_pvalid
echo "conv $conv { type int8 }" >int8.conv
run 0 "$npucc" "$conv" --type=int8 -o slug.npub
run 0 "$npucc" int8.conv --type=fp16 -o text.npub
cmp slug.npub text.npub || fail "a slug of --type=int8 is not the conv of type int8"
run 0 "$npucc" can "$conv" --type=int8
run 0 "$npucc" verify "$conv" --type=int8
run 1 "$npucc" can "$conv" --type=bf16
says out "type bf16 is not supported"
run 1 "$npucc" "$conv" --type bf16 -n
says err "[type-support]"
for command in can verify "template import"; do
	# one word or two
	# shellcheck disable=SC2086
	run 2 "$npucc" $command "$conv" --type=half
	says err "'half' is not one of: int8"
done

case=can-json
run 0 "$npucc" can "$h56" --json
says out '"one_core_again": false'
says out '"template": "schedules/c64_h56_w56_oc128_k1.json: the formula'
lacks out '"us"'

case=can-operation
cat >fused.conv <<'END'
conv plain { type int8; input 16x8x8; output 8; kernel 1 }
conv sum   { input 16x8x8; output 8; kernel 1; add; activation relu }
conv wide  { type int8; output_type int32; input 16x8x8; output 8; kernel 1 }
conv slope { type int8; input 16x8x8; output 8; kernel 1; activation leaky 0.1 }
conv limit { input 16x8x8; output 8; kernel 1; activation relu6 }
conv table { type int8; input 16x8x8; output 8; kernel 1; activation silu }
END
run 1 "$npucc" can fused.conv
says out 'plain  yes  int8 '
says out 'sum    yes  fp16 add relu '
says out 'wide   yes  int8>int32 '
says out 'slope  yes  int8 leaky '
says out 'untested: a leaky activation'
says out 'limit  yes  fp16 clip '
says out 'untested: a clip in fp16'
says out 'table  no '
says out 'activation silu is not supported'
run 1 "$npucc" can fused.conv --json
says out '"output_type": "int32"'
says out '"untested": ['
says out '"clip"'

[ "$failures" = 0 ] || exit 1
