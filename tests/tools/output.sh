#!/bin/sh
# What is left when a file cannot be written, and what dependency files make ninja do:
# NPUCC NPURUN NPUDUMP are the arguments.  Works in a directory of its own.
npucc=$1 npurun=$2 npudump=$3
. "$(dirname "$0")/../cli_test.sh"

# run_clean CODE COMMAND...: run, and exactly what there was is left.
run_clean() {
	before=$(ls -A)
	run "$@"
	[ "$before" = "$(ls -A)" ] || fail "left behind: $(ls -A)"
}

touch out err
case=prepare
slug=b1_c64_h56_w56_oc128_wic64_k3x3_g1_s1_pvalid
"$npucc" $slug -o big.npub -q || fail "npucc"
"$npudump" big.npub --as=capture -o capture.json || fail "npudump"

# 512 bytes hold no output; the limit acts as a full disk does.
limited() (
	ulimit -f 1
	"$@"
)
for case in new old; do
	run_clean 3 limited "$npucc" $slug -q -o x.npub
	says err "x.npub: cannot write: File too large"
	run_clean 3 limited "$npucc" $slug --figure x.svg
	says err "npucc: x.svg: cannot write: File too large"
	run_clean 3 limited "$npucc" template import capture.json -o x.json
	says err "x.json: cannot write: File too large"
	run_clean 3 limited "$npudump" big.npub --regs -o x.txt
	says err "x.txt: cannot write: File too large"
	run_clean 3 limited "$npurun" big.npub --device sim -q -o x.npy
	says err "x.npy: cannot write: File too large"
	run_clean 3 limited "$npurun" big.npub --device sim -q --dump dumped
	says err "dumped: bo0-task.before.bin: cannot write: File too large"
	if [ $case = old ]; then
		cat x.* | grep -qvx old && fail "an old file was changed"
	fi
	for file in x.npub x.svg x.json x.txt x.npy; do echo old >$file; done
	if [ $case = old ]; then
		[ "$(ls -A dumped)" = kept ] || fail "the dump left $(ls -A dumped)"
	fi
	mkdir -p dumped
	touch dumped/kept
done

case="full standard output"
for command in "$slug --explain" "can $slug" "template list" "verify $slug" \
	"verify --corpus ." --help "can --help" "verify --help" "template --help" --version; do
	# shellcheck disable=SC2086  # words
	"$npucc" $command >/dev/full 2>err
	[ $? = 3 ] || fail "not refused: $command"
	says err "standard output: No space left on device"
done
for tool in "$npurun" "$npudump"; do
	for command in --help --version; do
		"$tool" $command >/dev/full 2>err
		[ $? = 3 ] || fail "not refused: $tool $command"
		says err "standard output: cannot write: No space left on device"
	done
done
for command in --list "--device sim --check" "--device sim -q --bench 2" "--device sim"; do
	# shellcheck disable=SC2086  # words
	"$npurun" big.npub $command >/dev/full 2>err
	[ $? = 3 ] || fail "not refused: npurun $command"
	says err "npurun: standard output: cannot write: No space left on device"
done

case="an interrupted dump"
"$npucc" b1_c256_h160_w160_oc512_wic256_k3_g1_s1_p1 -q --cores=1 -o long.npub || fail "npucc"
run 124 timeout -s TERM 0.3 "$npurun" long.npub --device sim -q --threads 1 --dump half
run 124 timeout -s INT 0.3 "$npurun" long.npub --device sim -q --threads 1 --dump .
rm long.npub

case="a bundle without its dependency file is none"
rm -f x.*
run_clean 3 "$npucc" $slug -q -o x.npub -MF none/x.d
says err "none/x.d: cannot create: No such file or directory"

case="dry run"
run_clean 0 "$npucc" $slug -q -n -o x.npub -MD --figure x.svg

