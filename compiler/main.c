/*
 * npucc: the subcommand table.  `npucc SPEC ...` compiles.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "common/files.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "compile", cmd_compile },
	{ "verify", cmd_verify },
	{ "template", cmd_template },
	{ "can", cmd_can },
	{ "matrix", cmd_matrix },
};

/* Standard output carries what was asked for: a full disk behind it must show. */
static int flush_stdout(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "npucc: standard output: %s\n", strerror(errno));
	return EXIT_FILE;
}

int main(int argc, char **argv)
{
	files_expect_full();
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
		if (!strcmp(argv[1], commands[i].name))
			return flush_stdout(commands[i].run(argc - 1, argv + 1));
	}
	return flush_stdout(cmd_compile(argc, argv));
}
