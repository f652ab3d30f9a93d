/*
 * The templates at hand, the one of a problem, and what it says about a plan.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "mem.h"
#include "template/template_builtin.h"

static void add(struct template_set *set, const struct template *t)
{
	set->items = mem_grow(set->items, set->count, sizeof *set->items);
	set->items[set->count++] = *t;
}

static int is_template_file(const struct dirent *entry)
{
	size_t bytes = strlen(entry->d_name);

	return entry->d_name[0] != '.' && bytes > 5 &&
	       !strcmp(entry->d_name + bytes - 5, ".json");
}

static void load_dir(struct template_set *set, const char *dir, struct diag *diag)
{
	struct dirent **names;
	int count = scandir(dir, &names, is_template_file, alphasort);

	if (count < 0) {
		diag_error(diag, (struct loc){ 0 }, NULL, "captured schedules: %s: %s",
			   dir, strerror(errno));
		diag_note(diag, (struct loc){ 0 },
			  "--schedules or NPUCC_SCHEDULES names this directory");
		return;
	}
	for (int i = 0; i < count; i++) {
		size_t bytes = strlen(dir) + strlen(names[i]->d_name) + 2;
		char *path = mem_new(bytes);
		struct template t;

		snprintf(path, bytes, "%s/%s", dir, names[i]->d_name);
		if (template_read_file(&t, path, diag))
			add(set, &t);
		free(path);
		free(names[i]);
	}
	free(names);
}

/* The built-in template that an item of the set stands for. */
static const struct template_builtin *builtin_of(const struct template_set *set,
						 size_t index)
{
	return &template_builtins[index - set->from_dir];
}

/*
 * Name and problem of a built-in template.  Its "conv" is an object of plain values,
 * so that it ends at the next brace.
 */
static void add_outline(struct template_set *set, const struct template_builtin *b,
			struct diag *diag)
{
	static const char key[] = "\"conv\":";
	const char *text = (const char *)b->bytes, *end = text + b->byte_count,
		   *at = text;
	const char *close;
	struct template t;

	while (at < end - sizeof key && memcmp(at, key, sizeof key - 1))
		at++;
	while (at < end && *at != '{')
		at++;
	close = memchr(at, '}', (size_t)(end - at));
	if (!close)
		diag_error(diag, (struct loc){ 0 }, NULL, "%s: no object \"conv\"",
			   b->name);
	else if (template_read_conv(&t, b->name, at, (size_t)(close - at) + 1, diag))
		add(set, &t);
}

bool template_set_load(struct template_set *set, const char *dir, struct diag *diag)
{
	uint32_t errors = diag_errors(diag);

	*set = (struct template_set){ 0 };
	if (dir)
		load_dir(set, dir, diag);
	set->from_dir = set->count;
	for (size_t i = 0; i < template_builtin_count; i++)
		add_outline(set, &template_builtins[i], diag);
	if (diag_errors(diag) == errors)
		return true;
	template_set_free(set);
	return false;
}

/* Read what an outline leaves out; its problem must be that of the whole. */
static bool complete(struct template_set *set, size_t index, struct diag *diag)
{
	const struct template_builtin *b;
	struct template *outline = &set->items[index], whole;

	if (outline->record_count)
		return true;
	b = builtin_of(set, index);
	if (!template_read_text(&whole, b->name, (const char *)b->bytes, b->byte_count,
				diag))
		return false;
	if (!template_matches(outline, &whole.problem)) {
		diag_error(diag, (struct loc){ 0 }, NULL,
			   "%s: \"conv\" is named before its object", b->name);
		template_clear(&whole);
		return false;
	}
	template_clear(outline);
	*outline = whole;
	return true;
}

bool template_set_complete(struct template_set *set, struct diag *diag)
{
	bool ok = true;

	for (size_t i = 0; i < set->count; i++)
		ok = complete(set, i, diag) && ok;
	return ok;
}

void template_set_free(struct template_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		template_clear(&set->items[i]);
	free(set->items);
	*set = (struct template_set){ 0 };
}

