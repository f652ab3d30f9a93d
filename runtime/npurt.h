/*
 * libnpurt: load an npucc bundle and run its convs on an RK3588 NPU.
 *
 * One handle runs one conv of one bundle with one plan on one device.  Handles
 * share nothing, so different threads may use different handles; one handle is
 * used by one thread at a time.  Memory is taken in npurt_open() and given back
 * in npurt_close(); nothing between them allocates, prints or keeps global
 * state.
 *
 * Every function that can fail returns enum npurt_err and, when given one, fills
 * a struct npurt_error that says where.  Out parameters are untouched on failure.
 */
#ifndef NPURT_H
#define NPURT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPURT_VERSION_MAJOR 0
#define NPURT_VERSION_MINOR 1
#define NPURT_VERSION_PATCH 0

#define NPURT_ERRORS(X)                                                            \
	/* the caller's mistake */                                                 \
	X(NPURT_ERR_ARGUMENT, "an argument is missing or out of range")            \
	X(NPURT_ERR_NOCONV, "the bundle has no conv of that name or index")        \
	X(NPURT_ERR_NOPLAN, "the conv has no plan for that many cores")            \
	X(NPURT_ERR_NOTENSOR, "the conv has no such tensor")                       \
	X(NPURT_ERR_TENSOR_SIZE, "tensor data has the wrong size for the conv")    \
	X(NPURT_ERR_ALIGNMENT, "the bundle must lie on an 8-byte boundary")        \
	X(NPURT_ERR_EVIDENCE, "the plan has less evidence than the caller accepts") \
	X(NPURT_ERR_HAZARD, "the plan has a hazard that the caller did not allow") \
	/* the machine's limit */                                                  \
	X(NPURT_ERR_NOMEM, "out of memory")                                        \
	X(NPURT_ERR_FILE, "the bundle file cannot be read")                        \
	X(NPURT_ERR_CORES, "the plan needs more cores than the device has")        \
	/* the bundle's fault */                                                   \
	X(NPURT_ERR_MAGIC, "not an npucc bundle")                                  \
	X(NPURT_ERR_VERSION, "the bundle is of a version this runtime does not read")                   \
	X(NPURT_ERR_TARGET, "the bundle is for another chip")                      \
	X(NPURT_ERR_TRUNCATED, "the bundle ends before its contents do")           \
	X(NPURT_ERR_CHECKSUM, "a checksum of the bundle does not match")           \
	X(NPURT_ERR_SECTION, "a section of the bundle is missing or malformed")    \
	X(NPURT_ERR_INDEX, "the bundle refers to an element it does not have")     \
	X(NPURT_ERR_TENSOR, "a tensor does not lie inside its buffer")             \
	X(NPURT_ERR_PLAN, "a plan's task lists are malformed")                     \
	X(NPURT_ERR_CHAIN, "a task list differs from its command chain")           \
	X(NPURT_ERR_COMMAND, "a command word is not one the hardware knows")       \
	X(NPURT_ERR_INCOMPLETE, "a task leaves a register of an enabled block unset") \
	X(NPURT_ERR_DMA, "a task would read or write outside its buffer")          \
	X(NPURT_ERR_RELOC, "a relocation does not name an address register")       \
	X(NPURT_ERR_FORBIDDEN, "the plan has a structure that must never be run")  \
	/* the device's fault */                                                   \
	X(NPURT_ERR_NODEVICE, "no RKNPU device is usable")                         \
	X(NPURT_ERR_DEVICE_FORBIDDEN, "device access is forbidden by NPURT_NO_DEVICE") \
	X(NPURT_ERR_DEVICE_KIND, "the device is not an RKNPU this runtime knows")  \
	X(NPURT_ERR_DEVICE_MEMORY, "the device could not provide a buffer")        \
	X(NPURT_ERR_DEVICE_SYNC, "the device could not sync a buffer")             \
	X(NPURT_ERR_SUBMIT, "the device refused the job")                          \
	X(NPURT_ERR_TIMEOUT, "the job did not finish in time")                     \
	X(NPURT_ERR_EXECUTION, "the job failed while it ran")                      \
	X(NPURT_ERR_NOT_EXECUTED, "the device reported success but did not run the job") \
	X(NPURT_ERR_UNSUPPORTED, "the device does not support this operation")     \
	X(NPURT_ERR_RESET, "the device could not be reset")                        \
	X(NPURT_ERR_HEALTH, "the device does not compute a known job right")       \
	/* the state of the handle */                                              \
	X(NPURT_ERR_STATE, "the call does not fit the state of the handle")

