/* npurun --bench */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run_parts.h"

#define COPY_RUNS 5u /* packing and copying are timed this often; the best counts */

double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double best(double a, double b)
{
	return a < b ? a : b;
}

/* What moving a tensor costs, against a plain copy of the same bytes. */
struct move_times {
	double move, copy;
};

static void print_move(FILE *out, const char *what, const struct move_times *t,
		       size_t bytes)
{
	fprintf(out, "  %-7s %10.3f ms  %8.2f GB/s, %3.0f %% of memcpy (%.3f ms)\n", what,
		t->move * 1e3, (double)bytes / t->move / 1e9, 100 * t->copy / t->move,
		t->copy * 1e3);
}

static void time_copy(double *fastest, void *to, const void *from, size_t bytes)
{
	double begin = now_seconds();

	memcpy(to, from, bytes);
	*fastest = best(*fastest, now_seconds() - begin);
}

static enum npurt_err time_moves(struct npurt *rt, const struct tensor *input,
				 struct tensor *output, struct move_times *pack,
				 struct move_times *unpack)
{
	size_t room = input->bytes > output->bytes ? input->bytes : output->bytes;
	void *copy = malloc(room ? room : 1);
	enum npurt_err err = copy ? NPURT_OK : NPURT_ERR_NOMEM;

	*pack = *unpack = (struct move_times){ 1e9, 1e9 };
	if (copy)
		memset(copy, 0, room);
	for (uint32_t i = 0; i < COPY_RUNS && !err; i++) {
		double begin = now_seconds();

		/* Unpacking first: a new input would make the output stale. */
		err = npurt_read_output(rt, output->data, output->bytes);
		unpack->move = best(unpack->move, now_seconds() - begin);
		if (err)
			break;
		time_copy(&unpack->copy, copy, output->data, output->bytes);
		begin = now_seconds();
		err = npurt_write_input(rt, input->data, input->bytes);
		pack->move = best(pack->move, now_seconds() - begin);
		time_copy(&pack->copy, copy, input->data, input->bytes);
	}
	free(copy);
	return err;
}

/* A line that counts runs, every half second; it is wiped at the end. */
struct progress {
	bool wanted, drawn;
	double last;
};

static void draw_progress(struct progress *p, uint32_t run, uint32_t runs)
{
	static const double pause_s = 0.5;

	if (run == runs && p->drawn)
		fprintf(stderr, "\r%*s\r", 32, "");
	if (!p->wanted || run == runs || now_seconds() - p->last < pause_s)
		return;
	fprintf(stderr, "\rrun %u of %u", run + 1, runs);
	p->drawn = true;
	p->last = now_seconds();
}

enum npurt_err bench_conv(struct npurt *rt, const struct tensor *input,
			  struct tensor *output, uint64_t macs, uint32_t runs,
			  bool progress, FILE *out, struct npurt_error *error)
{
	double *seconds = malloc(runs * sizeof(*seconds)), median;
	struct move_times pack, unpack;
	enum npurt_err err = seconds ? NPURT_OK : NPURT_ERR_NOMEM;
	struct progress p = { progress, false, now_seconds() };

	for (uint32_t i = 0; i < runs && !err; i++) {
		double begin;

		draw_progress(&p, i, runs);
		begin = now_seconds();
		err = npurt_run(rt, error);
		if (!err)
			seconds[i] = now_seconds() - begin;
	}
	draw_progress(&p, runs, runs);
	if (!err)
		err = time_moves(rt, input, output, &pack, &unpack);
	if (err) {
		free(seconds);
		return err;
	}
	qsort(seconds, runs, sizeof(*seconds), by_size);
	median = seconds[runs / 2];
	fprintf(out, "bench: %u run%s\n", runs, runs == 1 ? "" : "s");
	fprintf(out, "  run     %10.3f ms median, %.3f least, %.3f most\n", median * 1e3,
		seconds[0] * 1e3, seconds[runs - 1] * 1e3);
	fprintf(out, "  rate    %10.3f GMAC/s, %.3f MMAC a run\n",
		(double)macs / median / 1e9, (double)macs / 1e6);
	print_move(out, "pack", &pack, input->bytes);
	print_move(out, "unpack", &unpack, output->bytes);
	free(seconds);
	return NPURT_OK;
}
