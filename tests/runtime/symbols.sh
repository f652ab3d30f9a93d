#!/bin/sh
# Every external symbol of libnpurt must carry one of its prefixes.
nm=$1 lib=$2
found=$("$nm" -g --defined-only "$lib" | awk 'NF == 3 && $2 != "N" { print $3 }')
[ -n "$found" ] || { echo "no symbols in $lib" >&2; exit 1; }
bad=$(echo "$found" | grep -Ev '^(npurt_|npub_|crc32c|verify_|__odr_asan)' || true)
[ -z "$bad" ] || { echo "symbols without a prefix of the library:" $bad >&2; exit 1; }
for name in npurt_verify npurt_open npurt_open_file npurt_tensor npurt_write_input \
	npurt_read_output npurt_map npurt_run npurt_submit npurt_wait npurt_close \
	npurt_device_open_rknpu npurt_device_open_rknpu_with npurt_device_cores \
	npurt_device_reset npurt_health npurt_device_close npurt_strerror npurt_errname; do
	echo "$found" | grep -qx "$name" || { echo "$name is not in $lib" >&2; exit 1; }
done
# What it may need of others: libc only, and no stdio.
undefined=$("$nm" -u "$lib" | awk '$1 == "U" { print $2 }' | sort -u)
bad=$(echo "$undefined" | grep -E '^_*(printf|fprintf|snprintf|sprintf|vsnprintf|puts|fopen|fputs|fwrite|std(in|out|err))$' || true)
[ -z "$bad" ] || { echo "libnpurt uses stdio:" $bad >&2; exit 1; }
