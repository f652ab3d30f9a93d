#!/bin/sh
# Who may include whom:
#
#     includes.sh SOURCE_ROOT
#
# Each row names a module, its files and the headers of the project that they may
# include; everything else is refused.  What the rows protect: verifier, simulator
# and reference share no code with the planner, the path of a submit knows no
# register, the runtime needs nothing of compiler or grammar.
cd "$1" || exit 1
status=0

module() { # name, headers as an extended regular expression, files...
	export NAME="$1" MAY="^($2)\$"
	shift 2
	for file in "$@"; do
		[ -f "$file" ] || { echo "$NAME: no file $file" >&2; status=1; return; }
	done
	awk '/^#[ \t]*include[ \t]*"/ {
		split($0, part, "\"")
		if (part[2] !~ ENVIRON["MAY"]) {
			printf "%s:%d: module \"%s\" may not include %s\n", FILENAME, FNR,
			       ENVIRON["NAME"], part[2]
			bad = 1
		}
	}
	END { exit bad }' "$@" >&2 || status=1
}

hw='hw/npu_(hw|word|regs)\.h|hw/npu_(regs|order)\.def'

module 'registers and limits' "$hw" runtime/hw/*.[ch]
# It sees what hardware sees: words and memory, no bundle.
module 'simulator' "$hw|sim/[a-z_]+\.h" runtime/sim/*.[ch]
# The path of a submit patches words that relocations name; it knows no register.
module 'submit path' \
	'(npurt|npurt_file|bundle|bundle_check|bundle_format|device|error|handle|job|pack_feature|canary|crc32c|rknpu/[a-z_]+|verify/verify|health/program|hw/npu_hw)\.h' \
	$(ls runtime/*.[ch] runtime/rknpu/*.[ch] | grep -v '/device_sim\.')
module 'runtime verifier' "(bundle|error|verify/[a-z_]+)\.h|$hw" runtime/verify/*.[ch]
module 'simulator as a device' '(device|error|npurt|hw/npu_hw|sim/sim)\.h' runtime/device_sim.c
module 'emulated driver' "emu/[a-z_]+\.h|sim/sim\.h|$hw" runtime/emu/*.[ch]

module 'grammar' \
	'(attr|attr_rule|check|check_op|conv\.lex|conv\.tab|conv_attr|conv_problem|diag|digest|draft|elem|file|json_place|mem|parse|reader|slug|spec|support|value|hw/npu_hw)\.h' \
	grammar/*.[chly]
module 'CBUF arithmetic' '(plan/(cbuf|layout|plan)|hw/npu_hw)\.h' compiler/plan/cbuf.[ch]
module 'planner' '(plan/[a-z_]+|bundle_format|conv_problem|common/number_words|hw/npu_hw)\.h' \
	compiler/plan/*.[ch] compiler/common/number_words.[ch]
module 'requantisation' '(operands/requant|hw/npu_hw)\.h' compiler/operands/requant.[ch]
# What a conv computes with is settled before and without any plan.
module 'operands' '(operands/[a-z_0-9]+|bundle_format|conv_attr|conv_problem|diag|hw/npu_hw)\.h' \
	compiler/operands/*.[ch]
module 'packer' '(plan/layout|operands/operands|bundle/(pack|transpose|transpose_tile))\.h' \
	compiler/bundle/pack*.[ch] compiler/bundle/transpose*
module 'lowering' '(tasks/[a-z_]+|plan/(chan|plan|layout)|hw/npu_regs)\.h' compiler/tasks/*.[ch]
module 'encoder' '(words/encode|tasks/lower|hw/npu_word|hw/npu_regs)\.h' compiler/words/*.[ch]
module 'bundle writer' '(bundle/bundle_write|bundle_format|crc32c|common/files|hw/npu_hw)\.h' \
	compiler/bundle/bundle_*.[ch]
# Logs are held against a bundle and the driver's rules, never against the planner.
module 'logs and evidence' \
	"(bundle|file|verify/(chain_view|evidence|evidence_start|log|log_form|log_pairs|report)|rknpu/rknpu_uapi)\.h|$hw" \
	compiler/verify/evidence*.[ch] compiler/verify/log*.[ch] compiler/verify/report.[ch] \
	compiler/verify/chain_view.[ch]
# Plain loops that share nothing with what they judge.
module 'reference convolutions' '(refconv|check_fixed|conv_shape|bundle_format)\.h' \
	runtime/tools/refconv.[ch] runtime/tools/check_fixed.[ch] runtime/tools/conv_shape.h
module 'numbers of the networks' '(conv_problem|network|npurt|operands/operands|ref_fixed)\.h' \
	tests/networks/network.h tests/networks/layer.c tests/networks/sample.c
module 'reference convolutions of tests' '(ref_conv|ref_fixed)\.h' tests/ref/ref_*.[ch]

# Pure arithmetic takes no memory and prints nothing.
if grep -nE '^#[ \t]*include[ \t]*<(stdio|stdlib)\.h>' \
	compiler/plan/cbuf.[ch] compiler/tasks/*.[ch] compiler/operands/requant.[ch] compiler/plan/chan.h; then
	echo "arithmetic that prints or takes memory" >&2
	status=1
fi
exit $status
