#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "matrix/matrix.h"

static int is_capture(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && !strcmp(e->d_name + n - 5, ".json") && e->d_name[0] != '_';
}

static bool count_capture(const char *path, const struct capture_orders *orders,
			  uint32_t (*counts)[MATRIX_TYPES])
{
	char why[CAPTURE_WHY_BYTES];
	struct capture c;
	enum matrix_type type;

	if (!capture_read(&c, path, orders, why)) {
		fprintf(stderr, "npucc: %s\n", why);
		return false;
	}
	type = c.problem.elem == NPU_ELEM_INT8 ? MATRIX_INT8 : MATRIX_FP16;
	for (size_t i = 0; i < matrix_row_count; i++)
		if (matrix_rows[i].shown && matrix_rows[i].shown(&c))
			counts[i][type]++;
	capture_free(&c);
	return true;
}

bool matrix_count_captures(const char *dir, uint32_t (*counts)[MATRIX_TYPES])
{
	struct capture_orders orders;
	struct dirent **names;
	char path[4096], why[CAPTURE_WHY_BYTES];
	bool good;
	int n = scandir(dir, &names, is_capture, alphasort);

	if (n < 0) {
		fprintf(stderr, "npucc: %s: %s\n", dir, strerror(errno));
		return false;
	}
	good = n > 0 && capture_orders_read(&orders, dir, why);
	if (n == 0)
		fprintf(stderr, "npucc: %s: no captures (*.json) there\n", dir);
	else if (!good)
		fprintf(stderr, "npucc: %s\n", why);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
		good = good && count_capture(path, &orders, counts);
		free(names[i]);
	}
	free(names);
	if (n > 0)
		capture_orders_free(&orders);
	return good;
}
