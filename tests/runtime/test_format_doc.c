/*
 * docs/bundle-format.md shows one bundle byte by byte.  This test writes that
 * bundle again and compares; NPUCC_UPDATE_DOCS=1 puts the new text in its place.
 */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tiny.h"

#define DOC SOURCE_ROOT "/docs/bundle-format.md"
#define BEGIN "<!-- example: written by test_format_doc -->\n```text\n"
#define END "```\n<!-- end of example -->\n"

struct field {
	const char *name;
	size_t offset, bytes;
};

#define F(s, f)                                                                          \
	{                                                                                \
#f, offsetof(struct s, f), sizeof(((struct s *)0)->f)                    \
	}

static const struct field header_fields[] = {
	F(npub_header, magic),
	F(npub_header, version),
	F(npub_header, last_compatible_version),
	F(npub_header, file_bytes),
	F(npub_header, header_bytes),
	F(npub_header, section_entry_bytes),
	F(npub_header, section_count),
	F(npub_header, target),
	F(npub_header, spec_digest),
	F(npub_header, compiler),
	F(npub_header, reserved),
	F(npub_header, table_crc),
	F(npub_header, header_crc),
};
static const struct field section_fields[] = {
	F(npub_section, kind),	F(npub_section, flags),	     F(npub_section, offset),
	F(npub_section, bytes), F(npub_section, elem_bytes), F(npub_section, elem_count),
	F(npub_section, crc),	F(npub_section, reserved),
};
static const struct field tensor_fields[] = {
	F(npub_tensor, name),
	F(npub_tensor, role),
	F(npub_tensor, elem),
	F(npub_tensor, layout),
	F(npub_tensor, n),
	F(npub_tensor, c),
	F(npub_tensor, h),
	F(npub_tensor, w),
	F(npub_tensor, bo),
	F(npub_tensor, row_pixels),
	F(npub_tensor, plane_pixels),
	F(npub_tensor, surfaces),
	F(npub_tensor, bo_offset),
	F(npub_tensor, image_bytes),
	F(npub_tensor, bytes),
	F(npub_tensor, scale),
	F(npub_tensor, zero_point),
	F(npub_tensor, user_form),
	F(npub_tensor, reserved),
};
static const struct field bo_fields[] = {
	F(npub_bo, name),	F(npub_bo, role),  F(npub_bo, flags),
	F(npub_bo, align),	F(npub_bo, bytes), F(npub_bo, data_offset),
	F(npub_bo, data_bytes),
};
static const struct field conv_fields[] = {
	F(npub_conv, name),
	F(npub_conv, batch),
	F(npub_conv, in_c),
	F(npub_conv, in_h),
	F(npub_conv, in_w),
	F(npub_conv, out_c),
	F(npub_conv, out_h),
	F(npub_conv, out_w),
	F(npub_conv, kernel_h),
	F(npub_conv, kernel_w),
	F(npub_conv, stride_y),
	F(npub_conv, stride_x),
	F(npub_conv, pad_top),
	F(npub_conv, pad_left),
	F(npub_conv, pad_bottom),
	F(npub_conv, pad_right),
	F(npub_conv, dilation_y),
	F(npub_conv, dilation_x),
	F(npub_conv, groups),
	F(npub_conv, elem),
	F(npub_conv, out_elem),
	F(npub_conv, mode),
	F(npub_conv, input),
	F(npub_conv, output),
	F(npub_conv, weights),
	F(npub_conv, bias),
	F(npub_conv, operand),
	F(npub_conv, first_bo),
	F(npub_conv, bo_count),
	F(npub_conv, first_plan),
	F(npub_conv, plan_count),
	F(npub_conv, first_task),
	F(npub_conv, task_count),
	F(npub_conv, first_sync),
	F(npub_conv, sync_count),
	F(npub_conv, first_reloc),
	F(npub_conv, reloc_count),
	F(npub_conv, first_word),
	F(npub_conv, word_count),
	F(npub_conv, task_bo),
	F(npub_conv, regcmd_bo),
	F(npub_conv, regcmd_bo_offset),
	F(npub_conv, first_scale),
	F(npub_conv, scale_count),
	F(npub_conv, op.flags),
	F(npub_conv, op.pad_value),
	F(npub_conv, op.weight_zero),
	F(npub_conv, op.limit),
	F(npub_conv, op.out_zero),
	F(npub_conv, op.out_scale),
	F(npub_conv, op.out_shift),
	F(npub_conv, op.operand_zero),
	F(npub_conv, op.operand_scale),
	F(npub_conv, op.operand_shift),
	F(npub_conv, op.leak_scale),
	F(npub_conv, op.leak_shift),
	F(npub_conv, reserved),
};
static const struct field plan_fields[] = {
	F(npub_plan, cores),	  F(npub_plan, split),	  F(npub_plan, evidence),
	F(npub_plan, hazards),	  F(npub_plan, list[0]),  F(npub_plan, list[1]),
	F(npub_plan, list[2]),	  F(npub_plan, reserved), F(npub_plan, macs),
	F(npub_plan, dram_bytes), F(npub_plan, cost_ns),
};
static const struct field task_fields[] = {
	F(npub_task, flags),	     F(npub_task, op_idx),
	F(npub_task, enable_mask),   F(npub_task, int_mask),
	F(npub_task, int_clear),     F(npub_task, int_status),
	F(npub_task, regcfg_amount), F(npub_task, regcfg_offset),
	F(npub_task, regcmd_addr),
};
static const struct field reloc_fields[] = {
	F(npub_reloc, word),
	F(npub_reloc, bo),
	F(npub_reloc, addend),
};
static const struct field sync_fields[] = {
	F(npub_sync, phase),	F(npub_sync, bo),     F(npub_sync, flags),
	F(npub_sync, reserved), F(npub_sync, offset), F(npub_sync, bytes),
};
static const struct field word_fields[] = { { "word", 0, 8 } };
static const struct field byte_fields[] = { { "bytes", 0, 16 } };

