#!/bin/sh
# No file of the project names a directory of somebody's machine:
#
#     paths.sh SOURCE_ROOT
cd "$1" || exit 1
if [ -e .git ] && command -v git >/dev/null; then
	files() { git ls-files -z --cached; }
else
	files() { find . -type f -not -path './build*' -not -path './.git/*' -print0; }
fi
[ "$(files | tr '\0' '\n' | wc -l)" -ge 300 ] || { echo "too few files" >&2; exit 1; }
found=$(files | xargs -0 grep -nIsE \
	'(^|[^A-Za-z0-9_.~-])/(home|root|Users|work|workspace|mnt)/[A-Za-z0-9_.]')
[ -z "$found" ] || { printf 'paths of one machine:\n%s\n' "$found" >&2; exit 1; }
