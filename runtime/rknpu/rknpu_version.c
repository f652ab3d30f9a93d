/* Driver versions: the structs and features of each (driver ABI 4). */
#include "rknpu/device_rknpu.h"

static const struct npurt_rknpu_version versions[] = {
	/* from create support      elapsed iova  lacks */
	{ 0, 32, RKNPU_REFUSED, false, false,
	  "its MEM_CREATE takes 32 bytes and reads the memory flags differently" },
	{ 802, 40, RKNPU_IF_ASKED, false, false,
	  "its MEM_CREATE takes 40 bytes and knows no IOMMU domain" },
	{ 905, 40, RKNPU_IF_ASKED, true, false,
	  "its MEM_CREATE takes 40 bytes and knows no IOMMU domain" },
	{ 906, 48, RKNPU_SUPPORTED, true, false, NULL },
	{ 907, 48, RKNPU_SUPPORTED, true, true, NULL },
	{ 908, 48, RKNPU_SUPPORTED, true, true, NULL },
};

#define VERSIONS (sizeof versions / sizeof versions[0])

const struct npurt_rknpu_version *npurt_rknpu_version(uint32_t driver)
{
	const struct npurt_rknpu_version *v = &versions[VERSIONS - 1];

	while (v->from > driver)
		v--;
	return v;
}

uint32_t npurt_rknpu_oldest(void)
{
	const struct npurt_rknpu_version *v = versions;

	while (v->support != RKNPU_SUPPORTED)
		v++;
	return v->from;
}

uint32_t npurt_rknpu_newest(void)
{
	return versions[VERSIONS - 1].from;
}
