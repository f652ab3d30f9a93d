/* The format's codes as words. */
#include <stdio.h>
#include <string.h>

#include "bundle_file.h"
#include "hw/npu_hw.h"

#define NAMER(function, ...)                                                             \
	const char *function(uint32_t code)                                              \
	{                                                                                \
		static const char *const names[] = { __VA_ARGS__ };                      \
                                                                                         \
		return code < sizeof(names) / sizeof(names[0]) && names[code]            \
			   ? names[code]                                                 \
			   : "?";                                                        \
	}

NAMER(name_of_section, [NPUB_SECTION_STRINGS] = "strings",
      [NPUB_SECTION_TENSORS] = "tensors", [NPUB_SECTION_BOS] = "bos",
      [NPUB_SECTION_CONVS] = "convs", [NPUB_SECTION_PLANS] = "plans",
      [NPUB_SECTION_TASKS] = "tasks", [NPUB_SECTION_REGCMD] = "regcmd",
      [NPUB_SECTION_RELOCS] = "relocs", [NPUB_SECTION_SYNCS] = "syncs",
      [NPUB_SECTION_DATA] = "data", [NPUB_SECTION_DEBUG] = "debug",
      [NPUB_SECTION_SCALES] = "scales")
NAMER(name_of_tensor_role, [NPUB_TENSOR_INPUT] = "input", [NPUB_TENSOR_OUTPUT] = "output",
      [NPUB_TENSOR_WEIGHTS] = "weights", [NPUB_TENSOR_BIAS] = "bias",
      [NPUB_TENSOR_OPERAND] = "operand")
NAMER(name_of_layout, [NPUB_LAYOUT_NC1HWC2] = "nc1hwc2", [NPUB_LAYOUT_PIXEL] = "pixel",
      [NPUB_LAYOUT_WEIGHTS] = "weights", [NPUB_LAYOUT_DEPTHWISE] = "depthwise",
      [NPUB_LAYOUT_LINEAR] = "linear", [NPUB_LAYOUT_BIAS_GROUPED] = "bias-grouped")
NAMER(name_of_bo_role, [NPUB_BO_TASK] = "task", [NPUB_BO_WEIGHT] = "weight",
      [NPUB_BO_INTERNAL] = "internal", [NPUB_BO_INPUT] = "input",
      [NPUB_BO_OUTPUT] = "output")
NAMER(name_of_mode, [NPUB_MODE_DENSE] = "dense", [NPUB_MODE_DEPTHWISE] = "depthwise",
      [NPUB_MODE_PIXEL] = "pixel")
NAMER(name_of_split, [NPUB_SPLIT_WHOLE] = "whole", [NPUB_SPLIT_Y] = "y",
      [NPUB_SPLIT_K] = "k", [NPUB_SPLIT_YK] = "yk", [NPUB_SPLIT_C] = "c",
      [NPUB_SPLIT_YC] = "yc")
NAMER(name_of_phase, [NPUB_SYNC_LOAD] = "load", [NPUB_SYNC_BEFORE] = "before",
      [NPUB_SYNC_AFTER] = "after")

const char *const evidence_names[] = { [NPUB_EVIDENCE_FORMULA] = "formula",
				       [NPUB_EVIDENCE_CAPTURED] = "captured",
				       [NPUB_EVIDENCE_PROMOTED] = "promoted" };
_Static_assert(sizeof(evidence_names) / sizeof(evidence_names[0]) == EVIDENCE_COUNT,
	       "every level has a name");

const char *name_of_evidence(uint32_t evidence)
{
	return evidence < EVIDENCE_COUNT ? evidence_names[evidence] : "?";
}

const char *name_of_user_type(const struct npub_tensor *t)
{
	return t->user_form == NPUB_USER_UINT8 ? "uint8" : name_of_elem(t->elem);
}

const char *name_of_elem(uint32_t elem)
{
	const struct npu_elem_info *info = npu_elem_info((enum npu_elem)elem);

	return info ? info->name : "?";
}

static const struct {
	uint32_t bit;
	const char *name;
} hazards_by_bit[] = {
	{ NPUB_HAZARD_POISONS_NEXT_JOB, "poisons-next-job" },
	{ NPUB_HAZARD_UNTESTED, "untested" },
};
#define HAZARD_COUNT (sizeof(hazards_by_bit) / sizeof(hazards_by_bit[0]))

char *hazard_text(char text[HAZARD_TEXT_BYTES], uint32_t hazards)
{
	size_t used = 0;

	snprintf(text, HAZARD_TEXT_BYTES, "none");
	for (size_t i = 0; i < HAZARD_COUNT; i++) {
		if (!(hazards & hazards_by_bit[i].bit))
			continue;
		used += (size_t)snprintf(text + used, HAZARD_TEXT_BYTES - used, "%s%s",
					 used ? "," : "", hazards_by_bit[i].name);
	}
	return text;
}

uint32_t hazard_from_name(const char *name)
{
	for (size_t i = 0; i < HAZARD_COUNT; i++)
		if (strcmp(name, hazards_by_bit[i].name) == 0)
			return hazards_by_bit[i].bit;
	return 0;
}
