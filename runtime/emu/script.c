/*
 * The script language: one statement a line, or separated by commas.
 *
 * A statement is a setting (name value), a node, or a fault: a phrase from the
 * table, its value if it has one, then qualifiers (word number) in any order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu.h"

#define MAX_WORDS 16
#define WHY_BYTES 160

enum { Q_CALL = 1, Q_SUBMIT = 2, Q_TASK = 4, Q_CORE = 8, Q_MS = 16, Q_ERRNO = 32 };

static const struct {
	const char *word;
	uint32_t bit;
} qualifiers[] = { { "call", Q_CALL }, { "submit", Q_SUBMIT }, { "task", Q_TASK },
		   { "core", Q_CORE }, { "ms", Q_MS },	       { "errno", Q_ERRNO } };

/* Phrases of one or two words; `value` says whether a number follows. */
static const struct {
	const char *first, *second;
	enum emu_fault_kind kind;
	bool value;
	uint32_t may, must;
} faults[] = {
	{ "hang", NULL, EMU_HANG, false, Q_TASK | Q_CORE | Q_SUBMIT, 0 },
	{ "irq", NULL, EMU_IRQ, true, Q_SUBMIT, 0 },
	{ "early-success", NULL, EMU_EARLY, false, Q_SUBMIT, 0 },
	{ "no-execute", NULL, EMU_NO_EXECUTE, false, Q_SUBMIT, 0 },
	{ "stub", NULL, EMU_STUB, false, Q_SUBMIT, 0 },
	{ "output", "zero", EMU_OUT_ZERO, false, Q_SUBMIT, 0 },
	{ "output", "stale", EMU_OUT_STALE, false, Q_SUBMIT, 0 },
	{ "output", "stale-line", EMU_OUT_STALE_LINE, false, Q_SUBMIT, 0 },
	{ "power-off", "before", EMU_POWER_OFF, false, Q_CALL | Q_SUBMIT, 0 },
	{ "reset-line", "dead", EMU_RESET_LINE, false, 0, 0 },
	{ "reset", "during", EMU_RESET_DURING, false, Q_SUBMIT, Q_SUBMIT },
	{ "reset", "before", EMU_RESET_BEFORE, false, Q_SUBMIT, Q_SUBMIT },
	{ "poison", "after", EMU_POISON, false, Q_SUBMIT, Q_SUBMIT },
	{ "contiguous", "exhausted", EMU_CONTIGUOUS, false, Q_CALL, 0 },
	{ "memory", "exhausted", EMU_NO_MEMORY, false, Q_CALL, 0 },
	{ "iova", "full", EMU_IOVA_FULL, false, Q_CALL, 0 },
	{ "dma", "high", EMU_DMA_HIGH, false, Q_CALL, 0 },
	{ "dma", "zero", EMU_DMA_ZERO, false, Q_CALL, 0 },
	{ "obj", "zero", EMU_OBJ_ZERO, false, Q_CALL, 0 },
	{ "handle", "zero", EMU_HANDLE_ZERO, false, Q_CALL, 0 },
	{ "short", "size", EMU_SHORT_SIZE, false, Q_CALL, 0 },
	{ "sram", NULL, EMU_SRAM, true, Q_CALL, 0 },
	{ "foreign", "job", EMU_FOREIGN_JOB, false, Q_CORE | Q_MS | Q_SUBMIT,
	  Q_CORE | Q_MS },
};

struct statement {
	const char *word[MAX_WORDS];
	int words;
	char why[WHY_BYTES];
};

static bool wrong(struct statement *s, const char *what, const char *word)
{
	snprintf(s->why, sizeof s->why, what, word ? word : "nothing");
	return false;
}

static bool small_number(struct statement *s, int i, uint32_t *to)
{
	uint64_t n;

	if (i >= s->words || !emu_number(s->word[i], &n) || n >= EMU_ANY)
		return wrong(s, "a number is wanted where '%s' stands",
			     i < s->words ? s->word[i] : NULL);
	*to = (uint32_t)n;
	return true;
}

/* Qualifiers from word `i` on. */
static bool qualify(struct statement *s, int i, uint32_t may, uint32_t must,
		    struct emu_fault *f)
{
	uint32_t seen = 0;

	for (; i < s->words; i += 2) {
		uint32_t bit = 0;

		for (size_t q = 0; q < sizeof qualifiers / sizeof qualifiers[0]; q++) {
			if (!strcmp(s->word[i], qualifiers[q].word))
				bit = qualifiers[q].bit;
		}
		if (!(bit & may))
			return wrong(s, "'%s' does not belong here", s->word[i]);
		if (bit & seen)
			return wrong(s, "'%s' stands twice", s->word[i]);
		seen |= bit;
		if (bit == Q_ERRNO) {
			if (i + 1 >= s->words || !emu_errno(s->word[i + 1], &f->err))
				return wrong(s, "'%s' is no errno",
					     i + 1 < s->words ? s->word[i + 1] : NULL);
			continue;
		}
		if (!small_number(s, i + 1,
				  bit == Q_CALL	    ? &f->nth
				  : bit == Q_SUBMIT ? &f->submit
				  : bit == Q_TASK   ? &f->task
				  : bit == Q_CORE   ? &f->core
						    : &f->ms))
			return false;
		if (bit & (Q_CALL | Q_SUBMIT) && !(bit == Q_CALL ? f->nth : f->submit))
			return wrong(s, "'%s' counts from 1", s->word[i]);
	}
	if (seen & Q_CORE && f->core >= NPU_MAX_CORES) {
		snprintf(s->why, sizeof s->why, "there is no core %u", f->core);
		return false;
	}
	if (must & ~seen)
		return wrong(s, "'%s' lacks what it is about", s->word[0]);
	return true;
}