const char *template_dir(const char *option)
{
	const char *env = getenv("NPUCC_SCHEDULES");

	if (option)
		return option;
	return env && *env ? env : NULL;
}

/* Everything that decides a schedule: names, weights' values and pins do not. */
bool template_matches(const struct template *t, const struct conv_problem *p)
{
	const struct conv_problem *q = &t->problem;

	return p->batch == q->batch && p->in_c == q->in_c && p->in_h == q->in_h &&
	       p->in_w == q->in_w && p->out_c == q->out_c && p->kernel_h == q->kernel_h &&
	       p->kernel_w == q->kernel_w && p->stride_y == q->stride_y &&
	       p->stride_x == q->stride_x && p->pad_top == q->pad_top &&
	       p->pad_left == q->pad_left && p->pad_bottom == q->pad_bottom &&
	       p->pad_right == q->pad_right && p->dilation_y == q->dilation_y &&
	       p->dilation_x == q->dilation_x && p->groups == q->groups &&
	       p->elem == q->elem && p->out_elem == q->out_elem &&
	       p->input_kind == q->input_kind &&
	       conv_streams_bias(p) == conv_streams_bias(q) && p->act.kind == q->act.kind &&
	       p->fusion.table == q->fusion.table && p->fusion.add == q->fusion.add &&
	       p->fusion.per_channel == q->fusion.per_channel;
}

const struct template *template_find(struct template_set *set,
				     const struct conv_problem *p)
{
	for (size_t i = 0; set && i < set->count; i++) {
		struct diag *diag;
		bool ok;

		if (!template_matches(&set->items[i], p))
			continue;
		/* The build has read them all: an error here is our own. */
		diag = diag_new(stderr);
		ok = complete(set, i, diag);
		diag_free(diag);
		return ok ? &set->items[i] : NULL;
	}
	return NULL;
}

/* The plan takes the template's level and the hazards that it hands down. */
static void take_evidence(struct plan *plan, const struct template *t)
{
	for (uint32_t i = 0; i < t->plan_count; i++) {
		if (t->plans[i].cores == plan->cores)
			plan->evidence = t->plans[i].evidence;
	}
	for (uint32_t i = 0; i < t->hazard_count; i++) {
		if (t->hazards[i].inherited)
			plan->hazards |= t->hazards[i].bit;
	}
}

static bool has_plan(const struct template *t, uint32_t cores)
{
	for (uint32_t i = 0; i < t->plan_count; i++) {
		if (t->plans[i].cores == cores)
			return true;
	}
	return false;
}

static bool differs(const struct template_differences *d, uint32_t cores)
{
	for (uint32_t i = 0; i < d->count; i++) {
		if (!d->items[i].cores || d->items[i].cores == cores)
			return true;
	}
	return d->dropped != 0;
}

static void describe(struct template_verdict *v, const struct template_differences *d)
{
	if (!d->count)
		snprintf(v->note, sizeof v->note,
			 "%s: the formula's plan equals it in every "
			 "register, chain word and size",
			 v->template->name);
	else if (d->count + d->dropped == 1)
		snprintf(v->note, sizeof v->note, "%s differs: %s", v->template->name,
			 d->items[0].text);
	else
		snprintf(v->note, sizeof v->note,
			 "%s differs in %u places, first: %.120s", v->template->name,
			 d->count + d->dropped, d->items[0].text);
}

void template_apply_evidence(struct compiled_conv *c, struct template_set *set)
{
	struct template_verdict *v = &c->verdict;
	struct template_differences d;

	memset(v, 0, sizeof *v);
	v->template = template_find(set, c->problem);
	if (!v->template)
		return;
	template_compare(&d, v->template, c);
	v->differences = d.count + d.dropped;
	describe(v, &d);
	for (uint32_t i = 0; i < c->plan_count; i++) {
		struct plan *plan = &c->plans[i];

		if (!has_plan(v->template, plan->cores))
			continue;
		v->compared_plans |= 1u << (plan->cores - 1);
		if (!differs(&d, plan->cores)) {
			v->equal_plans |= 1u << (plan->cores - 1);
			take_evidence(plan, v->template);
		}
	}
	template_differences_free(&d);
}
