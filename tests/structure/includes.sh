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
	'(npurt|npurt_file|bundle|bundle_check|bundle_format|device|device_rknpu|error|handle|job|verify|pack_feature|canary|crc32c|rknpu_uapi|health/program|hw/npu_hw)\.h' \
	$(ls runtime/*.[ch] | grep -Ev '/(verify[a-z_]*|device_sim)\.')
module 'runtime verifier' "(bundle|error|verify|verify_internal)\.h|$hw" runtime/verify*.[ch]
module 'simulator as a device' '(device|error|npurt|hw/npu_hw|sim/sim)\.h' runtime/device_sim.c
module 'emulated driver' "emu/[a-z_]+\.h|sim/sim\.h|$hw" runtime/emu/*.[ch]

module 'grammar' \
	'(attr|attr_rule|check|check_op|conv\.lex|conv\.tab|conv_attr|conv_problem|diag|digest|draft|elem|file|json_place|mem|parse|reader|slug|spec|support|value|hw/npu_hw)\.h' \
	grammar/*.[chly]
module 'CBUF arithmetic' '(cbuf|layout|plan|hw/npu_hw)\.h' compiler/cbuf.[ch]
module 'planner' '(bundle_format|cbuf|chan|conv_problem|layout|plan|tiles|words|hw/npu_hw)\.h' \
	compiler/plan*.[ch] compiler/tiles.[ch] compiler/words.[ch] compiler/layout.[ch]
module 'requantisation' '(requant|hw/npu_hw)\.h' compiler/requant.[ch]
module 'numbers of a conv' \
	'(array_file|bundle_format|conv_attr|conv_problem|fold|fp16|operands|operands_priv|quantize|requant|seed|weights)\.h' \
	compiler/operands*.[ch] compiler/quantize.[ch] compiler/fold.[ch] compiler/weights.[ch] compiler/output_range.c
module 'packer' '(layout|operands|pack|transpose|transpose_tile)\.h' compiler/pack*.[ch] compiler/transpose*
# What a conv computes with is settled before and without any plan.
module 'operands' \
	'(bundle_format|conv_attr|conv_problem|fold|fp16|operands|operands_priv|quantize|requant|seed|weights|hw/npu_hw)\.h' \
	compiler/operands*.[ch] compiler/quantize*.[ch] compiler/fold*.[ch]
module 'requantisation' '(requant|hw/npu_hw)\.h' compiler/requant*.[ch]
module 'lowering' '(chan|lower|lower_priv|plan|layout|hw/npu_regs)\.h' compiler/lower*.[ch]
module 'encoder' '(encode|lower|hw/npu_word|hw/npu_regs)\.h' compiler/encode.[ch]
module 'bundle writer' '(bundle_format|bundle_write|crc32c|files|hw/npu_hw)\.h' compiler/bundle_*.[ch]
# Logs are held against a bundle and the driver's rules, never against the planner.
module 'logs and evidence' \
	"(bundle|chain_view|evidence|evidence_start|file|log|log_form|log_pairs|report|rknpu_uapi)\.h|$hw" \
	compiler/evidence*.[ch] compiler/log*.[ch] compiler/report.[ch] compiler/chain_view.[ch]
# Plain loops that share nothing with what they judge.
module 'reference convolutions' '(refconv|check_fixed|conv_shape|bundle_format)\.h' \
	runtime/tools/refconv.[ch] runtime/tools/check_fixed.[ch] runtime/tools/conv_shape.h
module 'numbers of the networks' '(conv_problem|network|npurt|operands|ref_fixed)\.h' \
	tests/networks/network.h tests/networks/layer.c tests/networks/sample.c
module 'reference convolutions of tests' '(ref_conv|ref_fixed)\.h' tests/ref/ref_*.[ch]

# Pure arithmetic takes no memory and prints nothing.
if grep -nE '^#[ \t]*include[ \t]*<(stdio|stdlib)\.h>' compiler/cbuf.[ch] compiler/lower*.[ch] compiler/requant*.[ch] compiler/chan.h; then
	echo "arithmetic that prints or takes memory" >&2
	status=1
fi
exit $status
