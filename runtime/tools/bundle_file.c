#include "bundle_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/files.h"
#include "diag.h"
#include "error.h"
#include "hw/npu_hw.h"
#include "hw/npu_regs.h"

#define MAX_SUGGESTIONS 4096u

void tool_complain(const char *program, const char *file, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program);
	if (file)
		fprintf(stderr, "%s: ", file);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/* What the user can do about an error. */
static const char *remedy(enum npurt_err err)
{
	switch (err) {
	case NPURT_ERR_EVIDENCE:
		return "accept it with --min-evidence";
	case NPURT_ERR_HAZARD:
		return "accept it with --allow";
	case NPURT_ERR_NOPLAN:
		return "npurun --list shows the plans; npucc --cores makes others";
	case NPURT_ERR_MAGIC:
		return "npucc makes bundles: npucc SPEC -o FILE.npub";
	case NPURT_ERR_VERSION:
		return "use npucc and runtime of one release; compile the conv again";
	case NPURT_ERR_TRUNCATED:
	case NPURT_ERR_CHECKSUM:
	case NPURT_ERR_SECTION:
	case NPURT_ERR_INDEX:
	case NPURT_ERR_TENSOR:
		return "the file is damaged; copy it again or compile it again";
	case NPURT_ERR_NODEVICE:
	case NPURT_ERR_DEVICE_KIND:
		return "--device sim runs it in the simulator";
	case NPURT_ERR_DEVICE_FORBIDDEN:
		return "unset NPURT_NO_DEVICE, or use --device sim";
	case NPURT_ERR_CORES:
		return "--cores picks another plan, --device-cores says what the chip "
		       "has";
	case NPURT_ERR_NOT_EXECUTED:
	case NPURT_ERR_HEALTH:
		return "--recover resets the NPU";
	case NPURT_ERR_TIMEOUT:
		return "npurun --health says whether it works again, --timeout gives a "
		       "job longer";
	default:
		return NULL;
	}
}

/* ", task 3, register CNA.CBUF_CON0 (0x1040)": what the error knows of its place. */
static void print_place(const struct npurt_error *e, FILE *out)
{
	if (e->section != NPURT_NOWHERE && e->section != 0)
		fprintf(out, ", section %s", name_of_section((uint32_t)e->section));
	if (e->section != NPURT_NOWHERE && e->index != NPURT_NOWHERE)
		fprintf(out, ", element %llu", (unsigned long long)e->index);
	if (e->task != NPURT_NOWHERE)
		fprintf(out, ", task %llu", (unsigned long long)e->task);
	if (e->reg <= UINT16_MAX) {
		enum npu_reg reg = npu_reg_from_offset((uint16_t)e->reg);

		if (reg == NPU_REG_N)
			fprintf(out, ", register 0x%04llx", (unsigned long long)e->reg);
		else
			fprintf(out, ", register %s.%s (0x%04llx)",
				npu_block_name(npu_regs[reg].block), npu_regs[reg].name,
				(unsigned long long)e->reg);
	}
}

void tool_complain_npurt(const char *program, const char *file, enum npurt_err err,
			 const struct npurt_error *error)
{
	const char *way_out = remedy(err);

	fprintf(stderr, "%s: %s: %s", program, file, npurt_strerror(err));
	if (error && error->code == err) {
		print_place(error, stderr);
		if (error->detail[0])
			fprintf(stderr, " (%s)", error->detail);
	}
	if (way_out)
		fprintf(stderr, "; %s", way_out);
	fputc('\n', stderr);
}

int tool_flush_stdout(const char *program, int code)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	tool_complain(program, "standard output", "cannot write%s%s", errno ? ": " : "",
		      errno ? strerror(errno) : "");
	return EXIT_FILE;
}

bool tool_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return a && b && strcmp(a, "-") != 0 && strcmp(b, "-") != 0 && stat(a, &x) == 0 &&
	       stat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

enum tool_exit bundle_file_open(struct bundle_file *f, const char *program,
				const char *path)
{
	struct npurt_error error;
	enum npurt_err err;
	char why[256];

	memset(f, 0, sizeof(*f));
	f->path = path;
	npurt_error_reset(&error);
	if (!files_read(path, &f->blob, &f->bytes, why, sizeof(why))) {
		tool_complain(program, path, "%s", why);
		return EXIT_FILE;
	}
	err = npub_open(&f->npub, f->blob, f->bytes, &error);
	if (err == NPURT_OK)
		return EXIT_DONE;
	tool_complain_npurt(program, path, err, &error);
	bundle_file_close(f);
	return EXIT_REFUSED;
}

void bundle_file_close(struct bundle_file *f)
{
	free(f->blob);
	f->blob = NULL;
}

uint32_t bundle_file_conv(const struct bundle_file *f, const char *program,
			  const char *which)
{
	const struct npub *b = &f->npub;
	const char *names[MAX_SUGGESTIONS];
	size_t name_count = 0;
	const char *near;
	char *end;
	unsigned long index;

	for (uint32_t i = 0; i < b->conv_count; i++) {
		const char *name = npub_string(b, b->convs[i].name);

		if (strcmp(name, which) == 0)
			return i;
		if (name_count < MAX_SUGGESTIONS)
			names[name_count++] = name;
	}
	index = strtoul(which, &end, 10);
	if (which[0] >= '0' && which[0] <= '9' && !*end && index < b->conv_count)
		return (uint32_t)index;
	near = diag_nearest(which, names, name_count);
	if (near)
		tool_complain(program, f->path,
			      "there is no conv '%s'; did you mean '%s'?", which, near);
	else
		tool_complain(
		    program, f->path,
		    "there is no conv '%s'; the bundle has %u, and npurun --list "
		    "names them",
		    which, b->conv_count);
	return NPUB_NONE;
}
