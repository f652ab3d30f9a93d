/*
 * Subcommands of npucc.  Each takes its own argv, argv[0] being its name.
 */
#ifndef CMD_H
#define CMD_H

/* Exit codes of all commands. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,  /* the input was refused */
	EXIT_USAGE = 2,    /* wrong command line */
	EXIT_FILE = 3,     /* a file could not be read or written */
	EXIT_INTERNAL = 4  /* our own bug, or out of memory */
};

int cmd_compile(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_template(int argc, char **argv);
int cmd_can(int argc, char **argv);
int cmd_matrix(int argc, char **argv);

#endif
