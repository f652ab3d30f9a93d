/* A problem's data as .npy files, as NumPy documents them. */
#ifndef E2E_NPY_H
#define E2E_NPY_H

#include "problem.h"

#define PATH_BYTES 512u

/* dir/name. */
void npy_path(char path[PATH_BYTES], const char *dir, const char *name);

/*
 * Weights and all values by channel into `dir`, and their names, as a spec there says
 * them, into *files.  False when one cannot be written.
 */
bool npy_write_weights(const char *dir, const struct problem *p, const struct data *d,
		       struct spec_files *files);
/* Input, and operand when there is one: x.npy and operand.npy. */
bool npy_write_inputs(const char *dir, const struct problem *p, const struct data *d);
/* Output y.npy, which must have the problem's type and shape; NULL else. */
void *npy_read_output(const char *dir, const struct problem *p);
/* Everything these functions write, and y.npy. */
void npy_remove(const char *dir);

#endif
