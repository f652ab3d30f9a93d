/*
 * npudoctor: what is wrong with the NPU, and what to do.  `npudoctor` looks,
 * `npudoctor recover` plans and, asked to, acts, `npudoctor capture` records a run.
 */
#include <string.h>

#include "bundle_file.h"
#include "doctor_cmd.h"
#include "json_put.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "diagnose", cmd_diagnose },
	{ "recover", cmd_recover },
	{ "capture", cmd_capture },
};

int main(int argc, char **argv)
{
	json_put_init();
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
		if (!strcmp(argv[1], commands[i].name))
			return tool_flush_stdout("npudoctor",
						 commands[i].run(argc - 1, argv + 1));
	}
	return tool_flush_stdout("npudoctor", cmd_diagnose(argc, argv));
}
