#!/bin/sh
# What `cmake --install` leaves is enough, wherever it is moved: the installed npucc
# compiles a spec, a program builds against the installed runtime and runs, and the
# installed npurun agrees with the reference.
#
#     install.sh CMAKE BUILD SOURCE_ROOT CC
cmake=$1 build=$2 source=$3 cc=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$*" >&2
	exit 1
}

"$cmake" --install "$build" --prefix "$work/first" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
mv "$work/first" "$work/moved"
for file in bin/npucc bin/npurun bin/npudump include/npurt.h share/npucc/schedules/README.md; do
	[ -s "$work/moved/$file" ] || fail "$file is not installed"
done
for page in $(find "$work/moved/share/doc" -name '*.md'); do
	for link in $(grep -o '](\([^)# ]*\)' "$page" | cut -c3- | grep -v '^https\{0,1\}:' | sort -u); do
		[ -e "$(dirname "$page")/$link" ] || fail "${page#"$work/moved/"}: no file $link"
	done
done
PATH=$work/moved/bin:$PATH
PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name npurt-sim.pc)")
export PATH PKG_CONFIG_PATH

cd "$work" || exit 1
npucc --quiet "$source/examples/edges.conv" -o edges.npub || fail "npucc: exit status $?"
"$cc" -DBUNDLE='"edges.npub"' "$source/examples/run_bundle.c" \
	$(pkg-config --cflags --libs npurt-sim) -o run_bundle || fail "run_bundle does not build"
said=$(./run_bundle)
[ "$said" = "320x240 picture, edge in columns 159 160" ] || fail "run_bundle: $said"
npurun edges.npub --device sim --check >log 2>&1 || fail "npurun: $(cat log)"
grep -q 'check: PASS' log || fail "npurun: $(cat log)"

# Without the simulator the runtime links alone.
printf '#include <npurt.h>\nint main(void) { return npurt_strerror(NPURT_OK) == 0; }\n' >alone.c
"$cc" alone.c $(pkg-config --cflags --libs npurt) -o alone && ./alone || fail "npurt does not link alone"

# The archive may become part of a shared library.
"$cc" -shared -fPIC alone.c -Wl,--whole-archive $(pkg-config --cflags --libs npurt-sim) \
	-Wl,--no-whole-archive -o libalone.so || fail "npurt does not go into a shared library"
