/*
 * npucc: the subcommand table.  `npucc SPEC ...` compiles.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "compile", cmd_compile },
	{ "verify", cmd_verify },
	{ "template", cmd_template },
	{ "can", cmd_can },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	return cmd_compile(argc, argv);
}
