#!/bin/sh
# Every page is linked from the README, and every link of a page leads to a file:
#
#     links.sh SOURCE_ROOT
cd "$1" || exit 1
status=0
for page in docs/*.md; do
	grep -qF "]($page)" README.md || { echo "README.md does not link $page" >&2; status=1; }
done
for page in README.md docs/*.md runtime/hw/*.md schedules/*.md; do
	for link in $(grep -o '](\([^)# ]*\)' "$page" | cut -c3- | grep -v '^https\{0,1\}:' | sort -u); do
		[ -e "$(dirname "$page")/$link" ] ||
			{ echo "$page: no file $link" >&2; status=1; }
	done
done
exit $status
