/*
 * The run-time side of a comparison: buffers, syncs and submit.
 */
#include "corpus/verify_priv.h"

static void compare_bytes(struct comparison *x, const char *what, uint64_t mine, uint64_t captured)
{
	if (!captured)
		return;
	x->tally->buffers++;
	if (mine != captured)
		verify_differ(x, "%s: %llu bytes, captured %llu", what, (unsigned long long)mine,
		       (unsigned long long)captured);
}

void verify_buffers(struct comparison *x)
{
	const struct capture_bos *b = &x->c->bos;
	const struct compiled_conv *o = x->ours;

	compare_bytes(x, "task buffer", o->bos.task, b->task);
	compare_bytes(x, "weight buffer", o->bos.weight, b->weight);
	compare_bytes(x, "internal buffer", o->bos.internal, b->internal);
	compare_bytes(x, "input buffer", o->bos.input, b->input);
	compare_bytes(x, "output buffer", o->bos.output, b->output);
	compare_bytes(x, "commands", (uint64_t)o->regcmds.word_count * NPU_WORD_BYTES, b->regcmd);
	compare_bytes(x, "command offset", o->weight_bo.regcmd, b->regcmd_offset);
	if (b->has_page_offset) {
		x->tally->buffers++;
		if (o->weight_bo.regcmd % NPU_PAGE_BYTES != b->regcmd_page_offset)
			verify_differ(x, "command offset in its page: %u, captured %u",
			       (uint32_t)(o->weight_bo.regcmd % NPU_PAGE_BYTES),
			       b->regcmd_page_offset);
	}
}

#define MAX_EXPECTED_SYNCS (CONV_MAX_SYNCS + NPUB_BO_OUTPUT + 1)

static void add_created(const struct compiled_conv *o, enum npub_bo_role bo,
			struct npub_sync *list, uint32_t *count)
{
	const uint64_t bytes[] = {
		[NPUB_BO_TASK] = o->bos.task, [NPUB_BO_WEIGHT] = o->bos.weight,
		[NPUB_BO_INTERNAL] = o->bos.internal, [NPUB_BO_INPUT] = o->bos.input,
		[NPUB_BO_OUTPUT] = o->bos.output,
	};

	list[(*count)++] = (struct npub_sync){
		.bo = bo, .flags = NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE,
		.bytes = bytes[bo],
	};
}

static void add_profile(const struct npub_sync *profile, uint32_t profile_count,
			enum npub_sync_phase phase, struct npub_sync *list, uint32_t *count)
{
	for (uint32_t i = 0; i < profile_count; i++) {
		if (profile[i].phase == phase)
			list[(*count)++] = profile[i];
	}
}

/*
 * The whole run: a fresh buffer is synced both ways as it is created, weights and
 * records go out once both exist, then the profile of a run (schedules s. 7).
 */
static uint32_t expected_syncs(const struct compiled_conv *o, struct npub_sync *list)
{
	struct npub_sync profile[CONV_MAX_SYNCS];
	uint32_t n = conv_syncs(o, profile), count = 0;

	add_created(o, NPUB_BO_TASK, list, &count);
	add_created(o, NPUB_BO_WEIGHT, list, &count);
	add_profile(profile, n, NPUB_SYNC_LOAD, list, &count);
	add_created(o, NPUB_BO_INTERNAL, list, &count);
	add_created(o, NPUB_BO_INPUT, list, &count);
	add_created(o, NPUB_BO_OUTPUT, list, &count);
	add_profile(profile, n, NPUB_SYNC_BEFORE, list, &count);
	add_profile(profile, n, NPUB_SYNC_AFTER, list, &count);
	return count;
}

static bool is_sync(const struct capture_sync *s, const struct npub_sync *want)
{
	return s->bo == want->bo && s->flags == want->flags && s->offset == want->offset &&
	       s->bytes == want->bytes;
}

/* A traced run that also dumps tensors reads input and output back once more. */
static bool is_dump(const struct capture_sync *s)
{
	return s->flags == NPUB_SYNC_FROM_DEVICE && !s->offset &&
	       (s->bo == NPUB_BO_INPUT || s->bo == NPUB_BO_OUTPUT);
}

void verify_syncs(struct comparison *x)
{
	struct npub_sync want[MAX_EXPECTED_SYNCS];
	uint32_t n = expected_syncs(x->ours, want), at = 0;

	for (uint32_t i = 0; i < x->c->sync_count; i++) {
		const struct capture_sync *s = &x->c->syncs[i];

		x->tally->syncs++;
		if (at < n && is_sync(s, &want[at]))
			at++;
		else if (!is_dump(s))
			verify_differ(x, "sync %u: buffer %u, flags %u, %llu bytes at %llu is not the "
			       "profile's next", i, s->bo, s->flags,
			       (unsigned long long)s->bytes, (unsigned long long)s->offset);
	}
	if (x->c->sync_count && at < n)
		verify_differ(x, "%u of %u syncs of the profile, the rest is missing", at, n);
}

/* The default submit runs the one-core plan, named in entries 0..2 (s. 7). */
void verify_submit(struct comparison *x)
{
	const struct capture_submit *s = &x->c->submit;
	uint32_t n = x->ours->lists[0][0].task_count;

	if (!x->c->has_submit)
		return;
	x->tally->submits++;
	if (s->flags != NPU_SUBMIT_FLAGS || s->task_start || s->core_mask ||
	    s->task_number != NPU_MAX_CORES * n)
		verify_differ(x, "submit: flags %u, start %u, number %u, mask %u", s->flags,
		       s->task_start, s->task_number, s->core_mask);
	for (uint32_t i = 0; i < 5; i++) {
		uint32_t want = i < NPU_MAX_CORES ? n : 0;

		if (s->subcore[i][0] || s->subcore[i][1] != want)
			verify_differ(x, "submit: subcore %u runs %u tasks, captured %u", i, want,
			       s->subcore[i][1]);
	}
}
