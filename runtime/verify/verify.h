/*
 * Prove from the registers alone that a conv's plans are safe to submit.
 * Uses the bundle reader and the register tables, nothing of the compiler.
 */
#ifndef NPURT_VERIFY_H
#define NPURT_VERIFY_H

#include "bundle.h"

/* All plans of conv `index` of a bundle that npub_open() accepted. */
enum npurt_err npurt_verify_conv(const struct npub *b, uint32_t index,
				 struct npurt_error *error);

#endif