case="sources are never replaced"
printf 'conv a b1_c3_h9_w9_oc1_wic3_k1_g1_s1_pvalid { weights "w.npy" }\n' >in.conv
printf 'include "in.conv"\n' >top.conv
{
	printf '\223NUMPY\001\000\166\000'
	printf '%-117s\n' "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 3, 1, 1), }"
	printf '\000\000\000\000\000\000'
} >w.npy
ln -s w.npy link.npy
cat top.conv in.conv w.npy >all.before
for file in top.conv in.conv w.npy ./w.npy link.npy; do
	run_clean 2 "$npucc" top.conv -q -o $file
	says err "npucc: -o: '$file' is one of the files that are read"
	run_clean 2 "$npucc" top.conv -q --figure $file
	run_clean 2 "$npucc" top.conv -q -o /dev/null -MF $file
done
cat top.conv in.conv w.npy | cmp - all.before || fail "a source was changed"
"$npucc" top.conv -q -o small.npub || fail "npucc"
ln -s small.npub link.npub
cp small.npub small.before
"$npurun" small.npub --device sim -q -o y.npy || fail "npurun"
cp y.npy x.npy
for file in small.npub ./small.npub link.npub; do
	run_clean 2 "$npudump" small.npub -o $file
	says err "npudump: -o: '$file' is the bundle that is read"
	run_clean 2 "$npurun" small.npub --device sim -q -o $file --output-format raw
	says err "npurun: --output: '$file' is also what BUNDLE is read from"
done
run_clean 2 "$npurun" small.npub --device sim -q -i x.npy -o ./x.npy
says err "npurun: --output: './x.npy' is also what --input is read from"
cmp small.npub small.before || fail "the bundle was changed"

case="outputs that exclude each other"
run 2 "$npucc" top.conv -q --explain -MF x.d
says err "-MF: the rule is for a bundle: give -o FILE"
run 2 "$npucc" top.conv -q -o x.out --figure x.out
says err "two outputs have the same name"

case="files that are not there"
run_clean 3 "$npucc" template import none.json -o x.json
says err "npucc template: unable to open none.json: No such file or directory"

# Names that make and ninja would take apart.
case=depfile
odd='a b #c $d:e'
mkdir "$odd"
printf 'include "in c.conv"\n' >"$odd/top.conv"
printf 'conv a { input 3x8x9; output 1; kernel 1; weights "w\\ \\e.npy" }\n' >"$odd/in c.conv"
{
	printf '\223NUMPY\001\000\166\000'
	printf '%-117s\n' "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 3, 1, 1), }"
	printf '\000\000\000\000\000\000'
} >"$odd/w\\ \\e.npy"
cat >build.ninja <<'END'
rule npucc
  command = $npucc -q $in -o $out -MF $out.d
  depfile = $out.d
END
echo "npucc = $npucc" >>build.ninja
echo 'build a$ b$ #c$ $$d$:e/o$ u$:t.npub: npucc a$ b$ #c$ $$d$:e/top.conv' >>build.ninja
# built WANT: did ninja build, or say that there was nothing to do?
built() {
	ninja >out 2>err || fail "ninja: $(cat out err)"
	if grep -q "no work to do" out; then found=no; else found=yes; fi
	[ $found = "$1" ] || fail "built: $found, want $1, after $2"
}
if command -v ninja >/dev/null; then
	built yes "nothing"
	built no "nothing"
	for file in top.conv "in c.conv" 'w\ \e.npy'; do
		sleep 0.1 # more than a file system's clock tick
		touch "$odd/$file"
		built yes "touching $file"
		built no "touching nothing"
	done
fi

case="a name that no depfile can say"
run_clean 3 "$npucc" b1_c3_h8_w9_oc1_wic3_k1x1_g1_s1_pvalid -MD -o 'o%t.npub'
says err "o%t.npub: a depfile cannot say this name, for its '%'"
[ ! -e 'o%t.npub' ] || fail "a bundle is left"

[ $failures = 0 ] || exit 1
echo "all good"
