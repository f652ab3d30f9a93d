/*
 * Sizes of a template's buffers and its traced run.
 */
#include <stdio.h>

#include "template/template_priv.h"

#define MEMBERS(m) m, sizeof(m) / sizeof(m)[0]

void read_buffers(struct template_reading *r, struct tjson_node node)
{
	struct tjson_member m[TEMPLATE_BOS] = { 0 };

	for (uint32_t i = 0; i < TEMPLATE_BOS; i++)
		m[i].key = template_bo_name(i);
	if (!tjson_members(&r->json, node, "buffers", MEMBERS(m)))
		return;
	for (uint32_t i = 0; i < TEMPLATE_BOS; i++) {
		char what[40];

		snprintf(what, sizeof what, "buffers.%s", m[i].key);
		if (m[i].node.json)
			tjson_number(&r->json, m[i].node, what, 1, NPU_MAX_ADDRESS,
				     &r->t->bo_bytes[i]);
	}
}

void read_regcmd(struct template_reading *r, struct tjson_node node)
{
	struct tjson_member m[] = { { "offset", true, { 0 } }, { "bytes", true, { 0 } } };

	if (!tjson_members(&r->json, node, "regcmd", MEMBERS(m)))
		return;
	tjson_number(&r->json, m[0].node, "regcmd.offset", 0, NPU_MAX_ADDRESS,
		     &r->t->regcmd_offset);
	tjson_number(&r->json, m[1].node, "regcmd.bytes", 1, NPU_MAX_ADDRESS,
		     &r->t->regcmd_bytes);
}

/* ["weight", flags, offset, bytes] */
static void read_sync(struct template_reading *r, struct tjson_node node)
{
	const char *names[TEMPLATE_BOS];
	struct template_sync *s = &r->t->syncs[r->t->sync_count];
	struct tjson_node bo = tjson_first(node), flags, offset, bytes;
	size_t n, index;

	for (uint32_t i = 0; i < TEMPLATE_BOS; i++)
		names[i] = template_bo_name(i);
	if (!tjson_array(&r->json, node, "a sync", 4, 4, &n))
		return;
	flags = tjson_next(&r->json, node, bo, 0);
	offset = tjson_next(&r->json, node, flags, 1);
	bytes = tjson_next(&r->json, node, offset, 2);
	if (!tjson_choice(&r->json, bo, "a sync's buffer", names, TEMPLATE_BOS, &index) ||
	    !tjson_u32(&r->json, flags, "a sync's flags", NPUB_SYNC_TO_DEVICE,
		       NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE, &s->flags) ||
	    !tjson_number(&r->json, offset, "a sync's offset", 0, NPU_MAX_ADDRESS,
			  &s->offset) ||
	    !tjson_number(&r->json, bytes, "a sync's size", 1, NPU_MAX_ADDRESS,
			  &s->bytes))
		return;
	s->bo = (enum npub_bo_role)index;
	if (r->t->bo_bytes[index] && s->offset + s->bytes > r->t->bo_bytes[index]) {
		diag_error(r->json.diag, tjson_loc(&r->json, node), "sync-range",
			   "the sync ends at byte %llu of the %s buffer's %llu",
			   (unsigned long long)(s->offset + s->bytes), names[index],
			   (unsigned long long)r->t->bo_bytes[index]);
		return;
	}
	r->t->sync_count++;
}

static void read_submit(struct template_reading *r, struct tjson_node node)
{
	struct template_submit *s = &r->t->submit;
	struct tjson_member m[] = {
		{ "flags", true, { 0 } },      { "timeout_ms", true, { 0 } },
		{ "task_start", true, { 0 } }, { "task_number", true, { 0 } },
		{ "core_mask", true, { 0 } },  { "subcore", true, { 0 } },
	};
	uint32_t *const to[] = { &s->flags, &s->timeout_ms, &s->task_start,
				 &s->task_number, &s->core_mask };
	struct tjson_node item;
	size_t n;

	if (!tjson_members(&r->json, node, "submit", MEMBERS(m)))
		return;
	for (size_t i = 0; i < sizeof to / sizeof to[0]; i++) {
		char what[40];

		snprintf(what, sizeof what, "submit.%s", m[i].key);
		tjson_u32(&r->json, m[i].node, what, 0, UINT32_MAX, to[i]);
	}
	if (!tjson_array(&r->json, m[5].node, "submit.subcore", TEMPLATE_SUBCORES,
			 TEMPLATE_SUBCORES, &n))
		return;
	item = tjson_first(m[5].node);
	for (size_t i = 0; i < n;
	     i++, item = tjson_next(&r->json, m[5].node, item, i - 1)) {
		uint32_t *const pair[] = { &s->subcore[i][0], &s->subcore[i][1] };

		tjson_numbers(&r->json, item, "a submit.subcore range", 2, UINT32_MAX,
			      pair);
	}
	r->submit = node;
	r->t->has_submit = true;
}

void read_run(struct template_reading *r, struct tjson_node node)
{
	struct tjson_member m[] = { { "dumps", true, { 0 } },
				    { "syncs", true, { 0 } },
				    { "submit", true, { 0 } } };
	struct tjson_node item;
	size_t n;

	if (!tjson_members(&r->json, node, "run", MEMBERS(m)))
		return;
	tjson_bool(&r->json, m[0].node, "run.dumps", &r->t->dumps);
	if (tjson_array(&r->json, m[1].node, "run.syncs", 0, TEMPLATE_MAX_SYNCS, &n)) {
		item = tjson_first(m[1].node);
		for (size_t i = 0; i < n;
		     i++, item = tjson_next(&r->json, m[1].node, item, i - 1))
			read_sync(r, item);
	}
	read_submit(r, m[2].node);
}
