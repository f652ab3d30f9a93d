/* npurun --dump */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/files.h"
#include "json_put.h"
#include "run_parts.h"

#define PATH_BYTES 4096
#define RUN_FILE "run.json"
#define NAME_BYTES 64
#define MAX_UNFINISHED 32 /* two images of each BO, and run.json */

/* "bo1-weight.before.bin" */
static void image_name(char *name, size_t room, uint32_t index,
		       const struct npurt_bo_info *bo, const char *when)
{
	snprintf(name, room, "bo%u-%s.%s.bin", index, name_of_bo_role(bo->role), when);
}

/* What a signal has to remove, in a form that its handler can walk. */
static struct {
	const struct run_dump *dump; /* NULL: nothing */
	int fd;			     /* of the temporary directory */
	char names[MAX_UNFINISHED][NAME_BYTES];
	volatile sig_atomic_t count;
} unfinished = { .fd = -1 };

static const int end_signals[] = { SIGINT, SIGTERM, SIGHUP };
#define END_SIGNALS (sizeof(end_signals) / sizeof(end_signals[0]))

/* Installed to act once: the second time the signal ends the program. */
static void remove_unfinished(int number)
{
	for (int i = 0; i < unfinished.count; i++)
		unlinkat(unfinished.fd, unfinished.names[i], 0);
	rmdir(unfinished.dump->temp);
	if (unfinished.dump->created)
		rmdir(unfinished.dump->dir);
	raise(number);
}

