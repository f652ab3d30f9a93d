#!/bin/sh
# The examples do what they say:
#
#     examples.sh BUILD_DIR splits|run_bundle|quickstart|readme|NETWORK
#
# NETWORK is the name of a spec whose convs are all run and compared.
set -eu
build=$(cd "$1" && pwd)
part=$2
examples=$(cd "$(dirname "$0")/../../examples" && pwd)
npucc=$build/compiler/npucc
npurun=$build/runtime/tools/npurun
work=$(mktemp -d "$build/examples-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
	echo "$*" >&2
	exit 1
}

# Each spec names the split that npucc takes for it, and computes the right thing.
run_splits() {
	count=0
	for spec in "$examples"/splits/*.conv; do
		want=$(sed -n 's/^# plan: //p' "$spec")
		"$npucc" --quiet "$spec" -o split.npub --explain >explain.txt
		grep -q "plan for 1 core: $want (" explain.txt ||
			fail "$spec: the plan is not '$want': $(grep 'plan for' explain.txt)"
		"$npurun" split.npub --device sim --check >check.txt 2>&1 || fail "$spec: $(cat check.txt)"
		count=$((count + 1))
	done
	kinds=$(sed -n 's/^# plan: split //p' "$examples"/splits/*.conv | sort -u | tr '\n' ' ')
	[ "$kinds" = "c k whole y yc yk " ] || fail "kinds of split shown: $kinds"
	echo "$count specs"
}

run_network() {
	"$npucc" --quiet "$examples/networks/$1.conv" -o net.npub
	names=$(sed -n 's/^conv \([^ ]*\) .*/\1/p' "$examples/networks/$1.conv" \
		"$examples/networks/${1%.int8}.layers.conv")
	[ "$(echo "$names" | wc -w)" -ge 28 ] || fail "$1: only $(echo "$names" | wc -w) convs"
	for name in $names; do
		"$npurun" net.npub --conv "$name" --device sim --check >check.txt 2>&1 ||
			fail "$1, $name: $(cat check.txt)"
	done
	echo "$(echo "$names" | wc -w) convs"
}

run_run_bundle() {
	for program in run_bundle run_bundle.int8; do
		said=$("$build/examples/$program")
		[ "$said" = "320x240 picture, edge in columns 159 160" ] || fail "$program: $said"
	done
}

run_quickstart() {
	NPUCC_BUILD=$build "$examples/quickstart.sh" "$work/out" >quickstart.txt
	grep -q 'check: PASS' quickstart.txt || fail "$(cat quickstart.txt)"
	grep -q 'differ from the fixed-point reference' quickstart.txt || fail "no int8 check"
	for file in picture.ppm edges.png edges.npub edges.txt edges8.png edges8.npub; do
		[ -s "out/$file" ] || fail "quickstart left no $file"
	done
}

# The commands of the README print what it says they do.
run_readme() {
	cp "$examples"/edges* .
	awk -f "$examples/picture.awk" </dev/null >picture.ppm
	PATH=${npucc%/*}:${npurun%/*}:$PATH
	readme=$examples/../README.md
	grep '^    \$ npu' "$readme" | sed 's/^    \$ //' >commands
	[ "$(wc -l <commands)" = 4 ] || fail "README: $(wc -l <commands) commands"
	sh -e ./commands >said 2>&1 || fail "$(cat said)"
	grep '^    check: ' "$readme" | sed 's/^    //' >promised
	[ "$(wc -l <promised)" = 2 ] || fail "README: $(wc -l <promised) results"
	while IFS= read -r line; do
		grep -qF "$line" said || fail "README promises '$line': $(cat said)"
	done <promised
}

case $part in
splits | run_bundle | quickstart | readme) "run_$part" ;;
*) run_network "$part" ;;
esac