#define KIND(k, fields, name)                                                            \
	[NPUB_SECTION_##k] = { name, fields, sizeof fields / sizeof fields[0] }
static const struct {
	const char *name;
	const struct field *fields;
	size_t count;
} kinds[] = {
	KIND(STRINGS, byte_fields, "STRINGS"), KIND(TENSORS, tensor_fields, "TENSORS"),
	KIND(BOS, bo_fields, "BOS"),	       KIND(CONVS, conv_fields, "CONVS"),
	KIND(PLANS, plan_fields, "PLANS"),     KIND(TASKS, task_fields, "TASKS"),
	KIND(REGCMD, word_fields, "REGCMD"),   KIND(RELOCS, reloc_fields, "RELOCS"),
	KIND(SYNCS, sync_fields, "SYNCS"),     KIND(DATA, byte_fields, "DATA"),
};

static void print_bytes(FILE *out, const uint8_t *p, size_t at, size_t bytes)
{
	size_t shown = bytes > 16 ? 8 : bytes;
	int column = fprintf(out, "%04zx ", at);

	for (size_t i = 0; i < shown; i++)
		column += fprintf(out, " %02x", p[at + i]);
	if (shown < bytes)
		column += fprintf(out, " ..");
	fprintf(out, "%*s", column < 32 ? 32 - column : 2, "");
}

static uint64_t load(const uint8_t *p, size_t bytes)
{
	uint64_t v = 0;

	memcpy(&v, p, bytes);
	return v;
}

static void print_fields(FILE *out, const uint8_t *blob, size_t at, const struct field *f,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t v =
		    load(blob + at + f[i].offset, f[i].bytes > 8 ? 8 : f[i].bytes);

		print_bytes(out, blob, at + f[i].offset, f[i].bytes);
		if (f[i].bytes > 8 || !strncmp(f[i].name, "magic", 5))
			fprintf(out, "%s\n", f[i].name);
		else if (!strncmp(f[i].name, "list", 4))
			fprintf(out, "%s = first %" PRIu64 ", count %" PRIu64 "\n",
				f[i].name, v & UINT32_MAX, v >> 32);
		else if (strstr(f[i].name, "crc") || strstr(f[i].name, "flags") ||
			 strstr(f[i].name, "mask") || strstr(f[i].name, "digest") ||
			 !strcmp(f[i].name, "scale") || !strcmp(f[i].name, "bias") ||
			 !strcmp(f[i].name, "operand"))
			fprintf(out, "%s = 0x%" PRIx64 "\n", f[i].name, v);
		else if (!strcmp(f[i].name, "word"))
			fprintf(out, "target %04x, value %08x, register %04x\n",
				(unsigned)(v >> 48), (unsigned)(v >> 16),
				(unsigned)(v & 0xffff));
		else
			fprintf(out, "%s = %" PRIu64 "\n", f[i].name, v);
	}
}

