/*
 * Templates of a run's logs: task table, command window and buffers as dumped, their
 * device addresses turned back into offsets.
 */
#include <string.h>

#include "hw/npu_word.h"
#include "template/template_priv.h"
#include "verify/evidence.h"

/* A log being turned into a template. */
struct making {
	struct template *t;
	const struct evidence *ev;
	const struct conv_layout *layout;
	char *why;
	uint64_t dma[TEMPLATE_BOS]; /* of the buffers, in order of creation */
};

static bool find_buffers(struct making *m)
{
	if (m->ev->bo_count < TEMPLATE_BOS)
		return template_refuse(
		    m->why, "the logs tell of %u buffers, not of the %u a run has",
		    m->ev->bo_count, TEMPLATE_BOS);
	for (uint32_t i = 0; i < TEMPLATE_BOS; i++) {
		m->t->bo_bytes[i] = m->ev->bos[i].size;
		m->dma[i] = m->ev->bos[i].dma;
		if (!m->dma[i])
			return template_refuse(
			    m->why,
			    "the device address of the %s buffer is not in "
			    "the logs",
			    template_bo_name(i));
	}
	if (!m->ev->word_count || m->ev->window_dma < m->dma[NPUB_BO_WEIGHT])
		return template_refuse(
		    m->why, "no command window (QWORD_WINDOW) in the weight buffer");
	m->t->regcmd_offset = m->ev->window_dma - m->dma[NPUB_BO_WEIGHT];
	m->t->regcmd_bytes = (uint64_t)m->ev->word_count * NPU_WORD_BYTES;
	return true;
}

/*
 * Device address of offset 0 of a buffer.  Before a run binds its tensors, addresses
 * of input and output point into the internal buffer, where they lie one after the
 * other.
 */
static uint64_t buffer_start(const struct making *m, enum template_buffer buffer,
			     uint64_t address)
{
	uint64_t internal = m->dma[NPUB_BO_INTERNAL];
	bool bound =
	    address < internal || address >= internal + m->t->bo_bytes[NPUB_BO_INTERNAL];

	if (!bound && buffer == TEMPLATE_INPUT)
		return internal;
	if (!bound && buffer == TEMPLATE_OUTPUT)
		return internal + m->t->bo_bytes[NPUB_BO_INPUT];
	switch (buffer) {
	case TEMPLATE_INPUT:
		return m->dma[NPUB_BO_INPUT];
	case TEMPLATE_OUTPUT:
		return m->dma[NPUB_BO_OUTPUT];
	case TEMPLATE_BIAS:
		return m->dma[NPUB_BO_WEIGHT] + m->layout->bias_offset;
	case TEMPLATE_SCRATCH:
		return m->ev->window_dma - NPU_WEIGHT_SCRATCH_BYTES;
	default:
		return m->dma[NPUB_BO_WEIGHT];
	}
}

static bool take_word(struct making *m, struct template_record *r, uint32_t task,
		      uint64_t word)
{
	struct npu_word w = npu_word_unpack(word);
	struct template_write *write = &r->writes[r->write_count];
	enum npu_block block;
	uint64_t start;

	write->reg = npu_reg_from_offset(w.offset);
	if (write->reg == NPU_REG_N || !npu_block_from_target(w.target, &block) ||
	    block != npu_regs[write->reg].block)
		return template_refuse(
		    m->why, "task %u: word %u, %#llx, writes no known register", task,
		    r->write_count, (unsigned long long)word);
	write->buffer = template_buffer_of(write->reg);
	write->value = w.value;
	if (write->buffer) {
		start = buffer_start(m, write->buffer, w.value);
		if (w.value < start)
			return template_refuse(
			    m->why, "task %u: %s.%s, %#x, lies before its buffer, %s",
			    task, npu_block_name(block), npu_regs[write->reg].name,
			    w.value, template_buffer_name(write->buffer));
		write->value = (uint32_t)(w.value - start);
	}
	r->write_count++;
	return true;
}

static void take_tail(const struct making *m, struct template_record *r,
		      const uint64_t *words)
{
	for (uint32_t i = 0; i < NPU_TAIL_WORDS; i++) {
		struct npu_word w = npu_word_unpack(words[i]);
		bool link = !i && w.value;

		r->tail[i][0] = w.target;
		r->tail[i][1] = w.offset;
		r->tail[i][2] = link ? (uint32_t)(w.value - m->ev->window_dma) : w.value;
	}
}

static bool take_task(struct making *m, uint32_t index)
{
	const struct evidence *ev = m->ev;
	uint32_t row = ev->tasks[index];
	uint64_t amount = evidence_get(ev, row, LF_AMOUNT);
	uint64_t offset = evidence_get(ev, row, LF_REGCMD_ADDR) - ev->window_dma;
	uint64_t first = offset / NPU_WORD_BYTES;
	struct template_record *r;

	if (!amount || amount > TEMPLATE_MAX_WRITES || offset % NPU_WORD_BYTES ||
	    first > ev->word_count || first + amount + NPU_TAIL_WORDS > ev->word_count)
		return template_refuse(
		    m->why,
		    "task %u: its %llu words are not all in the command "
		    "window",
		    index, (unsigned long long)amount);
	r = template_add_record(m->t, (uint32_t)amount);
	r->mask = (uint32_t)evidence_get(ev, row, LF_ENABLE_MASK);
	r->int_mask = (uint32_t)evidence_get(ev, row, LF_INT_MASK);
	r->offset = (uint32_t)offset;
	for (uint64_t i = 0; i < amount; i++) {
		if (!take_word(m, r, index, ev->words[first + i]))
			return false;
	}
	take_tail(m, r, ev->words + first + amount);
	return true;
}