enum npurt_err {
	NPURT_OK,
#define X(name, text) name,
	NPURT_ERRORS(X)
#undef X
	NPURT_ERR_N
};

/* The code's sentence, and its name ("NPURT_ERR_DMA"). */
const char *npurt_strerror(enum npurt_err err);
const char *npurt_errname(enum npurt_err err);

/* Where a failure lies.  The first one found wins; unknown parts are NPURT_NOWHERE. */
#define NPURT_NOWHERE UINT64_MAX
#define NPURT_DETAIL_BYTES 160
struct npurt_error {
	enum npurt_err code;
	uint64_t section; /* enum npub_section_kind */
	uint64_t index;   /* element of the section */
	uint64_t task;    /* task record of the conv */
	uint64_t reg;     /* register offset */
	uint64_t found, allowed;
	char detail[NPURT_DETAIL_BYTES]; /* one sentence; always terminated */
};

struct npurt;        /* a loaded conv */
struct npurt_device; /* a device; see npurt_device_open_* */

struct npurt_options {
	const char *conv_name;  /* NULL: by index */
	uint32_t conv_index;
	uint32_t cores;         /* plan to run: 1, 2, 3; 0: the first in the bundle */
	uint32_t min_evidence;  /* enum npub_evidence */
	uint32_t allow_hazards; /* bits of NPUB_HAZARD_* accepted */
	uint32_t timeout_ms;    /* 0: derived from the plan's cost */
	bool trust_zeros;       /* take an all-zero output without a second look */
};

/* OPERAND: the second tensor of a conv that adds one; NOTENSOR for others. */
enum npurt_tensor_id { NPURT_INPUT, NPURT_OUTPUT, NPURT_OPERAND };

/* A tensor as the caller sees it (n c h w) and as the device stores it. */
struct npurt_tensor_info {
	const char *name;
	uint32_t elem; /* enum npu_elem: 0 int8, 2 fp16, 4 int32, 5 fp32 */
	uint32_t elem_bytes;
	uint32_t n, c, h, w;
	size_t nchw_bytes;   /* of a dense NCHW array */
	size_t device_bytes; /* of the device layout */
	float scale; /* real = (element - zero_point) * scale */
	int32_t zero_point;
	bool is_uint8; /* elements are bytes 0..255, not int8, and so is zero_point */
};

/*
 * Check every byte of a bundle without a device: structure, checksums, task
 * lists, command words, and that each DMA of each task stays inside its BO.
 * Any bundle-fault code, ARGUMENT, ALIGNMENT or NOMEM.
 */
enum npurt_err npurt_verify(const void *blob, size_t blob_bytes, struct npurt_error *error);

/*
 * Load a conv of the bundle in blob[0, blob_bytes) onto `device`: verify,
 * allocate, copy weights, relocate, sync.  The blob is used in place, must lie
 * on an 8-byte boundary and must outlive the handle; so must the device.
 * `options` may be NULL: first conv, its first plan.
 * Any code but STATE and FILE.
 */
enum npurt_err npurt_open(struct npurt **out, const void *blob, size_t blob_bytes,
			  struct npurt_device *device, const struct npurt_options *options,
			  struct npurt_error *error);

/* The same from a file, mapped read-only for the life of the handle. */
enum npurt_err npurt_open_file(struct npurt **out, const char *path,
			       struct npurt_device *device,
			       const struct npurt_options *options,
			       struct npurt_error *error);

/* What the caller must supply or will get.  ARGUMENT, NOTENSOR. */
enum npurt_err npurt_tensor(const struct npurt *rt, enum npurt_tensor_id id,
			    struct npurt_tensor_info *info);

/*
 * Bind the input: copy a dense NCHW array of the tensor's element type into the
 * input BO in the device's layout, padding lanes zero.  TENSOR_SIZE, ARGUMENT.
 */
enum npurt_err npurt_write_input(struct npurt *rt, const void *nchw, size_t bytes);

/*
 * The same for any tensor the conv reads: NPURT_INPUT or NPURT_OPERAND.  A conv that
 * adds an operand does not run before it was written or mapped (STATE).  NOTENSOR,
 * TENSOR_SIZE, ARGUMENT.
 */
enum npurt_err npurt_write(struct npurt *rt, enum npurt_tensor_id id, const void *nchw,
			   size_t bytes);

