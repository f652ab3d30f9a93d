/*
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), as iSCSI and ext4 use it.
 *
 * The tables are built where the caller wants them, so that they cost neither
 * program text nor a global.
 */
#ifndef NPUB_CRC32C_H
#define NPUB_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#define CRC32C_SLICES 8

struct crc32c_table {
	uint32_t t[CRC32C_SLICES][256];
	uint32_t lane; /* what moves a state past one lane of many bytes */
};

/* About ten microseconds; once per bundle. */
void crc32c_init(struct crc32c_table *table);

/* CRC of bytes[0, count); start with crc 0 and pass the result on to continue. */
uint32_t crc32c(const struct crc32c_table *table, uint32_t crc, const void *bytes,
		size_t count);

/*
 * What crc32c() does with `words` times 8 bytes on processors without the instruction;
 * `crc` and the result are inverted.
 */
uint32_t crc32c_by_tables(const struct crc32c_table *table, uint32_t crc,
			  const uint8_t *p, size_t words);

#endif
