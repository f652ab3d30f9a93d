#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool probe_line(struct facts *facts, struct sys *sys, enum fact_id id, const char *path)
{
	char line[FACT_VALUE_BYTES];

	if (sys_read_line(sys, path, line, sizeof line) || !line[0])
		return false;
	facts_add(facts, id, path, "%s", line);
	return true;
}

void probe_access(struct facts *facts, struct sys *sys, const char *path,
		  enum fact_id group, enum fact_id mode)
{
	struct sys_access access = { 0 };

	if (sys->get_access(sys, path, &access))
		return;
	if (group < FACT_N)
		facts_add(facts, group, path, "%s", access.group);
	if (mode < FACT_N)
		facts_add(facts, mode, path, "%04o", (unsigned)access.mode);
}

bool probe_find_node(struct sys *sys, const char *dir, const char *prefix,
		     const char *driver, struct probe_node *node,
		     struct probe_node *denied)
{
	struct sys_names names;
	bool found = false;

	if (sys->list_dir(sys, dir, &names))
		return false;
	for (size_t i = 0; i < names.count && !found; i++) {
		struct probe_node n;

		if (strncmp(names.items[i], prefix, strlen(prefix)) != 0)
			continue;
		snprintf(n.path, sizeof n.path, "%s/%.30s", dir, names.items[i]);
		if (sys->ask_node(sys, n.path, &n.answer))
			continue;
		if (!n.answer.open_error && !strcmp(n.answer.name, driver)) {
			*node = n;
			found = true;
		} else if (n.answer.open_error && denied && !denied->path[0]) {
			*denied = n;
		}
	}
	sys_names_free(&names);
	return found;
}

void probe_machine(struct facts *facts, struct sys *sys,
		   const struct probe_options *options)
{
	if (options->symptom)
		facts_add(facts, FACT_SYMPTOM, "--symptom", "%s", options->symptom);
	probe_line(facts, sys, FACT_KERNEL, "/proc/sys/kernel/osrelease");
	probe_rknpu(facts, sys, options);
	probe_axcl(facts, sys);
	probe_xdna(facts, sys);
}
