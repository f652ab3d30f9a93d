/*
 * CBUF arithmetic: what rows and kernels cost in banks and entries, and how a
 * task's banks are shared between features and weights.  Pure; no limits of
 * other kinds, no messages.
 */
#ifndef CBUF_H
#define CBUF_H

#include "plan/layout.h"
#include "plan/plan.h"

/*
 * Entries of one feature row of `chans` channels, `w` pixels wide (F-52):
 *
 *     a = ceil(chans / C2)
 *     E = floor(a/4)*w + (w if a mod 4 = 3, else ceil((a mod 4) * w / 4))
 */
uint32_t calc_row_entries(const struct npu_elem_info *elem, uint32_t w, uint32_t chans);

/*
 * Entries that one row of interleaved pixels is counted as (F-17, F-53):
 *
 *     E = up(w, 16) * n * elem_bytes / 64
 *
 * n = 16 channels a pixel, but 4 for one int8 channel.  One fp16 channel has no
 * capture and is counted as 16.
 */
uint32_t calc_pixel_row_entries(const struct npu_elem_info *elem, uint32_t w, uint32_t chans);

/* The problem that the bank rules see: one slice over all rows of one image. */
struct cbuf_need {
	uint32_t row_entries;  /* E */
	uint32_t in_rows;      /* H */
	uint32_t window_rows;  /* M: rows under one output row, at most H */
	uint64_t weight_bytes; /* of all kernels of the slice */
	uint64_t group_bytes;  /* of the kernels computed together */
};

/* IB = ceil(E*H / 512), WB = ceil(weight bytes / 32768). */
uint32_t calc_input_banks(const struct cbuf_need *n);
uint32_t calc_weight_banks(uint64_t bytes);
/* Banks for one window of rows: ceil(E*M / 512). */
uint32_t calc_window_banks(const struct cbuf_need *n);

struct cbuf_banks {
	uint32_t data, weight;
	bool resident;        /* the weight banks hold all weights */
	const char *rule;     /* which rule chose */
	enum plan_basis basis;
	bool one_group;       /* streams through room for one kernel group */
};

/*
 * Share the banks by the vendor's rules (schedules s. 3), or, where those give
 * something the hardware cannot run, by the completions (s. 12).
 * False when one window and one kernel group do not fit together.
 */
bool choose_banks(const struct cbuf_need *n, struct cbuf_banks *banks);

/* Whether the banks can hold a window and run the weights (s. 12). */
bool banks_valid(const struct cbuf_need *n, const struct cbuf_banks *banks);

/* Input rows that `data_banks` hold: floor(512 * banks / E). */
uint32_t calc_room_rows(uint32_t row_entries, uint32_t data_banks);

#endif
