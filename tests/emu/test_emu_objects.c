/* Handles, objects, device addresses, mappings, duplicates, sharing. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u

static void handles(void **state)
{
	struct rig_bo a, b, c, d;
	struct npuemu_stats s;
	int one, two;

	(void)state;
	rig_reset(NULL);
	one = rig_open();
	two = rig_open();
	assert_int_equal(0, rig_create(one, 0x403, 1, &a));
	assert_int_equal(0, rig_create(one, 0x403, 4097, &b));
	assert_int_equal(0, rig_create(two, 0x403, 4096, &c));
	assert_int_equal(1, a.handle);
	assert_int_equal(2, b.handle);
	assert_int_equal(1, c.handle); /* a name space of its own */
	assert_int_equal(8192, b.size);
	assert_true(a.obj != b.obj && b.obj != c.obj && a.obj >> 32 == 0xffffff81);
	assert_true(a.dma == b.dma + b.size && b.dma == c.dma + c.size);
	assert_int_equal(0, rig_destroy(one, &a));
	assert_int_equal(EINVAL, rig_destroy(one, &a));
	assert_int_equal(EINVAL, rig_destroy(two, &b));
	assert_int_equal(0, rig_create(one, 0x403, 4096, &d));
	assert_int_equal(1, d.handle); /* lowest free */
	assert_int_equal(a.dma, d.dma);
	assert_true(d.obj != a.obj);
	close(one);
	npuemu_stats(&s);
	assert_int_equal(1, s.bos);
	assert_int_equal(1, s.files);
	assert_int_equal(4096, s.iova_bytes);
	close(two);
	npuemu_stats(&s);
	assert_int_equal(0, s.bos + s.files + s.fds);
}

static void create_query(void **state)
{
	struct rig_create c;
	struct rig_bo a;
	int fd;

	(void)state;
	rig_reset(NULL);
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x403, 9000, &a));
	c = (struct rig_create){ .handle = a.handle };
	assert_int_equal(0, rig_ioctl(fd, REQ_CREATE, &c));
	assert_true(c.size == a.size && c.obj_addr == a.obj && c.dma_addr == a.dma);
	c = (struct rig_create){ .handle = 99, .flags = 0x403, .size = 1 };
	assert_int_equal(0, rig_ioctl(fd, REQ_CREATE, &c)); /* as if it were 0 */
	assert_int_equal(2, c.handle);
	assert_int_equal(EINVAL, rig_create(fd, 0x403, 0, &a));
	CHECK_LOG("size 0", "invalid buffer size: 0");
	c = (struct rig_create){ .flags = 0x403, .size = 1, .domain = 16 };
	assert_int_equal(EINVAL, rig_ioctl(fd, REQ_CREATE, &c));
	close(fd);
}

static void alignment(void **state)
{
	struct rig_bo a, b;
	int fd;

	(void)state;
	rig_reset("iova-top 0xfffff000");
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x403, 5 * PAGE, &a));
	assert_int_equal(0xfffff000u - 5 * PAGE, a.dma);
	assert_int_equal(0, rig_create(fd, 0x003, 5 * PAGE, &b)); /* power of two */
	assert_int_equal(0xffff0000u, b.dma);
	close(fd);
	rig_reset("iova-gap 16384");
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x403, 16384, &a));
	assert_int_equal(EFAULT, rig_create(fd, 0x403, 16385, &b));
	CHECK_LOG("fragmented", "dma map 20480 fail");
	close(fd);
}

/* Addresses run out for good, and come back when something is freed. */
static void addresses_run_out(void **state)
{
	struct rig_bo a, b, c;
	int one, two;

	(void)state;
	rig_reset("iova-top 0x02002000"); /* two pages above the lowest address */
	one = rig_open();
	two = rig_open();
	assert_int_equal(0, rig_create(one, 0x403, PAGE, &a));
	assert_int_equal(0, rig_create(two, 0x403, PAGE, &b));
	assert_int_equal(EFAULT, rig_create(one, 0x403, PAGE, &c));
	assert_int_equal(0, rig_destroy(two, &b));
	assert_int_equal(0, rig_create(one, 0x403, PAGE, &c));
	assert_int_equal(b.dma, c.dma);
	close(one);
	close(two);
}