static void watch_signals(const struct run_dump *dump)
{
	struct sigaction act = { .sa_handler = remove_unfinished }, old;

	unfinished.fd = open(dump->temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unfinished.count = 0;
	unfinished.dump = dump;
	act.sa_flags = (int)SA_RESETHAND | SA_NODEFER;
	for (size_t i = 0; unfinished.fd >= 0 && i < END_SIGNALS; i++)
		if (sigaction(end_signals[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_DFL)
			sigaction(end_signals[i], &act, NULL);
}

static void forget_signals(void)
{
	struct sigaction old;

	if (!unfinished.dump)
		return;
	for (size_t i = 0; i < END_SIGNALS; i++)
		if (sigaction(end_signals[i], NULL, &old) == 0 &&
		    old.sa_handler == remove_unfinished)
			signal(end_signals[i], SIG_DFL);
	if (unfinished.fd >= 0)
		close(unfinished.fd);
	unfinished.fd = -1;
	unfinished.dump = NULL;
}

static bool write_in(const char *dir, const char *name, const void *data, size_t bytes,
		     char *why, size_t why_bytes)
{
	const struct file_part part = { data, bytes };
	char path[PATH_BYTES], reason[200];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path)) {
		snprintf(why, why_bytes, "the path is too long");
		return false;
	}
	if (unfinished.count < MAX_UNFINISHED) {
		snprintf(unfinished.names[unfinished.count], NAME_BYTES, "%s", name);
		unfinished.count = unfinished.count + 1;
	}
	if (files_write(path, &part, 1, reason, sizeof(reason)))
		return true;
	snprintf(why, why_bytes, "%s: %s", name, reason);
	return false;
}

static bool write_images(const char *dir, const struct npurt *rt, const char *when,
			 char *why, size_t why_bytes)
{
	for (uint32_t i = 0; i < npurt_bo_count(rt); i++) {
		struct npurt_bo_info bo;
		char name[NAME_BYTES];

		npurt_bo(rt, i, &bo);
		image_name(name, sizeof(name), i, &bo, when);
		if (!write_in(dir, name, bo.data, bo.bytes, why, why_bytes))
			return false;
	}
	return true;
}

static json_t *bo_object(uint32_t index, const struct npurt_bo_info *bo)
{
	json_t *x = json_object();
	char name[NAME_BYTES];

	put_u(x, "index", index);
	put_s(x, "name", bo->name);
	put_s(x, "role", name_of_bo_role(bo->role));
	put_u(x, "dma_addr", bo->dma_addr);
	put_u(x, "bytes", bo->bytes);
	put_u(x, "flags", bo->flags);
	image_name(name, sizeof(name), index, bo, "before");
	put_s(x, "before", name);
	image_name(name, sizeof(name), index, bo, "after");
	put_s(x, "after", name);
	return x;
}

static json_t *task_object(uint32_t index, const struct npub_task *t)
{
	json_t *x = json_object();

	put_u(x, "task", index);
	put_u(x, "flags", t->flags);
	put_u(x, "op_idx", t->op_idx);
	put_u(x, "enable_mask", t->enable_mask);
	put_u(x, "int_mask", t->int_mask);
	put_u(x, "int_clear", t->int_clear);
	put_u(x, "int_status", t->int_status);
	put_u(x, "regcfg_amount", t->regcfg_amount);
	put_u(x, "regcfg_offset", t->regcfg_offset);
	put_u(x, "regcmd_addr", t->regcmd_addr);
	return x;
}

static json_t *task_array(const struct npurt_bo_info *bo, uint32_t count)
{
	json_t *tasks = json_array();

	for (uint32_t i = 0; i < count; i++) {
		struct npub_task t;

		memcpy(&t, (const char *)bo->data + i * sizeof(t), sizeof(t));
		json_array_append_new(tasks, task_object(i, &t));
	}
	return tasks;
}

static json_t *submit_object(const struct npurt_submit_info *s)
{
	json_t *x = json_object(), *subcores = json_array();

	put_u(x, "flags", s->flags);
	put_u(x, "timeout", s->timeout);
	put_u(x, "task_start", s->task_start);
	put_u(x, "task_number", s->task_number);
	put_u(x, "task_counter", 0);
	put_u(x, "priority", 0);
	put_u(x, "core_mask", s->core_mask);
	put_i(x, "fence_fd", -1);
	for (size_t i = 0; i < sizeof(s->subcore) / sizeof(s->subcore[0]); i++) {
		json_t *range = json_array();

		append_u(range, s->subcore[i].task_start);
		append_u(range, s->subcore[i].task_number);
		json_array_append_new(subcores, range);
	}
	put(x, "subcore", subcores);
	return x;
}

static void put_run(json_t *x, const struct npurt *rt, uint32_t task_count)
{
	struct npurt_submit_info submit;
	json_t *bos = json_array(), *tasks = NULL;
	char hazards[HAZARD_TEXT_BYTES];

	npurt_submit_info(rt, &submit);
	put_u(x, "cores", submit.cores);
	put_s(x, "evidence", name_of_evidence(submit.evidence));
	put_s(x, "hazards", hazard_text(hazards, submit.hazards));
	put_u(x, "cost_ns", submit.cost_ns);
	for (uint32_t i = 0; i < npurt_bo_count(rt); i++) {
		struct npurt_bo_info bo;

		npurt_bo(rt, i, &bo);
		json_array_append_new(bos, bo_object(i, &bo));
		if (bo.role == NPUB_BO_TASK && !tasks)
			tasks = task_array(&bo, task_count);
	}
	put(x, "bos", bos);
	put(x, "tasks", tasks ? tasks : json_array());
	put(x, "submit", submit_object(&submit));
}

/* "DIR/unfinished-XXXXXX": what a crash leaves says what it is. */
static bool begin_directory(struct run_dump *dump, const char *dir, char *why,
			    size_t why_bytes)
{
	dump->created = mkdir(dir, 0777) == 0;
	if (!dump->created && errno != EEXIST) {
		snprintf(why, why_bytes, "cannot create: %s", strerror(errno));
		return false;
	}
	dump->dir = dir;
	if ((size_t)snprintf(dump->temp, sizeof(dump->temp), "%s/unfinished-XXXXXX",
			     dir) >= sizeof(dump->temp) ||
	    !mkdtemp(dump->temp)) {
		snprintf(why, why_bytes, "cannot create a directory in it: %s",
			 strerror(errno));
		dump->temp[0] = '\0';
		return false;
	}
	return true;
}

/* Move a file out of the temporary directory (`to` NULL: remove it). */
static bool settle_file(const struct run_dump *dump, const char *name, const char *to)
{
	char from[PATH_BYTES], path[PATH_BYTES];

	if ((size_t)snprintf(from, sizeof(from), "%s/%s", dump->temp, name) >=
	    sizeof(from))
		return false;
	if (!to)
		return unlink(from) == 0;
	return (size_t)snprintf(path, sizeof(path), "%s/%s", to, name) < sizeof(path) &&
	       rename(from, path) == 0;
}

/* Settle all files but run.json, which goes last: it says that the others are there. */
static bool settle_files(const struct run_dump *dump, const char *to)
{
	DIR *files = opendir(dump->temp);
	struct dirent *entry;
	bool ok = files != NULL;

	while (ok && (entry = readdir(files)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, RUN_FILE) != 0)
			ok = settle_file(dump, entry->d_name, to);
	if (files)
		closedir(files);
	return ok;
}

bool run_dump_before(struct run_dump *dump, const char *dir, const struct npurt *rt,
		     uint32_t task_count, char *why, size_t why_bytes)
{
	sigset_t before;
	bool ok;

	files_hold_signals(&before);
	ok = begin_directory(dump, dir, why, why_bytes);
	if (ok)
		watch_signals(dump);
	files_release_signals(&before);
	if (!ok)
		return false;
	put_run(dump->document, rt, task_count);
	return write_images(dump->temp, rt, "before", why, why_bytes);
}

bool run_dump_after(struct run_dump *dump, const struct npurt *rt, enum npurt_err result,
		    const struct npurt_error *error, char *why, size_t why_bytes)
{
	size_t bytes = 0;
	sigset_t before;
	char *text;
	bool ok;

	put_s(dump->document, "result", npurt_errname(result));
	if (result != NPURT_OK)
		put_s(dump->document, "result_detail", error->detail);
	if (!write_images(dump->temp, rt, "after", why, why_bytes))
		return false;
	text = json_text(dump->document, &bytes);
	ok = write_in(dump->temp, RUN_FILE, text, bytes, why, why_bytes);
	free(text);
	if (!ok)
		return false;
	files_hold_signals(&before);
	ok = settle_files(dump, dump->dir) && settle_file(dump, RUN_FILE, dump->dir) &&
	     rmdir(dump->temp) == 0;
	if (ok) {
		forget_signals();
		dump->temp[0] = '\0';
	} else {
		snprintf(why, why_bytes, "cannot move the files into it: %s",
			 strerror(errno));
	}
	files_release_signals(&before);
	return ok;
}

void run_dump_close(struct run_dump *dump)
{
	sigset_t before;

	files_hold_signals(&before);
	forget_signals();
	json_decref(dump->document);
	if (dump->temp[0]) {
		settle_files(dump, NULL);
		settle_file(dump, RUN_FILE, NULL);
		rmdir(dump->temp);
		if (dump->created)
			rmdir(dump->dir);
	}
	files_release_signals(&before);
	*dump = (struct run_dump){ 0 };
}
