/*
 * The specs of examples/networks against graphs.txt: every conv reads what its place
 * in the network gives it, and the whole has the published number of multiplications
 * and parameters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec.h"

#define GRAPHS SOURCE_ROOT "/tests/networks/graphs.txt"
#define NETWORKS SOURCE_ROOT "/examples/networks/"

struct shape {
	uint32_t c, h, w;
};

struct network {
	char name[64];
	struct shape image;
	struct spec spec;
	bool used[256]; /* the conv's output is read */
	size_t lines;	/* convs seen so far, in order */
	uint64_t macs, macs_within, parameters, parameters_within;
	uint32_t per; /* parameters a channel besides weights */
	char heads[512];
};

static const struct conv_problem *find_conv(struct network *n, const char *name,
					    size_t bytes)
{
	for (size_t i = 0; i < n->lines; i++) {
		const struct conv_problem *p = &n->spec.convs[i];

		if (strlen(p->name) == bytes && !memcmp(p->name, name, bytes)) {
			n->used[i] = true;
			return p;
		}
	}
	fail_msg("%s: %.*s is read before it runs", n->name, (int)bytes, name);
	return NULL;
}

static struct shape parse_source(struct network *n, const char **at);

/* The arguments of cat() and sum() after the first. */
static struct shape parse_more(struct network *n, const char **at, struct shape s,
			       bool channels)
{
	while (**at == ',') {
		struct shape next;

		++*at;
		next = parse_source(n, at);
		assert_int_equal(next.h, s.h);
		assert_int_equal(next.w, s.w);
		if (channels)
			s.c += next.c;
		else
			assert_int_equal(next.c, s.c);
	}
	return s;
}

static struct shape apply(struct network *n, const char *name, size_t bytes,
			  const char **at)
{
	struct shape s = parse_source(n, at);

	if (!strncmp(name, "cat", bytes) || !strncmp(name, "sum", bytes))
		s = parse_more(n, at, s, *name == 'c');
	else if (!strncmp(name, "pool2", bytes))
		s = (struct shape){ s.c, (s.h + 1) / 2, (s.w + 1) / 2 };
	else if (!strncmp(name, "up2", bytes))
		s = (struct shape){ s.c, 2 * s.h, 2 * s.w };
	else if (!strncmp(name, "mean", bytes))
		s = (struct shape){ s.c, 1, 1 };
	else if (strncmp(name, "pool1", bytes) != 0)
		fail_msg("%s: no function %.*s", n->name, (int)bytes, name);
	return s;
}

/* NAME, `image`, or FUNCTION(SOURCE,...). */
static struct shape parse_source(struct network *n, const char **at)
{
	const char *name = *at;
	size_t bytes = strcspn(name, "(), ");
	const struct conv_problem *p;
	struct shape s;

	*at += bytes;
	if (**at == '(') {
		++*at;
		s = apply(n, name, bytes, at);
		assert_int_equal(**at, ')');
		++*at;
		return s;
	}
	if (bytes == strlen("image") && !memcmp(name, "image", bytes))
		return n->image;
	p = find_conv(n, name, bytes);
	return (struct shape){ p->out_c, p->out_h, p->out_w };
}

static bool same_shape(struct shape a, struct shape b)
{
	return a.c == b.c && a.h == b.h && a.w == b.w;
}

/* "CONV SOURCE[ + OPERAND]" against the spec's next conv. */
static void check_line(struct network *n, const char *line)
{
	const struct conv_problem *p = &n->spec.convs[n->lines];
	size_t bytes = strcspn(line, " ");
	const char *at = line + bytes + 1;
	struct shape source, operand;

	if (n->lines == n->spec.count || strlen(p->name) != bytes ||
	    memcmp(p->name, line, bytes) != 0)
		fail_msg("%s: conv %zu of the spec is not %.*s", n->name, n->lines + 1,
			 (int)bytes, line);
	source = parse_source(n, &at);
	if (!same_shape(source, (struct shape){ p->in_c, p->in_h, p->in_w }))
		fail_msg("%s: %s reads %ux%ux%u, its source is %ux%ux%u", n->name, p->name,
			 p->in_c, p->in_h, p->in_w, source.c, source.h, source.w);
	assert_int_equal(p->input_kind,
			 strcmp(line + bytes, " image") ? INPUT_INNER : INPUT_GRAPH);
	assert_int_equal(p->add, *at == ' ');
	if (p->add) {
		at += strlen(" + ");
		operand = parse_source(n, &at);
		if (!same_shape(operand, (struct shape){ p->out_c, p->out_h, p->out_w }))
			fail_msg("%s: %s adds another shape", n->name, p->name);
	}
	assert_int_equal(*at, 0);
	n->lines++;
}

