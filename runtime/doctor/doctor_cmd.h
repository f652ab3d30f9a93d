/* Subcommands and exit codes of npudoctor. */
#ifndef DOCTOR_CMD_H
#define DOCTOR_CMD_H

enum doctor_exit {
	DOCTOR_HEALTHY = 0,
	DOCTOR_TROUBLE = 1, /* trouble found; a step was refused or failed */
	DOCTOR_USAGE = 2,
	DOCTOR_UNREADABLE = 3,
	DOCTOR_INTERNAL = 4
};

int cmd_diagnose(int argc, char **argv);
int cmd_recover(int argc, char **argv);
int cmd_capture(int argc, char **argv);

/* One line on stderr: "npudoctor: SENTENCE". */
void doctor_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