/* Long sections show their beginning and, for commands, the record's tail. */
static void print_section(FILE *out, const uint8_t *blob, const struct npub_section *s,
			  const struct tiny *t)
{
	uint32_t elem = s->kind == NPUB_SECTION_DATA || s->kind == NPUB_SECTION_STRINGS
			    ? 16
			    : s->elem_bytes;
	uint32_t count = (uint32_t)((s->bytes + elem - 1) / elem);
	uint32_t tail = t->task[0].regcfg_amount, first = count, second = count;

	if (s->kind == NPUB_SECTION_REGCMD)
		first = 6, second = tail;
	if (s->kind == NPUB_SECTION_DATA)
		first = 1;
	fprintf(out, "\n%s: %u elements of %u bytes at %#" PRIx64 "\n",
		kinds[s->kind].name, s->elem_count, s->elem_bytes, s->offset);
	for (uint32_t i = 0; i < count; i++) {
		if (i == first && i != second)
			fprintf(out, "      ... %u more\n",
				(second < count ? second : count) - i);
		if (i >= first && (i < second || s->kind == NPUB_SECTION_DATA))
			continue;
		if (elem == s->elem_bytes && s->kind != NPUB_SECTION_REGCMD && count > 1)
			fprintf(out, "  [%u]\n", i);
		print_fields(out, blob, s->offset + (uint64_t)i * elem,
			     kinds[s->kind].fields, kinds[s->kind].count);
	}
}

static char *make_example(size_t *bytes)
{
	char *text;
	FILE *out = open_memstream(&text, bytes);
	const struct npub_header *h;
	const struct npub_section *s;
	struct tiny t;
	size_t blob_bytes;
	uint8_t *blob;

	assert_non_null(out);
	tiny_make(&t, &(struct tiny_options){ .tiles = 1 });
	blob = tiny_bundle(&t, &blob_bytes);
	assert_int_equal(npurt_verify(blob, blob_bytes, NULL), NPURT_OK);
	h = (const struct npub_header *)blob;
	s = (const struct npub_section *)(h + 1);
	fprintf(out, "HEADER\n");
	print_fields(out, blob, 0, header_fields,
		     sizeof header_fields / sizeof header_fields[0]);
	for (uint32_t i = 0; i < h->section_count; i++) {
		fprintf(out, "\nSECTION TABLE [%u]: %s\n", i, kinds[s[i].kind].name);
		print_fields(out, blob, sizeof *h + i * sizeof *s, section_fields,
			     sizeof section_fields / sizeof section_fields[0]);
	}
	for (uint32_t i = 0; i < h->section_count; i++)
		print_section(out, blob, &s[i], &t);
	fprintf(out, "\nend of file at %#zx\n", blob_bytes);
	fclose(out);
	free(blob);
	return text;
}

static char *read_doc(void)
{
	FILE *f = fopen(DOC, "rb");
	char *text = calloc(1, 1 << 18);

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 18) - 1, f) > 1000);
	fclose(f);
	return text;
}

static void test_example(void **state)
{
	size_t bytes;
	char *want = make_example(&bytes), *doc = read_doc();
	char *begin = strstr(doc, BEGIN), *end = strstr(doc, END);

	(void)state;
	assert_non_null(begin);
	assert_non_null(end);
	begin += strlen(BEGIN);
	assert_true(end >= begin);
	if (getenv("NPUCC_UPDATE_DOCS")) {
		FILE *f = fopen(DOC, "wb");

		assert_non_null(f);
		fprintf(f, "%.*s%s%s", (int)(begin - doc), doc, want, end);
		fclose(f);
	} else if ((size_t)(end - begin) != bytes || memcmp(begin, want, bytes)) {
		size_t i = 0, line = 1;

		while (i < bytes && begin + i < end && begin[i] == want[i])
			line += want[i++] == '\n';
		fail_msg(
		    "example: differs from the writer's bundle in line %zu of the block",
		    line);
	}
	free(want);
	free(doc);
}

/* Every field of every struct has its line in the tables above. */
static void test_tables_are_complete(void **state)
{
	static const size_t sizes[] = {
		[NPUB_SECTION_TENSORS] = sizeof(struct npub_tensor),
		[NPUB_SECTION_BOS] = sizeof(struct npub_bo),
		[NPUB_SECTION_CONVS] = sizeof(struct npub_conv),
		[NPUB_SECTION_PLANS] = sizeof(struct npub_plan),
		[NPUB_SECTION_TASKS] = sizeof(struct npub_task),
		[NPUB_SECTION_RELOCS] = sizeof(struct npub_reloc),
		[NPUB_SECTION_SYNCS] = sizeof(struct npub_sync),
	};

	(void)state;
	for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
		size_t at = 0;

		for (size_t i = 0; sizes[k] && i < kinds[k].count; i++) {
			CHECK(kinds[k].fields[i].name, kinds[k].fields[i].offset == at,
			      "gap before it");
			at += kinds[k].fields[i].bytes;
		}
		if (sizes[k])
			assert_int_equal(at, sizes[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_tables_are_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
