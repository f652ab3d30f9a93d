#include "condition.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool find_op(struct condition *c, const char *word, size_t bytes)
{
	static const struct {
		const char *word;
		enum condition_op op;
	} ops[] = {
		{ "absent", COND_ABSENT }, { "present", COND_PRESENT },
		{ "=", COND_EQ },	   { "!=", COND_NE },
		{ "<", COND_LT },	   { "<=", COND_LE },
		{ ">", COND_GT },	   { ">=", COND_GE },
	};

	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
		if (strlen(ops[i].word) == bytes && !memcmp(ops[i].word, word, bytes)) {
			c->op = ops[i].op;
			return true;
		}
	}
	return false;
}

static bool whole_number(const char *text, uint64_t *number)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*number =
	    strtoull(text, &end, text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10);
	return !errno && !*end;
}

const char *condition_parse(struct condition *c, const char *text)
{
	size_t name = strcspn(text, " "), op;
	const char *at = text + name + (text[name] == ' ');
	uint64_t number;

	*c = (struct condition){ .other = FACT_N };
	c->fact = fact_from_name(text, name);
	if (c->fact == FACT_N)
		return "no fact has this name";
	op = strcspn(at, " ");
	if (!find_op(c, at, op))
		return "the operator is not one of absent, present, =, !=, <, <=, >, >=";
	at += op + (at[op] == ' ');
	if (c->op <= COND_PRESENT)
		return *at ? "nothing may follow absent or present" : NULL;
	if (!*at || strlen(at) >= sizeof c->text)
		return "the value has 1 to 63 characters";
	snprintf(c->text, sizeof c->text, "%s", at);
	c->other = fact_from_name(at, strlen(at));
	if (c->op >= COND_LT && c->other == FACT_N && !whole_number(at, &number))
		return "an order needs a whole number or a fact";
	return NULL;
}

static bool compare(enum condition_op op, const char *a, const char *b)
{
	uint64_t m, n;
	bool numbers = whole_number(a, &m) && whole_number(b, &n);

	switch (op) {
	case COND_EQ:
		return numbers ? m == n : !strcmp(a, b);
	case COND_NE:
		return numbers ? m != n : strcmp(a, b) != 0;
	case COND_LT:
		return numbers && m < n;
	case COND_LE:
		return numbers && m <= n;
	case COND_GT:
		return numbers && m > n;
	default:
		return numbers && m >= n;
	}
}

bool condition_holds(const struct condition *c, const struct facts *facts)
{
	const struct fact *fact = facts_find(facts, c->fact);
	const struct fact *other = c->other < FACT_N ? facts_find(facts, c->other) : NULL;

	if (c->op == COND_ABSENT || c->op == COND_PRESENT)
		return (fact != NULL) == (c->op == COND_PRESENT);
	if (!fact || (c->other < FACT_N && !other))
		return false;
	return compare(c->op, fact->value, other ? other->value : c->text);
}
