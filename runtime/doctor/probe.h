/*
 * Looking at the machine: each family's nodes, permissions, versions and state.
 */
#ifndef DOCTOR_PROBE_H
#define DOCTOR_PROBE_H

#include "facts.h"
#include "sys.h"

struct probe_options {
	const char *symptom; /* NULL: none */
	bool allow_mmio;     /* registers may be read (a powered-off NPU would hang) */
};

/* Everything; nothing is changed. */
void probe_machine(struct facts *facts, struct sys *sys,
		   const struct probe_options *options);

void probe_rknpu(struct facts *facts, struct sys *sys,
		 const struct probe_options *options);
void probe_axcl(struct facts *facts, struct sys *sys);
void probe_xdna(struct facts *facts, struct sys *sys);

/* Nodes of a DRM driver, in the order of preference of the runtime. */
struct probe_node {
	char path[64];
	struct sys_node answer;
};

/*
 * Walk a directory's entries that begin with `prefix`; true with the first whose
 * driver is `driver`, or with the first that could not be opened when `denied` is
 * not NULL and no other answers.
 */
bool probe_find_node(struct sys *sys, const char *dir, const char *prefix,
		     const char *driver, struct probe_node *node,
		     struct probe_node *denied);

/* "rknpu.group" and "rknpu.mode" or their like; FACT_N leaves one out. */
void probe_access(struct facts *facts, struct sys *sys, const char *path,
		  enum fact_id group, enum fact_id mode);

/* A line of a file as a fact; false when it cannot be read. */
bool probe_line(struct facts *facts, struct sys *sys, enum fact_id id, const char *path);

#endif