/* Fetch the output as a dense NCHW array.  TENSOR_SIZE, STATE before a run. */
enum npurt_err npurt_read_output(struct npurt *rt, void *nchw, size_t bytes);

/*
 * The tensor's device memory, for callers that keep their data in the device's
 * layout: valid until npurt_close().  npurt_run() does the cache syncs.  Bytes here
 * are as the device stores them: int8 also where the caller's form is uint8.
 * ARGUMENT, NOTENSOR.
 */
enum npurt_err npurt_map(struct npurt *rt, enum npurt_tensor_id id, void **data, size_t *bytes);

/*
 * Run once and wait: canary into the output, syncs, submit, wait, syncs, checks.
 * Costs no allocation.  SUBMIT, TIMEOUT, EXECUTION, NOT_EXECUTED, DEVICE_SYNC,
 * NODEVICE, DEVICE_KIND.
 *
 * A submit that the driver turned down is made once more.  An output of nothing but
 * zeros for an input that is not is not taken on trust (unless trust_zeros): the
 * job is run again, and then a job with a known result.
 */
enum npurt_err npurt_run(struct npurt *rt, struct npurt_error *error);

/* The same in two steps; npurt_wait() ends what npurt_submit() began. */
enum npurt_err npurt_submit(struct npurt *rt, struct npurt_error *error);
enum npurt_err npurt_wait(struct npurt *rt, struct npurt_error *error);

/* Free everything in the vendor's order; NULL is allowed. */
void npurt_close(struct npurt *rt);

/*
 * Devices.  Open one, use it for any number of handles, close it after them.
 *
 * rknpu: the vendor's DRM driver; path NULL searches the nodes.
 * sim:   the built-in simulator, in libnpusim; threads 0: one per processor.
 */
enum npurt_err npurt_device_open_rknpu(struct npurt_device **out, const char *path,
				       struct npurt_error *error);

/* Which calls go to the driver around a run. */
enum npurt_profile {
	NPURT_PROFILE_LEAN,  /* what a run needs */
	NPURT_PROFILE_VENDOR /* those of the vendor's own runtime, call by call */
};

struct npurt_rknpu_options {
	const char *path; /* NULL: search */
	enum npurt_profile profile;
	uint32_t cores;        /* of the chip; 0: ask the system */
	bool old_driver;       /* take 0.8.2 to 0.9.5 too */
	const char *lock_path; /* of the lock between programs; NULL: the usual one */
	void (*sleep_ms)(uint32_t ms); /* NULL: the clock */
};

/* The same with options (NULL: none). */
enum npurt_err npurt_device_open_rknpu_with(struct npurt_device **out,
					    const struct npurt_rknpu_options *options,
					    struct npurt_error *error);
enum npurt_err npurt_device_open_sim(struct npurt_device **out, uint32_t threads,
				     struct npurt_error *error);
const char *npurt_device_describe(const struct npurt_device *device);

/* Cores the device is known to have; 0: unknown, and plans of several are refused. */
uint32_t npurt_device_cores(const struct npurt_device *device);

/*
 * Reset the NPU: all its registers, and every job of every program.  For recovery
 * only.  RESET, UNSUPPORTED, NODEVICE, ARGUMENT.
 */
enum npurt_err npurt_device_reset(struct npurt_device *device, struct npurt_error *error);

/*
 * Run a small conv with a known result that writes every register it uses, in both
 * register groups, and compare.  HEALTH when the result is wrong; else the code of
 * what failed.
 */
enum npurt_err npurt_health(struct npurt_device *device, struct npurt_error *error);

void npurt_device_close(struct npurt_device *device);

/* For dumps: what a loaded handle put where. */
struct npurt_bo_info {
	const char *name;
	uint32_t role; /* enum npub_bo_role */
	uint32_t flags;
	uint64_t dma_addr;
	uint64_t bytes;
	const void *data;
};
uint32_t npurt_bo_count(const struct npurt *rt);
enum npurt_err npurt_bo(const struct npurt *rt, uint32_t index, struct npurt_bo_info *info);

/* The submit header as it goes to the driver (driver ABI 0.9.8, 104 bytes). */
struct npurt_submit_info {
	uint32_t flags, timeout, task_start, task_number, core_mask;
	struct {
		uint32_t task_start, task_number;
	} subcore[5];
	uint64_t cost_ns;
	uint32_t cores, evidence, hazards;
};
enum npurt_err npurt_submit_info(const struct npurt *rt, struct npurt_submit_info *info);

#ifdef __cplusplus
}
#endif

#endif
