#!/bin/sh
# What the programs refuse on the command line and how they say it, and what they take
# that is seldom asked for: NPUCC NPURUN are the arguments.
npucc=$1 npurun=$2
. "$(dirname "$0")/../cli_test.sh"

small=b1_c8_h6_w7_oc16_wic8_k3x3_g1_s1_psame
wide=b1_c2048_h13_w400_oc64_wic2048_k7x7_g1_s1_pvalid

case="npucc: what is missing"
run 2 "$npucc"
says err "no SPEC: name a file, a slug or -"
run 2 "$npucc" $small -n -MD
says err "-MD needs -o FILE or -MF FILE"
run 2 "$npucc" $small
says err "give -o FILE, --explain, --figure or --dry-run"

case="npucc: values"
for cores in 0 4 1, 12 x; do
	run 2 "$npucc" $small -n --cores "$cores"
	says err "is no list of core counts: use 1, 2, 3, 1,3 or all"
done
run 2 "$npucc" $small -n --seed many
says err many
run 2 "$npucc" $small -n --schedule other
says err vendor
printf 'conv a %s\nconv b %s\n' $small $small >two.conv
run 1 "$npucc" two.conv --figure two.svg
says err "[figure-one-conv]"
run 3 "$npucc" $small --figure none/x.svg
says err "none/x.svg"

case="npucc: what gives another bundle, and what does not"
run 0 "$npucc" $small -q -o a.npub
run 0 "$npucc" $small -q -o b.npub --cores 1,2,3 --schedule vendor
cmp a.npub b.npub || fail "the defaults are not the defaults"
run 0 "$npucc" $small -q -o b.npub --seed 5
cmp -s a.npub b.npub && fail "the seed changes nothing"
run 0 "$npucc" $small -q -o b.npub --full-records
run 0 "$npurun" b.npub --device sim -q --check

case="npucc can: convs that cannot be planned"
run 1 "$npucc" can $wide
says out "use a smaller kernel or fewer input channels"
run 1 "$npucc" can $wide --json
says out '"supported": false'
run 0 "$npucc" can $small --json --time
says out '"us":'

case="npurun: values"
run 2 "$npurun" a.npub --device sim --channels 1,x
says err "is not a list of"
run 2 "$npurun" a.npub --device sim --channels 1.5
says err "is not a list of channel numbers"
run 2 "$npurun" a.npub --device sim --image-range 1,1
says err "takes two different numbers, as in -1,1"
run 2 "$npurun" a.npub --device sim --mean 1,2
says err "takes one number, three for red, green and blue"
run 0 "$npurun" a.npub --device sim -q --timeout 9000
head -c 672 /dev/zero >zero.bin
run 0 "$npurun" a.npub --device sim -q -i zero.bin --input-format raw --check

case="npurun: convs and plans"
run 0 "$npucc" two.conv -q -o two.npub --cores 1
run 0 "$npurun" two.npub --device sim
says err "conv"
run 1 "$npurun" two.npub --device sim --cores 3
says err "npurun --list shows the plans; npucc --cores makes others"
: >file
run 3 "$npurun" a.npub --device sim -q --dump file/x
says err "file/x"

case="checks of added tensors"
echo "conv a { input 8x6x7; output 16; kernel 3; pad 1; bias seed 1; add; activation clip 0 4 }" >add.conv
run 0 "$npucc" add.conv -q -o add.npub
head -c 1344 /dev/zero >add.bin
run 0 "$npurun" add.npub --device sim -q --operand add.bin --check

[ $failures = 0 ] || exit 1
echo "all good"
