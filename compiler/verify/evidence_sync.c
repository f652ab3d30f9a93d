/*
 * Cache syncs against the bundle's profile, or the vendor's when there is no bundle:
 * each fresh buffer whole both ways, weights and records to the device, then for each
 * run the commands, the input, the commands again, the submit, and the output twice
 * from the device.
 *
 * A run that dumps tensors also reads the input back and the output once or twice
 * more; that is recognised as a variant of its own.
 */
#include "verify/evidence.h"

#include <string.h>

#include "hw/npu_hw.h"

#define BOTH (NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE)
#define MAX_EXPECTED 64u
#define DUMP_EXTRA_OUTPUTS 2u /* at most; at least one */

struct sync {
	uint32_t role; /* EVIDENCE_ROLES: the submit */
	uint32_t flags;
	uint64_t offset, bytes;
};

struct profile {
	struct sync set_up[MAX_EXPECTED], run[MAX_EXPECTED]; /* the submit is in `run` */
	uint32_t set_up_count, run_count;
};

/* Walk over the log's MEM_SYNC and SUBMIT rows. */
struct walk {
	const struct evidence *ev;
	struct report *report;
	uint32_t at; /* next row */
	bool dump;   /* the input was read back */
};

static void add(struct sync *list, uint32_t *count, struct sync s)
{
	if (*count < MAX_EXPECTED)
		list[(*count)++] = s;
}

static uint32_t role_of_bo(const struct evidence *ev, uint32_t bo)
{
	return ev->bundle->bos[bo].role;
}

/* Syncs of the bundle for one phase. */
static void add_phase(const struct evidence *ev, uint32_t phase, struct sync *list,
		      uint32_t *count)
{
	for (uint32_t i = 0; i < ev->conv->sync_count; i++) {
		const struct npub_sync *s = &ev->bundle->syncs[ev->conv->first_sync + i];

		if (s->phase == phase)
			add(list, count,
			    (struct sync){ role_of_bo(ev, s->bo), s->flags, s->offset,
					   s->bytes });
	}
}

static uint64_t role_bytes(const struct evidence *ev, uint32_t role)
{
	return role < ev->bo_count ? ev->bos[role].size : 0;
}

/* Without a bundle the command window is what the trace's third weight sync says. */
static struct sync vendor_window(const struct evidence *ev)
{
	struct sync s = { NPUB_BO_WEIGHT, NPUB_SYNC_TO_DEVICE, 0, 0 };

	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		if (ev->log->rows[i].form == LOG_MEM_SYNC &&
		    evidence_get(ev, i, LF_OFFSET) != 0) {
			s.offset = evidence_get(ev, i, LF_OFFSET);
			s.bytes = evidence_get(ev, i, LF_SIZE);
			break;
		}
	}
	return s;
}

static void vendor_phases(const struct evidence *ev, struct profile *p, bool set_up)
{
	struct sync window = vendor_window(ev);
	struct sync input = { NPUB_BO_INPUT, NPUB_SYNC_TO_DEVICE, 0,
			      role_bytes(ev, NPUB_BO_INPUT) };
	struct sync output = { NPUB_BO_OUTPUT, NPUB_SYNC_FROM_DEVICE, 0,
			       role_bytes(ev, NPUB_BO_OUTPUT) };

	if (set_up) {
		for (uint32_t role = NPUB_BO_WEIGHT + 1; role-- > NPUB_BO_TASK;)
			add(p->set_up, &p->set_up_count,
			    (struct sync){ role, NPUB_SYNC_TO_DEVICE, 0,
					   role_bytes(ev, role) });
		return;
	}
	add(p->run, &p->run_count, window);
	add(p->run, &p->run_count, input);
	add(p->run, &p->run_count, window);
	add(p->run, &p->run_count, (struct sync){ .role = EVIDENCE_ROLES });
	add(p->run, &p->run_count, output);
	add(p->run, &p->run_count, output);
}

static void make_profile(const struct evidence *ev, struct profile *p)
{
	memset(p, 0, sizeof *p);
	for (uint32_t role = 0; role < EVIDENCE_ROLES; role++) {
		const struct npub_bo *bo = evidence_conv_bo(ev, role);

		add(p->set_up, &p->set_up_count,
		    (struct sync){ role, BOTH, 0,
				   bo ? bo->bytes : role_bytes(ev, role) });
		if (role != NPUB_BO_WEIGHT)
			continue;
		if (ev->conv)
			add_phase(ev, NPUB_SYNC_LOAD, p->set_up, &p->set_up_count);
		else
			vendor_phases(ev, p, true);
	}
	if (!ev->conv) {
		vendor_phases(ev, p, false);
		return;
	}
	add_phase(ev, NPUB_SYNC_BEFORE, p->run, &p->run_count);
	add(p->run, &p->run_count, (struct sync){ .role = EVIDENCE_ROLES });
	add_phase(ev, NPUB_SYNC_AFTER, p->run, &p->run_count);
}