static bool is_head(const struct network *n, const char *name)
{
	const char *at = strstr(n->heads, name);

	return at && at[-1] == ' ' && (at[strlen(name)] == ' ' || !at[strlen(name)]);
}

static void check_near(const struct network *n, const char *what, uint64_t got,
		       uint64_t want, uint64_t within)
{
	if (got + within < want || got > want + within)
		fail_msg("%s: %llu %s, published are %llu", n->name,
			 (unsigned long long)got, what, (unsigned long long)want);
}

/* All convs were there, each is read unless it is a head, and the counts are right. */
static void end_network(struct network *n)
{
	uint64_t macs = 0, parameters = 0;

	assert_int_equal(n->lines, n->spec.count);
	for (size_t i = 0; i < n->spec.count; i++) {
		const struct conv_problem *p = &n->spec.convs[i];
		bool head = is_head(n, p->name);

		if (n->used[i] == head)
			fail_msg("%s: %s is %s", n->name, p->name,
				 head ? "a head, yet read" : "never read");
		macs += conv_macs(p);
		parameters += (uint64_t)p->out_c * conv_group_in_c(p) * p->kernel_h *
				  p->kernel_w +
			      p->out_c * (head ? 1 : n->per);
	}
	check_near(n, "MACs", macs, n->macs, n->macs_within);
	check_near(n, "parameters", parameters, n->parameters, n->parameters_within);
	print_message("%s: %zu convs, %llu MACs, %llu parameters\n", n->name,
		      n->spec.count, (unsigned long long)macs,
		      (unsigned long long)parameters);
	spec_free(&n->spec);
}

static void begin_network(struct network *n, const char *line, const char *suffix)
{
	struct diag *diag = diag_new(stderr);
	char path[512];

	memset(n, 0, sizeof *n);
	assert_int_equal(sscanf(line, "network %63s %ux%ux%u", n->name, &n->image.c,
				&n->image.h, &n->image.w),
			 4);
	snprintf(path, sizeof path, "%s%s%s.conv", NETWORKS, n->name, suffix);
	spec_init(&n->spec);
	spec_read(&n->spec, path, diag);
	spec_check(&n->spec, diag);
	assert_int_equal(diag_errors(diag), 0);
	assert_true(n->spec.count > 0 && n->spec.count <= sizeof n->used);
	diag_free(diag);
}

static void read_line(struct network *n, const char *line)
{
	unsigned long long count, within = 0;
	uint32_t per;

	if (sscanf(line, "macs %llu within %llu", &count, &within) >= 1) {
		n->macs = count;
		n->macs_within = within;
	} else if (sscanf(line, "parameters %llu per %u within %llu", &count, &per,
			  &within) >= 2) {
		n->parameters = count;
		n->per = per;
		n->parameters_within = within;
	} else if (!strncmp(line, "heads ", 6)) {
		snprintf(n->heads, sizeof n->heads, "%s", line + 5);
	} else {
		check_line(n, line);
	}
}

/* Every network of the file, as the spec NAME + `suffix` + ".conv". */
static void check_networks(const char *suffix)
{
	FILE *in = fopen(GRAPHS, "r");
	struct network n = { 0 };
	char line[512];
	uint32_t networks = 0;

	assert_non_null(in);
	while (fgets(line, sizeof line, in)) {
		line[strcspn(line, "\n")] = 0;
		if (!*line || *line == '#')
			continue;
		if (strncmp(line, "network ", 8) != 0) {
			read_line(&n, line);
			continue;
		}
		if (networks++)
			end_network(&n);
		begin_network(&n, line, suffix);
	}
	end_network(&n);
	fclose(in);
	assert_int_equal(networks, 5);
}

static void test_fp16(void **state)
{
	(void)state;
	check_networks("");
}

static void test_int8(void **state)
{
	(void)state;
	check_networks(".int8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fp16),
		cmocka_unit_test(test_int8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
