#include "crc32c.h"

#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#define POLYNOMIAL 0x82f63b78u
#define LANE_BYTES_LOG2 14
#define LANE_BYTES ((size_t)1 << LANE_BYTES_LOG2)
#define LANE_WORDS (LANE_BYTES / 8)

static uint64_t load_le64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

/* a * b mod P, where bit 31 - i is the coefficient of x^i. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (; a; a <<= 1) {
		if (a >> 31)
			product ^= b;
		b = b >> 1 ^ (b & 1 ? POLYNOMIAL : 0);
	}
	return product;
}

void crc32c_init(struct crc32c_table *table)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		table->t[0][i] = crc;
	}
	for (uint32_t i = 0; i < 256; i++) {
		for (int s = 1; s < CRC32C_SLICES; s++) {
			uint32_t prev = table->t[s - 1][i];

			table->t[s][i] = prev >> 8 ^ table->t[0][prev & 0xff];
		}
	}
	/* x^(8 * LANE_BYTES): x, squared for each power of two */
	table->lane = 1u << 30;
	for (int i = 0; i < 3 + LANE_BYTES_LOG2; i++)
		table->lane = multiply(table->lane, table->lane);
}

#if defined(__x86_64__)
#define HAS_INSTRUCTION __attribute__((target("sse4.2")))

HAS_INSTRUCTION static inline uint32_t crc_word(uint32_t crc, const uint8_t *p)
{
	return (uint32_t)__builtin_ia32_crc32di(crc, load_le64(p));
}

static int has_hardware(void)
{
	return __builtin_cpu_supports("sse4.2");
}
#elif defined(__aarch64__) && defined(__linux__) &&                                      \
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HAS_INSTRUCTION

static inline uint32_t crc_word(uint32_t crc, const uint8_t *p)
{
	__asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1"
		: "+r"(crc)
		: "r"(load_le64(p)));
	return crc;
}

static int has_hardware(void)
{
	const unsigned long hwcap_crc32 = 1ul << 7;

	return (getauxval(AT_HWCAP) & hwcap_crc32) != 0;
}
#else
#define HAS_INSTRUCTION

static inline uint32_t crc_word(uint32_t crc, const uint8_t *p)
{
	(void)p;
	return crc;
}

static int has_hardware(void)
{
	return 0;
}
#endif

/*
 * The instruction takes 8 bytes a cycle, but hands its result on only after two or
 * three: three lanes side by side keep it busy, as a bundle of weights should load at
 * memory speed.  With S(m) the state after m from 0, and n the bytes of a lane,
 *
 *     state after a, b, c = ((state after a) * x^8n + S(b)) * x^8n + S(c)   mod P
 */
HAS_INSTRUCTION static uint32_t crc_hardware(const struct crc32c_table *table, uint32_t crc,
					     const uint8_t *p, size_t words)
{
	for (; words >= 3 * LANE_WORDS; words -= 3 * LANE_WORDS) {
		uint32_t b = 0, c = 0;

		for (const uint8_t *end = p + LANE_BYTES; p < end; p += 8) {
			crc = crc_word(crc, p);
			b = crc_word(b, p + LANE_BYTES);
			c = crc_word(c, p + 2 * LANE_BYTES);
		}
		crc = multiply(multiply(crc, table->lane) ^ b, table->lane) ^ c;
		p += 2 * LANE_BYTES;
	}
	for (; words; words--, p += 8)
		crc = crc_word(crc, p);
	return crc;
}

uint32_t crc32c_by_tables(const struct crc32c_table *table, uint32_t crc,
			  const uint8_t *p, size_t words)
{
	const uint32_t(*t)[256] = table->t;

	for (; words; words--, p += 8) {
		uint64_t v = load_le64(p) ^ crc;

		crc = t[7][v & 0xff] ^ t[6][v >> 8 & 0xff] ^ t[5][v >> 16 & 0xff] ^
		      t[4][v >> 24 & 0xff] ^ t[3][v >> 32 & 0xff] ^ t[2][v >> 40 & 0xff] ^
		      t[1][v >> 48 & 0xff] ^ t[0][v >> 56];
	}
	return crc;
}

uint32_t crc32c(const struct crc32c_table *table, uint32_t crc, const void *bytes,
		size_t count)
{
	const uint8_t *p = bytes;
	size_t words = count / 8;

	crc = ~crc;
	crc = has_hardware() ? crc_hardware(table, crc, p, words)
			     : crc32c_by_tables(table, crc, p, words);
	p += words * 8;
	for (count %= 8; count; count--)
		crc = crc >> 8 ^ table->t[0][(crc ^ *p++) & 0xff];
	return ~crc;
}
