/* A hand-made bundle on the device that records calls and answers as told. */
#ifndef TESTS_TINY_FIXTURE_H
#define TESTS_TINY_FIXTURE_H

#include "fake_device.h"
#include "tiny.h"

struct tiny_fixture {
	struct fake_device device; /* gives `output` at each submit */
	struct tiny tiny;
	uint8_t *blob;
	size_t bytes;
	uint8_t output[4096]; /* what the conv must give; int8: zeros */
};

struct tiny_fixture *tiny_setup(const struct tiny_options *o);

/* Fails when a buffer is still there. */
void tiny_teardown(struct tiny_fixture *f);

#endif