/* Each domain has addresses of its own. */
static void domains(void **state)
{
	struct rig_create c = { .flags = 0x403, .size = PAGE, .domain = 3 };
	struct rig_bo a;
	int fd;

	(void)state;
	rig_reset(NULL);
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x403, PAGE, &a));
	assert_int_equal(0, rig_ioctl(fd, REQ_CREATE, &c));
	assert_true(c.dma_addr == a.dma);
	assert_true(c.obj_addr != a.obj);
	close(fd);
}

static void fresh_contents(void **state)
{
	struct rig_bo paged, contiguous, zeroed;
	int fd;

	(void)state;
	rig_reset(NULL);
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x401, PAGE, &paged));
	assert_int_equal(0, rig_create(fd, 0x400, PAGE, &contiguous));
	assert_int_equal(0, rig_create(fd, 0x420, PAGE, &zeroed));
	assert_int_equal(0, rig_map(fd, &paged) || rig_map(fd, &contiguous) ||
				rig_map(fd, &zeroed));
	assert_int_equal(0, *(uint8_t *)paged.map);
	assert_int_equal(0x5a, *(uint8_t *)contiguous.map);
	assert_int_equal(0, *(uint8_t *)zeroed.map);
	rig_destroy(fd, &paged);
	rig_destroy(fd, &contiguous);
	rig_destroy(fd, &zeroed);
	close(fd);
}

/* ---- mappings ---- */

static void map_errors(void **state)
{
	struct rig_bo a, b, other;
	int one, two;
	void *p;

	(void)state;
	rig_reset(NULL);
	one = rig_open();
	two = rig_open();
	assert_int_equal(0, rig_create(one, 0x403, 3 * PAGE, &a));
	assert_int_equal(0, rig_create(two, 0x403, PAGE, &other));
	b = (struct rig_bo){ .handle = 7, .size = PAGE };
	assert_int_equal(ENOENT, rig_map(one, &b));
	assert_int_equal(0, rig_map(one, &a));
	assert_true(a.offset == UINT64_C(0x100000000));
	assert_int_equal(0, rig_map(two, &other));
	assert_true(other.offset == a.offset + a.size); /* the device's, not the file's */

	errno = 0;
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, two, (off_t)a.offset);
	CHECK("another file's", p == MAP_FAILED && errno == EACCES, "errno %d", errno);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, one, (off_t)(a.offset + PAGE));
	CHECK("inside", p == MAP_FAILED && errno == EINVAL, "errno %d", errno);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, one, 0);
	CHECK("no object's", p == MAP_FAILED && errno == EINVAL, "errno %d", errno);
	p = mmap(NULL, 3 * PAGE + 1, PROT_READ, MAP_SHARED, one, (off_t)a.offset);
	CHECK("too long", p == MAP_FAILED && errno == EINVAL, "errno %d", errno);
	p = mmap(NULL, PAGE + 1, PROT_READ | PROT_WRITE, MAP_SHARED, one,
		 (off_t)a.offset);
	CHECK("shorter than the object", p != MAP_FAILED, "errno %d", errno);
	((uint8_t *)p)[2 * PAGE - 1] = 9; /* rounded up by the kernel */
	assert_int_equal(9, ((uint8_t *)a.map)[2 * PAGE - 1]);
	munmap(p, 2 * PAGE);
	assert_int_equal(0, rig_destroy(one, &a));
	assert_int_equal(0, rig_destroy(two, &other));
	close(one);
	close(two);
}

