#include "explain/figure.h"

#include <stdlib.h>

#include "common/files.h"

/* Pixels of a panel: input rows on the left, the output's rows and channels right. */
#define PANEL_WIDTH 330.0
#define PLOT_HEIGHT 240.0
#define TOP 46.0
#define INPUT_X 26.0
#define INPUT_WIDTH 92.0
#define OUTPUT_X 140.0
#define OUTPUT_WIDTH 170.0
#define LABEL_MIN_PIXELS 11.0 /* a tile lower than this has no number */

/* One colour a core, told apart in grey as well. */
static const char *const colours[NPU_MAX_CORES] = { "#4e79a7", "#f28e2b", "#9ccc9c" };

struct panel {
	FILE *out;
	const struct compiled_conv *c;
	const struct plan *plan;
	double x;
	uint32_t tiles; /* of the first image */
};

static void put_text(const struct panel *p, double x, double y, const char *style,
		     const char *text)
{
	fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", p->x + x, y, style, text);
}

static void put_rect(const struct panel *p, double x, double y, double w, double h,
		     const char *style)
{
	fprintf(p->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" %s/>\n",
		p->x + x, y, w, h, style);
}

/* Tiles of the first image; the others repeat them. */
static bool is_shown(const struct tile *t)
{
	return t->image == 0;
}

/* The input rows of a tile, in a column of its own so that halos lie side by side. */
static void put_input(const struct panel *p, const struct tile *t, uint32_t index)
{
	double scale = PLOT_HEIGHT / p->c->problem->in_h;
	double column = INPUT_WIDTH / p->tiles;
	char style[96];

	snprintf(style, sizeof style, "fill=\"%s\" stroke=\"#333\" stroke-width=\"0.5\"",
		 colours[t->core]);
	put_rect(p, INPUT_X + index * column, TOP + t->in_y * scale, column * 0.86,
		 t->in_rows * scale, style);
}

static void put_output(const struct panel *p, const struct tile *t, uint32_t index)
{
	const struct conv_problem *q = p->c->problem;
	double y = TOP + t->y * PLOT_HEIGHT / q->out_h;
	double x = OUTPUT_X + t->k * OUTPUT_WIDTH / q->out_c;
	double h = t->y_count * PLOT_HEIGHT / q->out_h, w = t->k_count * OUTPUT_WIDTH / q->out_c;
	char style[96], label[16];

	snprintf(style, sizeof style, "fill=\"%s\" stroke=\"#333\"", colours[t->core]);
	put_rect(p, x, y, w, h, style);
	snprintf(label, sizeof label, "%u", index);
	if (h >= LABEL_MIN_PIXELS && w >= LABEL_MIN_PIXELS)
		put_text(p, x + w / 2, y + h / 2 + 4, "text-anchor=\"middle\"", label);
}

static void put_titles(const struct panel *p)
{
	const struct conv_problem *q = p->c->problem;
	char text[128];

	snprintf(text, sizeof text, "%u core%s: %s%s", p->plan->cores,
		 p->plan->cores == 1 ? "" : "s", plan_split_name(p->plan->split),
		 p->plan->shared ? " (the one-core list)" : "");
	put_text(p, INPUT_X, 18, "font-weight=\"bold\"", text);
	snprintf(text, sizeof text, "input rows 0..%u", q->in_h - 1);
	put_text(p, INPUT_X, 38, "", text);
	snprintf(text, sizeof text, "output: %u rows x %u channels", q->out_h, q->out_c);
	put_text(p, OUTPUT_X, 38, "", text);
}

static void put_panel(const struct panel *p)
{
	uint32_t index = 0;

	put_titles(p);
	put_rect(p, INPUT_X, TOP, INPUT_WIDTH, PLOT_HEIGHT, "fill=\"none\" stroke=\"#bbb\"");
	for (uint32_t i = 0; i < p->plan->tile_count; i++) {
		const struct tile *t = &p->plan->tiles[i];

		if (!is_shown(t))
			continue;
		put_input(p, t, index);
		put_output(p, t, index);
		index++;
	}
}

static uint32_t count_shown(const struct plan *plan)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < plan->tile_count; i++)
		n += is_shown(&plan->tiles[i]);
	return n;
}

static void put_legend(FILE *out, const struct compiled_conv *c, double y)
{
	char slug[256];

	conv_slug(c->problem, slug, sizeof slug);
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\">%s;", INPUT_X, y, slug);
	for (uint32_t i = 0; i < NPU_MAX_CORES; i++)
		fprintf(out, " <tspan fill=\"%s\">&#9632;</tspan> core %u", colours[i], i);
	fputs("; numbers count tiles list by list</text>\n", out);
}

void figure_svg(FILE *out, const struct compiled_conv *c)
{
	double width = PANEL_WIDTH * c->plan_count, height = TOP + PLOT_HEIGHT + 34;

	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n", width, height);
	fprintf(out, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"white\"/>\n", width, height);
	for (uint32_t i = 0; i < c->plan_count; i++) {
		struct panel p = { out, c, &c->plans[i], PANEL_WIDTH * i,
				   count_shown(&c->plans[i]) };

		put_panel(&p);
	}
	put_legend(out, c, height - 12);
	fputs("</svg>\n", out);
}

bool figure_write(const char *path, const struct compiled_conv *c, char *why, size_t why_bytes)
{
	char *text = NULL, reason[200] = "out of memory";
	size_t bytes;
	FILE *f = open_memstream(&text, &bytes);
	bool ok = f != NULL;

	if (f) {
		figure_svg(f, c);
		ok = fclose(f) == 0;
	}
	if (ok) {
		struct file_part part = { text, bytes };

		ok = files_write(path, &part, 1, reason, sizeof reason);
	}
	if (!ok)
		snprintf(why, why_bytes, "%s: %s", path, reason);
	free(text);
	return ok;
}
