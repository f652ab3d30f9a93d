/*
 * ACTION codes (driver ABI section 6).
 */
#include <errno.h>
#include <sys/resource.h>

#include "emu/emu.h"

#define FREQ_HZ 1000000000u
#define DOMAIN_COUNT 16u

static int set_domain(uint32_t id)
{
	/* A different one can be selected only while no job refers to the old one. */
	if (id >= DOMAIN_COUNT || (id && !emu.settings.iommu)) {
		emu_log("invalid iommu domain id: %d, reuse domain id: %u", (int)id,
			emu.domain);
		return -EINVAL;
	}
	if (id == emu.domain)
		return 0;
	if (emu.jobs) {
		emu_sleep_ms(6000);
		emu_log("switch iommu domain time out, failed to switch iommu domain, "
			"id: %u",
			id);
		return -EINVAL;
	}
	emu_log("switch iommu domain from %u to %u", emu.domain, id);
	emu.domain = id;
	return 0;
}

static int domain_action(struct abi_action_arg *a)
{
	if (emu.settings.version < 906)
		return -EINVAL;
	if (a->flags == ABI_SET_DOMAIN)
		return set_domain(a->value);
	a->value = emu.domain;
	return 0;
}

int emu_action(struct abi_action_arg *a)
{
	switch (a->flags) {
	case ABI_GET_HW_VERSION:
		a->value = emu.settings.soc.hw_version;
		return 0;
	case ABI_GET_DRV_VERSION:
		a->value = emu.settings.version;
		return 0;
	case ABI_GET_FREQ:
		a->value = FREQ_HZ;
		return 0;
	case ABI_GET_VOLT:
		return emu_fatal("ACTION 4 (GET_VOLT): oops on a board without that "
				 "regulator");
	case ABI_RESET:
		return emu_soft_reset();
	case ABI_CLEAR_COUNTERS:
	case ABI_GET_WRITE_COUNTER:
	case ABI_GET_WRITE_COUNTER + 1:
	case ABI_GET_WRITE_COUNTER + 2:
	case ABI_GET_TOTAL_COUNTER: /* the value stays what the caller passed */
		emu_log("Get rw_amount is not supported on this device!");
		return 0;
	case ABI_GET_IOMMU_EN:
		a->value = emu.settings.iommu;
		return 0;
	case ABI_SET_PROC_NICE: /* the caller's priority is not ours to change */
		emu_log("emulator: nice value %d not set", (int)a->value);
		return 0;
	case ABI_POWER_ON:
	case ABI_POWER_OFF:
		return emu.settings.version < 900 ? 0 : -EINVAL;
	case ABI_GET_TOTAL_SRAM:
	case ABI_GET_FREE_SRAM:
		a->value = 0;
		return 0;
	case ABI_GET_DOMAIN:
	case ABI_SET_DOMAIN:
		return domain_action(a);
	default:
		return -EINVAL;
	}
}
