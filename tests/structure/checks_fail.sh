#!/bin/sh
# A check that cannot fail proves nothing: each gets a copy of the tree with one fault.
#
#     checks_fail.sh SOURCE_ROOT
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
tar -C "$1" -cf - compiler grammar runtime tests examples docs schedules README.md | tar -C "$work" -xf - || exit 1
status=0

passes() { # check
	"$here/$1.sh" "$work" 2>"$work/said" && return
	echo "$1 refuses the tree as it is:" >&2
	cat "$work/said" >&2
	status=1
}

refuses() { # check, file, line
	cp "$work/$2" "$work/saved"
	printf '%s\n' "$3" >>"$work/$2"
	if "$here/$1.sh" "$work" 2>"$work/said" >&2; then
		echo "$1 accepts '$3' in $2" >&2
		status=1
	elif ! grep -q "${2##*/}" "$work/said"; then
		echo "$1 refuses '$3' in $2 without naming it:" >&2
		cat "$work/said" >&2
		status=1
	fi
	cp "$work/saved" "$work/$2"
}

passes includes
while read -r file header; do
	refuses includes "$file" "#include \"$header\""
done <<-END
	runtime/hw/npu_regs.c        bundle.h
	runtime/sim/dpu.c            bundle_format.h
	runtime/sim/sim.h            npurt.h
	runtime/run.c                hw/npu_regs.h
	runtime/rknpu/device_rknpu.c       hw/npu_word.h
	runtime/load.c               plan/plan.h
	runtime/verify/verify_plan.c        plan/tiles.h
	runtime/device_sim.c         bundle.h
	runtime/emu/mem.c            bundle.h
	grammar/check.c              plan.h
	grammar/conv.y               layout.h
	compiler/plan/cbuf.c              diag.h
	compiler/plan/plan_dense.c        tasks/lower.h
	compiler/bundle/pack.c              plan/plan.h
	compiler/operands/operands_int8.c     plan/plan.h
	compiler/operands/requant.c           conv_problem.h
	tests/networks/layer.c       requant.h
	compiler/tasks/lower_conv.c        words/encode.h
	compiler/words/encode.c            plan/plan.h
	compiler/bundle/bundle_write.c      plan/plan.h
	compiler/verify/evidence_task.c     plan/plan.h
	compiler/verify/log.c               template/template.h
	runtime/tools/refconv.c      hw/npu_hw.h
	tests/ref/ref_conv.c         conv_problem.h
END
refuses includes compiler/plan/cbuf.c '#include <stdio.h>'

passes lengths
refuses lengths runtime/run.c "$(yes '/* */' | head -n 401)"
refuses lengths grammar/elem.c "$(echo '{'; yes '	;' | head -n 60; echo '}')"
refuses lengths tests/e2e/npy.c "$(yes '/* */' | head -n 401)"

passes paths
refuses paths runtime/npurt.h "/* see /$(printf home)/someone/notes */"
refuses paths compiler/plan/plan.c "/* /$(printf work)/main */"

passes links
refuses links docs/explain.md '[nothing](nowhere.md)'
echo '# New' >"$work/docs/new-page.md"
refuses links docs/new-page.md ''
exit $status
