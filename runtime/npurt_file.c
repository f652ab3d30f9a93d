#include "npurt_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

enum npurt_err npurt_file_map(const char *path, void **data, size_t *bytes,
			      struct npurt_error *error)
{
	struct stat st;
	void *map = MAP_FAILED;
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;

	if (fd < 0)
		return npurt_failf(error, NPURT_ERR_FILE, "%s: %s", path,
				   strerror(errno));
	if (!fstat(fd, &st)) {
		if (!S_ISREG(st.st_mode) || !st.st_size) {
			close(fd);
			return npurt_failf(error, NPURT_ERR_FILE, "%s: %s", path,
					   st.st_size ? "not a regular file" : "empty");
		}
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	saved = errno;
	close(fd);
	if (map == MAP_FAILED)
		return npurt_failf(error, NPURT_ERR_FILE, "%s: %s", path,
				   strerror(saved));
	*data = map;
	*bytes = (size_t)st.st_size;
	return NPURT_OK;
}

void npurt_file_unmap(void *data, size_t bytes)
{
	if (data)
		munmap(data, bytes);
}
