/* ioctl() of the program itself, before that of the emulated driver's library. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "trace.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

struct traced trace[TRACE_CALLS];
uint32_t trace_count;

int ioctl(int fd, unsigned long request, ...);

void trace_begin(void)
{
	trace_count = 0;
}

const char *trace_name(uint32_t request)
{
	static const char *const names[] = { "ACTION",	"SUBMIT",      "MEM_CREATE",
					     "MEM_MAP", "MEM_DESTROY", "MEM_SYNC" };
	uint32_t nr = (request & 0xff) - 0x40;

	return (request & 0xff) == 0		   ? "VERSION"
	       : nr < sizeof names / sizeof *names ? names[nr]
						   : "?";
}

uint32_t trace_count_of(uint32_t request)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < trace_count && i < TRACE_CALLS; i++)
		count += trace[i].request == request;
	return count;
}

int trace_find(uint32_t request, uint32_t from)
{
	for (uint32_t i = from; i < trace_count && i < TRACE_CALLS; i++) {
		if (trace[i].request == request)
			return (int)i;
	}
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	typedef int ioctl_type(int, unsigned long, ...);
	ioctl_type *next = (ioctl_type *)(uintptr_t)dlsym(RTLD_NEXT, "ioctl");
	struct traced *t = trace_count < TRACE_CALLS ? &trace[trace_count] : NULL;
	uint32_t bytes = request >> 16 & 0x3fff;
	va_list args;
	void *arg;
	int ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	bytes = bytes < sizeof t->in ? bytes : sizeof t->in;
	if (t) {
		memset(t, 0, sizeof *t);
		t->request = (uint32_t)request;
		memcpy(&t->in, arg, bytes);
	}
	trace_count++;
	ret = next(fd, request, arg);
	if (t) {
		t->ret = ret;
		t->err = ret ? errno : 0;
		memcpy(&t->out, arg, bytes);
	}
	return ret;
}