/* Cores of the plan that a list's first record belongs to: its link says so. */
static uint32_t cores_of(const struct template_record *r)
{
	return npu_field_unpack(r->tail[1][2], NPU_PC_REGISTER_AMOUNTS_BARRIER) + 1;
}

/* Lists follow one another: each ends where a chain does. */
static bool find_lists(struct making *m)
{
	struct template *t = m->t;
	struct template_plan *plan = NULL;

	for (uint32_t i = 0; i < t->record_count;) {
		uint32_t cores = cores_of(&t->records[i]), first = i;

		while (i + 1 < t->record_count && t->records[i].tail[0][0])
			i++;
		i++;
		if (!plan || plan->cores != cores) {
			if (cores > NPU_MAX_CORES || cores <= (plan ? plan->cores : 0))
				return template_refuse(
				    m->why,
				    "task %u begins a list for %u cores, out "
				    "of order",
				    first, cores);
			plan = &t->plans[t->plan_count++];
			plan->cores = cores;
			plan->evidence = NPUB_EVIDENCE_CAPTURED;
		}
		if (plan->list_count == cores)
			return template_refuse(
			    m->why, "task %u begins one list too many for %u core%s",
			    first, cores, cores == 1 ? "" : "s");
		plan->list[plan->list_count++] =
		    (struct template_list){ first, i - first };
	}
	return t->plan_count ||
	       template_refuse(m->why, "no task_like rows of a task buffer");
}

static bool take_syncs(struct making *m)
{
	const struct log *log = m->ev->log;

	for (uint32_t i = 0; i < log->row_count; i++) {
		struct template_sync *s = &m->t->syncs[m->t->sync_count];
		const struct evidence_bo *bo;

		if (log->rows[i].form != LOG_MEM_SYNC)
			continue;
		if (m->t->sync_count == TEMPLATE_MAX_SYNCS)
			return template_refuse(m->why, "more than %u syncs",
					       TEMPLATE_MAX_SYNCS);
		bo = evidence_bo_of_obj(m->ev, evidence_get(m->ev, i, LF_OBJ));
		if (!bo || bo >= m->ev->bos + TEMPLATE_BOS)
			continue;
		s->bo = (enum npub_bo_role)(bo - m->ev->bos);
		s->flags = (uint32_t)evidence_get(m->ev, i, LF_FLAGS);
		s->offset = evidence_get(m->ev, i, LF_OFFSET);
		s->bytes = evidence_get(m->ev, i, LF_SIZE);
		m->t->dumps |=
		    s->bo == NPUB_BO_INPUT && s->flags == NPUB_SYNC_FROM_DEVICE;
		m->t->sync_count++;
	}
	return true;
}

static void take_submit(struct making *m)
{
	const struct evidence_submit *s = &m->ev->submits[0];
	struct template_submit *to = &m->t->submit;

	if (!m->ev->submit_count || s->flags_row == LOG_NONE)
		return;
	m->t->has_submit = true;
	to->flags = (uint32_t)evidence_get(m->ev, s->flags_row, LF_FLAGS);
	to->timeout_ms = (uint32_t)evidence_get(m->ev, s->flags_row, LF_TIMEOUT);
	to->task_start = (uint32_t)evidence_get(m->ev, s->flags_row, LF_TASK_START);
	to->task_number = (uint32_t)evidence_get(m->ev, s->flags_row, LF_TASK_NUMBER);
	to->core_mask = s->core_mask;
	for (uint32_t i = 0; i < TEMPLATE_SUBCORES; i++) {
		to->subcore[i][0] = s->subcore[i].start;
		to->subcore[i][1] = s->subcore[i].count;
	}
}

static bool take_all(struct making *m)
{
	if (!find_buffers(m))
		return false;
	for (uint32_t i = 0; i < m->ev->task_count; i++) {
		if (i == TEMPLATE_MAX_RECORDS)
			return template_refuse(m->why, "more than %u tasks",
					       TEMPLATE_MAX_RECORDS);
		if (!take_task(m, i))
			return false;
	}
	if (!find_lists(m) || !take_syncs(m))
		return false;
	take_submit(m);
	if (!template_find_tiles(m->t))
		return template_refuse(m->why, "out of memory");
	return true;
}

bool template_from_evidence(struct template *t, const struct evidence *ev,
			    const struct conv_problem *p, char *why)
{
	struct conv_layout layout;
	struct making m = { .t = t, .ev = ev, .layout = &layout, .why = why };
	char slug[320];
	bool ok;

	template_init(t);
	conv_slug(p, slug, sizeof slug);
	t->problem = *p;
	t->problem.name = mem_strndup(slug, strlen(slug));
	t->problem.weights = t->problem.bias = (struct tensor_source){ 0 };
	t->problem.bias.kind = p->bias.kind == SOURCE_NONE ? SOURCE_NONE : SOURCE_SEED;
	t->name = mem_strndup(slug, strlen(slug));
	t->provenance.capture = mem_strndup(slug, strlen(slug));
	t->provenance.kind = mem_strndup("logs", 4);
	if (!layout_from_problem(&layout, &t->problem))
		return template_refuse(why, "out of memory");
	ok = take_all(&m);
	layout_free(&layout);
	if (!ok)
		template_clear(t);
	return ok;
}