/* The next row of the walk, not consumed; false at the end of the log. */
static bool peek(struct walk *w, struct sync *s)
{
	const struct log *log = w->ev->log;
	const struct evidence_bo *bo;

	while (w->at < log->row_count && log->rows[w->at].form != LOG_MEM_SYNC &&
	       log->rows[w->at].form != LOG_SUBMIT)
		w->at++;
	if (w->at == log->row_count)
		return false;
	if (log->rows[w->at].form == LOG_SUBMIT) {
		*s = (struct sync){ .role = EVIDENCE_ROLES };
		return true;
	}
	bo = evidence_bo_of_obj(w->ev, evidence_get(w->ev, w->at, LF_OBJ));
	*s = (struct sync){ bo ? (uint32_t)(bo - w->ev->bos) : LOG_NONE,
			    (uint32_t)evidence_get(w->ev, w->at, LF_FLAGS),
			    evidence_get(w->ev, w->at, LF_OFFSET),
			    evidence_get(w->ev, w->at, LF_SIZE) };
	return true;
}

static bool same(const struct sync *a, const struct sync *b)
{
	return a->role == b->role && a->flags == b->flags && a->offset == b->offset &&
	       a->bytes == b->bytes;
}

static const char *sync_text(const struct sync *s, char buf[96])
{
	if (s->role == EVIDENCE_ROLES)
		strcpy(buf, "SUBMIT");
	else
		snprintf(buf, 96, "sync %u of %s [%llu, +%llu)", s->flags,
			 s->role < EVIDENCE_ROLES ? evidence_role_names[s->role]
						  : "an unknown buffer",
			 (unsigned long long)s->offset, (unsigned long long)s->bytes);
	return buf;
}

/* Consume the rows of `list`; false after a failure. */
static bool expect(struct walk *w, const struct sync *list, uint32_t count)
{
	char place[LOG_PLACE_BYTES], got_text[96], want_text[96];
	struct sync got;

	for (uint32_t i = 0; i < count; i++) {
		struct sync dumped = list[i];

		if (!peek(w, &got)) {
			report_fail(w->report, "the trace ends where %s is due",
				    sync_text(&list[i], want_text));
			return false;
		}
		if (!same(&got, &list[i])) {
			report_fail(w->report, "%s: %s where %s is due in the "
				    "vendor's syncs (npurun --profile vendor)",
				    evidence_place(w->ev, w->at, place),
				    sync_text(&got, got_text),
				    sync_text(&list[i], want_text));
			return false;
		}
		w->at++;
		/* tensor dumps read the input back as soon as it was written */
		dumped.flags = NPUB_SYNC_FROM_DEVICE;
		if (list[i].role == NPUB_BO_INPUT &&
		    list[i].flags == NPUB_SYNC_TO_DEVICE && peek(w, &got) &&
		    same(&got, &dumped)) {
			w->dump = true;
			w->at++;
		}
	}
	return true;
}

/* After a run: tensor dumps sync the output once or twice more. */
static void expect_extra(struct walk *w, const struct profile *p)
{
	const struct sync *last = &p->run[p->run_count - 1];
	char place[LOG_PLACE_BYTES];
	uint32_t extra = 0;
	struct sync got;

	while (last->role == NPUB_BO_OUTPUT && peek(w, &got) && same(&got, last)) {
		extra++;
		if (extra > (w->dump ? DUMP_EXTRA_OUTPUTS : 0)) {
			report_fail(w->report, "%s: the output is synced once too often",
				    evidence_place(w->ev, w->at, place));
			return;
		}
		w->at++;
	}
	if (w->dump && !extra)
		report_fail(w->report, "the input is read back, the output not dumped");
}

void evidence_check_syncs(const struct evidence *ev, struct report *report)
{
	struct walk w = { .ev = ev, .report = report };
	struct profile profile;
	struct sync got;

	report_item(report, "sync-profile", "%u syncs", ev->log->form_rows[LOG_MEM_SYNC]);
	if (!ev->log->form_rows[LOG_MEM_SYNC]) {
		report_skip(report, "no MEM_SYNC rows");
		return;
	}
	make_profile(ev, &profile);
	if (!expect(&w, profile.set_up, profile.set_up_count))
		return;
	do {
		w.dump = false;
		if (!expect(&w, profile.run, profile.run_count))
			return;
		expect_extra(&w, &profile);
	} while (!report_failed(report) && peek(&w, &got));
	report_pass(report, "%u syncs, the %s profile%s",
		    ev->log->form_rows[LOG_MEM_SYNC], ev->conv ? "bundle's" : "vendor's",
		    w.dump ? " with tensor dumps" : "");
}
