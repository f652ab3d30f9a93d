#!/bin/sh
# Files of the product and of its tests have about 400 lines at most, their functions about 60:
#
#     lengths.sh SOURCE_ROOT
#
# Tables of data (*.def) are not counted.
cd "$1" || exit 1
find compiler grammar runtime examples tests \
	\( -name '*.[chly]' -o -name '*.sh' -o -name '*.awk' \) -type f |
	sort | xargs awk '
	function file_end() {
		if (lines > 400) {
			printf "%s: %d lines, at most 400\n", file, lines
			bad = 1
		}
	}
	FNR == 1 { if (NR > 1) file_end(); file = FILENAME; files++; start = 0 }
	{ lines = FNR }
	/^\{/ { start = FNR }
	/^\}/ && start {
		if (FNR - start + 1 > 60) {
			printf "%s:%d: a function of %d lines, at most 60\n", file, start,
			       FNR - start + 1
			bad = 1
		}
		start = 0
	}
	END {
		file_end()
		if (files < 100) {
			printf "only %d files\n", files
			bad = 1
		}
		exit bad
	}' >&2
