#!/bin/sh
# npurun against the emulated driver: --emulate, --health, --bracket, --recover,
# --profile, hazards and cores; what it says and how it exits.
#
#     npurun.sh NPUCC NPURUN LIBNPUEMU
set -u
npucc=$1 npurun=$2 library=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
unset NPURT_NO_DEVICE NPUEMU NPUEMU_SCRIPT NPUEMU_LIB
# A sanitizer wants to be first; behind the emulator it works as well.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"

# check NAME STATUS TEXT... -- COMMAND: its exit status, and texts it must print
check() {
	name=$1 status=$2
	shift 2
	: > "$dir/texts"
	while [ "$1" != -- ]; do
		printf '%s\n' "$1" >> "$dir/texts"
		shift
	done
	shift
	"$@" > "$dir/out" 2>&1 < /dev/null
	got=$?
	if [ $got -ne "$status" ]; then
		echo "$name: exit status $got instead of $status:"
		cat "$dir/out"
		failed=1
	fi
	while IFS= read -r text; do
		grep -qF -- "$text" "$dir/out" || {
			echo "$name: does not say '$text':"
			cat "$dir/out"
			failed=1
		}
	done < "$dir/texts"
}

script() { # NAME LINE...: a script file
	file=$dir/$1
	shift
	printf '%s\n' "$@" > "$file"
}

"$npucc" b1_c16_h9_w7_oc24_wic16_k3x3_g1_s1_p1 --cores all -o "$dir/a.npub" || exit 1
"$npucc" b1_c8_h9_w11_oc16_wic8_k3x3_g1_s1_pvalid_d2 -o "$dir/risky.npub" || exit 1
cd "$dir" || exit 1

check 'health' 0 'health probe: good on /dev/dri/renderD128' -- "$npurun" --health --emulate
check 'health in the simulator' 0 'good on simulator' -- "$npurun" --health --device sim
check 'health needs a device' 1 'no RKNPU device' -- env NPUEMU_LIB= "$npurun" --health
check 'health takes no bundle' 2 '--bracket runs one' -- "$npurun" --health a.npub
check 'no bundle' 2 'which bundle' -- "$npurun"
check 'run' 0 'ran on /dev/dri/renderD128' 'check: PASS' -- "$npurun" --emulate a.npub --check
check 'run although devices are forbidden: none is touched' 0 'check: PASS' -- \
	env NPURT_NO_DEVICE=1 "$npurun" --emulate a.npub --check
check 'three cores' 0 'plan of 3 cores' 'check: PASS' -- \
	"$npurun" --emulate a.npub --cores 3 --check
check 'vendor profile' 0 'check: PASS' -- \
	"$npurun" --emulate a.npub --profile vendor --check --bench 3
check 'no such profile' 2 'lean' -- "$npurun" --emulate a.npub --profile fast
check 'library named' 0 'check: PASS' -- \
	env NPUEMU_LIB="$library" "$npurun" --emulate a.npub --check
check 'a device in the simulator cannot be emulated' 2 'no driver' -- \
	"$npurun" --emulate --device sim a.npub
check 'script missing' 3 'nowhere' -- "$npurun" --emulate=nowhere a.npub

# cores
script one 'cores 1'
check 'more cores than there are' 1 '2 cores, there is 1' '--cores picks' -- \
	"$npurun" --emulate=one a.npub --cores 2
script quiet 'procfs off'
check 'cores unknown' 1 'unknown' '--device-cores' -- \
	"$npurun" --emulate=quiet a.npub --cores 2
check 'cores told' 0 'check: PASS' -- \
	"$npurun" --emulate=quiet a.npub --cores 2 --device-cores 2 --check

# hazards: a note in the simulator, refused on a device, allowed by name
check 'hazard in the simulator' 0 'hazards: untested' 'needs --allow' -- \
	"$npurun" --device sim risky.npub
check 'hazard on a device' 1 'hazard' 'untested' '--allow' -- "$npurun" --emulate risky.npub
check 'hazard allowed' 0 'check: PASS' -- \
	"$npurun" --emulate risky.npub --allow=untested --check --bracket
check 'another hazard allowed' 1 'untested' -- \
	"$npurun" --emulate risky.npub --allow=poisons-next-job
check 'evidence' 1 'evidence' -- "$npurun" --emulate risky.npub --allow untested \
	--min-evidence captured

# drivers
script old 'version 905'
check 'old driver' 1 '0.9.5 found' '0.9.6 or later' -- "$npurun" --emulate=old a.npub
check 'old driver wanted' 0 'check: PASS' -- \
	"$npurun" --emulate=old --old-driver a.npub --check
script none 'node none'
check 'no node: no fall back to the simulator' 1 'no RKNPU device' -- \
	"$npurun" --emulate=none a.npub

# a device that does not do its work
script zero 'output zero'
check 'zeros' 1 'did not run the job' 'all zeros' -- "$npurun" --emulate=zero a.npub
check 'zeros in a probe' 1 'known job' -- "$npurun" --emulate=zero --health
script hang 'hang task 0 submit 1'
check 'hang' 1 'did not finish in time' -- "$npurun" --emulate=hang a.npub
check 'hang and recovery' 1 'did not finish in time' 'reset: done' \
	'health after the reset: good' -- "$npurun" --emulate=hang --recover a.npub
check 'probe that recovers' 0 'did not finish' 'reset: done' 'health probe: good' -- \
	"$npurun" --emulate=hang --health --recover
check 'probe that does not' 1 'did not finish' -- "$npurun" --emulate=hang --health
check 'bracket refuses a sick device' 1 'before the run' -- \
	"$npurun" --emulate=hang --bracket a.npub

# the probe is submit 1, the run is submit 2
script poison 'poison after submit 2'
check 'bracket around a good run' 0 'health before the run: good' 'ran on' \
	'health after the run: good' -- "$npurun" --emulate --bracket a.npub
check 'poisoned' 1 'health before the run: good' 'poisoned the device' '--recover' -- \
	"$npurun" --emulate=poison --bracket a.npub
check 'poisoned and recovered' 1 'reset: done' 'health after the run: good' \
	'poisoned the device' 'a reset helped' -- \
	"$npurun" --emulate=poison --bracket --recover a.npub
exit $failed
