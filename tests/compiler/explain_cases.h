/*
 * Convs of every kind whose explanations are tested.
 */
#ifndef EXPLAIN_CASES_H
#define EXPLAIN_CASES_H

#include "explain_fixture.h"

#define ALL_CORES ((1u << NPU_MAX_CORES) - 1)

/* clang-format off */
static const struct {
	const char *name, *spec;
	uint32_t core_mask;
} explain_cases[] = {
	{ "streamed weights", "conv { input 160x40x40; output 320; kernel 3 }", ALL_CORES },
	{ "rows are cut", "conv { input 64x80x81; output 64; kernel 3; pad 1 }", ALL_CORES },
	{ "whole", "conv { input 24x13x7; output 40; kernel 1; bias seed 3 }", ALL_CORES },
	{ "picture", "conv { input 3x224x219; output 32; kernel 3; stride 2 }", ALL_CORES },
	{ "grey picture", "conv { input 1x31x29; output 5; kernel 5x3; pad 2 1 }", ALL_CORES },
	{ "depthwise", "conv { input 144x56x57; output 144; groups 144; kernel 3; pad 1 }", ALL_CORES },
	{ "depthwise, rows too", "conv { input 96x150x149; output 96; groups 96; kernel 5; stride 2 }", ALL_CORES },
	{ "grouped", "conv { input 48x20x11; output 60; groups 3; kernel 3 }", ALL_CORES },
	{ "batch", "conv { input 13x17x19; output 29; kernel 3x2; batch 3 }", ALL_CORES },
	{ "pinned", "conv { input 64x30x31; output 80; kernel 3; split y 3 k 2 }", ALL_CORES },
	{ "dilated, wide output", "conv { input 32x40x20; output 24; kernel 3; dilation 2 3; output_type fp32 }", ALL_CORES },
	{ "one element", "conv { input 1x1x1; output 1; kernel 1 }", ALL_CORES },
	{ "two cores only", "conv { input 16x5x5; output 16; kernel 1 }", 2u },
	{ "three cores only", "conv { input 256x14x14; output 512; kernel 1 }", 4u },
	{ "int8", "conv { type int8; input 40x14x14; output 37; kernel 3; pad 1; bias seed; input_quant scale 0.02 zero -3 }", ALL_CORES },
	{ "int8, clip", "conv { type int8; input 32x20x20; output 64; kernel 1; activation clip 0 2; output_quant scale 0.02 zero -100 }", ALL_CORES },
	{ "int8, one scale", "conv { type int8; input 17x14x14; output 24; kernel 3; weight_quant scale 0.01 zero 3; input_quant scale 0.05 zero 30 uint8; activation relu }", ALL_CORES },
	{ "int8, addition", "conv { type int8; input 40x30x30; output 36; kernel 3; add scale 0.1 zero 5; activation relu }", ALL_CORES },
	{ "int8, leaky", "conv { type int8; input 72x15x15; output 72; groups 72; kernel 3; activation leaky 0.1; bn_scale seed; bn_shift seed }", ALL_CORES },
	{ "int8 to int32", "conv { type int8; output_type int32; input 48x9x9; output 40; kernel 3 }", ALL_CORES },
	{ "pixels", "conv { type int8; input 3x32x30; output 20; kernel 3; stride 2; input_mean 123.675 116.28 103.53; input_std 58.395 57.12 57.375 }", ALL_CORES },
	{ "fp16, fused", "conv { input 40x30x30; output 36; kernel 3; bias seed; add; activation relu6; bn_scale seed }", ALL_CORES },
	{ "many tiles", "conv { input 512x100x300; output 512; groups 512; kernel 3 }", ALL_CORES },
};
/* clang-format on */
#define EXPLAIN_CASES (sizeof explain_cases / sizeof explain_cases[0])

#endif
