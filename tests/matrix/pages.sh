#!/bin/sh
# The support matrix of README.md and docs/support.md is what npucc prints:
#
#     pages.sh NPUCC SOURCE_ROOT [update]
#
# With `update` the pages are written anew, without they are compared.
set -eu
npucc=$1 root=$2 update=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# A page with what stands between its markers replaced.
page() { # file, option
	"$npucc" matrix "$2" >"$work/matrix"
	for marker in begin end; do
		[ "$(grep -c "^<!-- npucc matrix $2: $marker -->\$" "$root/$1")" = 1 ] ||
			{ echo "$1: not one line <!-- npucc matrix $2: $marker -->" >&2; exit 1; }
	done
	awk -v matrix="$work/matrix" -v begin="<!-- npucc matrix $2: begin -->" \
		-v end="<!-- npucc matrix $2: end -->" '
		$0 == end { inside = 0 }
		!inside { print }
		$0 == begin {
			inside = 1
			while ((getline line <matrix) > 0)
				print line
		}' "$root/$1" >"$work/page"
	if [ "$update" = update ]; then
		cp "$work/page" "$root/$1"
	elif ! diff -u "$root/$1" "$work/page" >&2; then
		echo "$1 is out of date: $0 NPUCC SOURCE_ROOT update" >&2
		status=1
	fi
}

page README.md --markdown=short
page docs/support.md --markdown
exit $status