/* A mapping keeps the object; a munmap that stops short keeps part of it mapped. */
static void objects_live_while_mapped(void **state)
{
	struct npuemu_stats s;
	struct rig_bo a;
	uint8_t *p;
	int fd;

	(void)state;
	rig_reset(NULL);
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x403, 3 * PAGE, &a));
	assert_int_equal(0, rig_map(fd, &a));
	p = a.map;
	a.map = NULL;
	assert_int_equal(0, rig_destroy(fd, &a));
	close(fd);
	p[3 * PAGE - 1] = 1;
	npuemu_stats(&s);
	assert_int_equal(1, s.bos);
	assert_int_equal(0, munmap(p + PAGE, PAGE)); /* a hole */
	npuemu_stats(&s);
	assert_int_equal(2, s.mmaps);
	assert_int_equal(0, munmap(p, PAGE));
	npuemu_stats(&s);
	assert_int_equal(1, s.bos);
	assert_int_equal(1, p[3 * PAGE - 1]);
	assert_int_equal(0, munmap(p + 2 * PAGE, PAGE));
	npuemu_stats(&s);
	assert_int_equal(0, s.bos + s.mmaps);
	assert_int_equal(0, s.iova_bytes);
}

static void duplicates(void **state)
{
	struct npuemu_stats s;
	struct rig_bo a;
	int fd, copy, third;

	(void)state;
	rig_reset(NULL);
	fd = rig_open();
	copy = dup(fd);
	third = fcntl(fd, F_DUPFD_CLOEXEC, 50);
	assert_true(copy >= 0 && third >= 50);
	assert_int_equal(0, rig_create(fd, 0x403, PAGE, &a));
	close(fd);
	assert_int_equal(0, rig_map(copy, &a)); /* the same file */
	npuemu_stats(&s);
	assert_true(s.fds == 2 && s.files == 1 && s.handles == 1);
	assert_int_equal(0, rig_destroy(third, &a));
	assert_int_equal(0, dup2(0, copy) - copy); /* no longer ours */
	assert_int_not_equal(0, rig_ioctl(copy, REQ_ACTION, &(uint64_t){ 0 }));
	close(copy);
	close(third);
	npuemu_stats(&s);
	assert_int_equal(0, s.fds + s.files + s.bos);
	assert_int_not_equal(0, rig_ioctl(third, REQ_ACTION, &(uint64_t){ 0 }));
}

/* ---- names and exported buffers ---- */

static void sharing(void **state)
{
	struct rig_create query;
	struct npuemu_stats s;
	struct rig_bo a;
	uint32_t flink[2], prime[3], *p;
	uint64_t name[2];
	int card, render;

	(void)state;
	rig_reset(NULL);
	card = open("/dev/dri/card0", O_RDWR);
	render = rig_open();
	assert_int_equal(0, rig_create(card, 0x403, PAGE, &a));
	flink[0] = a.handle;
	assert_int_equal(0, rig_ioctl(card, REQ_FLINK, flink));
	name[0] = flink[1];
	assert_int_equal(EACCES, rig_ioctl(render, REQ_GEM_OPEN, name));
	assert_int_equal(0, rig_ioctl(card, REQ_GEM_OPEN, name));
	assert_int_equal(PAGE, name[1]);
	assert_int_equal(2, name[0] >> 32);

	prime[0] = a.handle;
	prime[1] = O_CLOEXEC;
	assert_int_equal(0, rig_ioctl(card, REQ_TO_FD, prime));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)prime[2], 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(0, rig_ioctl(render, REQ_TO_HANDLE, prime));
	query = (struct rig_create){ .handle = prime[0] };
	assert_int_equal(0, rig_ioctl(render, REQ_CREATE, &query));
	assert_true(query.obj_addr == a.obj && query.dma_addr == a.dma);
	a.handle = prime[0];
	assert_int_equal(EINVAL, rig_map(render, &a)); /* imported */
	close(card);
	close(render);
	*p = 5;
	npuemu_stats(&s);
	assert_int_equal(1, s.bos);
	munmap(p, PAGE);
	close((int)prime[2]);
	npuemu_stats(&s);
	assert_int_equal(0, s.bos + s.fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handles),    cmocka_unit_test(create_query),
		cmocka_unit_test(alignment),  cmocka_unit_test(addresses_run_out),
		cmocka_unit_test(domains),    cmocka_unit_test(fresh_contents),
		cmocka_unit_test(map_errors), cmocka_unit_test(objects_live_while_mapped),
		cmocka_unit_test(duplicates), cmocka_unit_test(sharing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
