# shellcheck shell=sh disable=SC2154
# Sourced by the tests of the programs as a user calls them: a directory of their own,
# which is removed, and what they say when something is not as it should be.  A test
# sets `case` before each part and ends with `[ $failures = 0 ]`.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
unset NPUCC_SCHEDULES
failures=0

fail() {
	echo "FAIL: $case: $*"
	failures=$((failures + 1))
}

# run CODE COMMAND...: the exit code must be CODE; out and err keep what was said.
run() {
	want=$1
	shift
	"$@" >out 2>err
	code=$?
	[ "$code" = "$want" ] || fail "exit code $code, want $want: $*: $(cat err)"
}

says() { # says FILE TEXT
	grep -qF -- "$2" "$1" || fail "no '$2' in what was said: $(cat "$1")"
}

lacks() { # lacks FILE TEXT
	! grep -qF -- "$2" "$1" || fail "'$2' in what was said"
}

one_line() { [ "$(wc -l <err)" = 1 ] || fail "not one line of error: $(cat err)"; }
absent() { [ ! -e "$1" ] || fail "$1 was left behind"; }
