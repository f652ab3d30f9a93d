/*
 * Feed every file of the directories named to the fuzz target, in place of
 * libFuzzer.  Fails when there is nothing to replay.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (1u << 24)
#define MAX_PATH_BYTES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *all = malloc(MAX_BYTES), *data;
	size_t size;

	if (!file || !all) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(1);
	}
	size = fread(all, 1, MAX_BYTES, file);
	fclose(file);
	/* A copy of the exact size, so that a sanitizer sees every stray read. */
	data = malloc(size ? size : 1);
	if (!data)
		exit(1);
	memcpy(data, all, size);
	free(all);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static int replay_directory(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[MAX_PATH_BYTES];
	int count = 0;

	if (!dir) {
		fprintf(stderr, "%s: cannot be opened\n", path);
		exit(1);
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		count += replay_file(name);
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	int count = 0;

	for (int i = 1; i < argc; i++)
		count += replay_directory(argv[i]);
	printf("%d inputs replayed\n", count);
	return count ? 0 : 1;
}
