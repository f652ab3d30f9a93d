/*
 * Checks of what is done to the sums: types, quantisation, activation, addition.
 * Each reports and returns false when the problem breaks it.
 */
#ifndef CHECK_OP_H
#define CHECK_OP_H

#include "conv_problem.h"

bool check_types(struct conv_problem *p, struct diag *diag);
bool check_quant_values(struct conv_problem *p, struct diag *diag);
bool check_quant_type(struct conv_problem *p, struct diag *diag);
bool check_activation(struct conv_problem *p, struct diag *diag);
bool check_add(struct conv_problem *p, struct diag *diag);
bool check_int32_output(struct conv_problem *p, struct diag *diag);
bool check_accumulator(struct conv_problem *p, struct diag *diag);
bool check_pixel_norm(struct conv_problem *p, struct diag *diag);
bool check_pixel_pad(struct conv_problem *p, struct diag *diag);

#endif