static bool add_fault(struct statement *s, const struct emu_fault *f)
{
	struct emu_fault **p = &emu.faults;
	struct emu_fault *copy = malloc(sizeof *copy);

	if (!copy)
		return wrong(s, "out of memory%s", "");
	*copy = *f;
	copy->next = NULL;
	while (*p)
		p = &(*p)->next;
	*p = copy;
	return true;
}

/* fail [ioctl] NAME [call N] errno E [after], fail call N errno E [after] */
static bool fail_statement(struct statement *s)
{
	struct emu_fault f = { .kind = EMU_FAIL, .nth = EMU_ANY, .submit = EMU_ANY };
	int i = 1, call = EMU_OPEN;

	if (s->words > 1 && !strcmp(s->word[s->words - 1], "after")) {
		f.kind = EMU_FAIL_AFTER;
		s->words--;
	}
	if (s->words > i && !strcmp(s->word[i], "call"))
		return qualify(s, i, Q_CALL | Q_ERRNO, Q_CALL | Q_ERRNO, &f) &&
		       add_fault(s, &f);
	if (s->words > i && !strcmp(s->word[i], "ioctl"))
		i++;
	while (call < EMU_CALLS &&
	       (i >= s->words || strcmp(s->word[i], emu_call_name((enum emu_call)call))))
		call++;
	if (call == EMU_CALLS)
		return wrong(s, "'%s' is no call that can fail",
			     i < s->words ? s->word[i] : NULL);
	f.call = (enum emu_call)call;
	return qualify(s, i + 1, Q_CALL | Q_ERRNO, Q_ERRNO, &f) && add_fault(s, &f);
}

/* node PATH [name NAME] [errno E], node none */
static bool node_statement(struct statement *s)
{
	const char *name = "rknpu";
	int err = 0;

	if (s->words < 2)
		return wrong(s, "'node' takes a path, not '%s'", NULL);
	for (int i = 2; i < s->words; i += 2) {
		bool is_name = !strcmp(s->word[i], "name");

		if (i + 1 == s->words || (!is_name && strcmp(s->word[i], "errno")))
			return wrong(s, "'%s' does not belong here", s->word[i]);
		if (is_name)
			name = s->word[i + 1];
		else if (!emu_errno(s->word[i + 1], &err))
			return wrong(s, "'%s' is no errno", s->word[i + 1]);
	}
	if (!emu_add_node(&emu.settings, s->word[1], name, err))
		return wrong(s,
			     "node '%s' is not below /dev/dri or /dev/accel, nor "
			     "/dev/rknpu, or is one too many",
			     s->word[1]);
	return true;
}

static bool fault_statement(struct statement *s, bool *known)
{
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct emu_fault f = { .kind = faults[i].kind,
				       .nth = EMU_ANY,
				       .submit = EMU_ANY,
				       .task = EMU_ANY,
				       .core = EMU_ANY };
		int at = faults[i].second ? 2 : 1;

		if (strcmp(s->word[0], faults[i].first) ||
		    (faults[i].second &&
		     (s->words < 2 || strcmp(s->word[1], faults[i].second))))
			continue;
		*known = true;
		if (faults[i].value &&
		    (at >= s->words || !emu_number(s->word[at++], &f.value)))
			return wrong(s, "'%s' takes a number", s->word[0]);
		return qualify(s, at, faults[i].may, faults[i].must, &f) &&
		       add_fault(s, &f);
	}
	return false;
}

static bool run_statement(struct statement *s)
{
	bool known = false;
	bool ok = fault_statement(s, &known);

	if (known)
		return ok;
	if (!strcmp(s->word[0], "fail"))
		return fail_statement(s);
	if (!strcmp(s->word[0], "node"))
		return node_statement(s);
	if (s->words > 2)
		return wrong(s, "'%s' is too much here", s->word[2]);
	ok = emu_setting(&emu.settings, s->word[0], s->words > 1 ? s->word[1] : NULL,
			 s->why, sizeof s->why, &known);
	return known ? ok : wrong(s, "unknown word '%s'", s->word[0]);
}

/* Words of [text, end), with `=` as a space; the text is cut in place. */
static bool split(char *text, struct statement *s)
{
	char *save = NULL;

	s->words = 0;
	for (char *w = strtok_r(text, " \t\r=", &save); w;
	     w = strtok_r(NULL, " \t\r=", &save)) {
		if (s->words == MAX_WORDS)
			return wrong(s, "too many words, from '%s' on", w);
		s->word[s->words++] = w;
	}
	return true;
}

bool emu_script(const char *text, const char *name, char *error, size_t bytes)
{
	uint32_t line = 1;
	bool ok = true;

	while (ok && *text) {
		size_t length = strcspn(text, "\n");
		char *copy = strndup(text, length), *save = NULL;

		if (!copy)
			return false;
		copy[strcspn(copy, "#")] = 0;
		for (char *part = strtok_r(copy, ",;", &save); part && ok;
		     part = strtok_r(NULL, ",;", &save)) {
			struct statement s = { .why = "" };

			ok = split(part, &s) && (!s.words || run_statement(&s));
			if (!ok && error && bytes)
				snprintf(error, bytes, "%s:%u: %s", name, line, s.why);
		}
		free(copy);
		text += length;
		if (*text)
			text++;
		line++;
	}
	return ok;
}
