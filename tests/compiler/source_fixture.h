/* .npy files that a problem names, made for a test and removed with it. */
#ifndef SOURCE_FIXTURE_H
#define SOURCE_FIXTURE_H

#include "weights_fixture.h"

#define MAX_SOURCES 6u

struct source_files {
	char paths[MAX_SOURCES][80];
	uint32_t count;
};

/* Write an array of NumPy type `descr` and make it the source. */
static inline void put_array(struct source_files *f, struct tensor_source *source,
			     const char *descr, uint32_t ndim, const uint64_t *shape,
			     const void *values, size_t bytes)
{
	char header[NPY_WRITE_BYTES], *path = f->paths[f->count];
	size_t n = npy_format(header, sizeof header, descr, ndim, shape);
	FILE *file;

	assert_true(f->count < MAX_SOURCES);
	snprintf(path, sizeof f->paths[0], "source-%ld-%u.tmp", (long)getpid(), f->count++);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(header, 1, n, file), n);
	assert_int_equal(fwrite(values, 1, bytes, file), bytes);
	assert_int_equal(fclose(file), 0);
	source->kind = SOURCE_NPY;
	source->path = path;
}

/* One double for each output channel. */
static inline void put_channels(struct source_files *f, struct tensor_source *source,
				uint32_t count, const double *values)
{
	const uint64_t shape[] = { count };

	put_array(f, source, "<f8", 1, shape, values, count * sizeof *values);
}

static inline void remove_sources(struct source_files *f)
{
	for (uint32_t i = 0; i < f->count; i++)
		unlink(f->paths[i]);
	f->count = 0;
}

#endif
