/* The operator's limits: each is met at its edge, and beyond it named with its place. */
#include <string.h>

#include "reading.h"

#define SHAPE "input 8x20x30; output 16; kernel 3x5; "
#define A "conv a { " SHAPE
#define I A "type int8; "
#define W I "output_type int32; "
#define P "conv a { input 3x20x30; output 16; kernel 3x5; "
#define PI P "type int8; "
#define J                                                                                \
	"{\"convs\": [{\"input\": \"3x9x7\", \"output\": 2, \"kernel\": 1, \"type\": "   \
	"\"int8\", "

static const char *const accepted[] = {
	I "input_quant scale 1e-30 zero -128; output_quant scale 1e30 zero 127 }",
	I "input_quant scale 1 zero 0 uint8; output_quant scale 1 zero 255 uint8 }",
	I "weight_quant scale 1 zero -128 }",
	I "activation leaky 0 }",
	I "activation leaky 1 }",
	I "activation clip 0 1e30; add }",
	A "activation clip 0 1e-30; add }",
	W "weight_quant scale 1 zero 0; bias seed; input_quant scale 1 zero 3 }",
	W "bn_scale seed; bn_shift seed }",
	P "input_mean -1e30 0 1e30; input_std 1e-30 1 1e30 }",
	P "input_mean 0; pad 1 }",
	P "input_std 3; pad 1 }",
	PI "input_mean 255.5 254.5 255; pad 1 }",
	PI "input_mean -0.5 0.5 0; pad 1 }",
	PI "input_mean 1 2 3 }",
};

static const struct {
	const char *name, *text, *message;
} refused[] = {
	/* values */
	{ "scale 0", I "input_quant scale 0 }",
	  "t.conv:1:77: error: scale 0 is out of range [scale-range]" },
	{ "negative scale", I "output_quant scale -0.5 }",
	  "scale -0.5 is out of range [scale-range]" },
	{ "small scale", I "weight_quant scale 9e-31 }", "[scale-range]" },
	{ "large scale", I "add scale 1.1e30 }", "[scale-range]" },
	{ "zero point of int8", I "input_quant scale 1 zero 128 }",
	  "t.conv:1:84: error: zero point 128 is out of range [zero-point-range]" },
	{ "low zero point of int8", I "input_quant scale 1 zero -129 }",
	  "zero point -129 is out of range [zero-point-range]" },
	{ "zero point of bytes", I "output_quant uint8 scale 1 zero 256 }",
	  "it can be 0 to 255: it is a stored byte" },
	{ "low zero point of bytes", I "output_quant scale 1 zero -1 uint8 }",
	  "zero point -1 is out of range [zero-point-range]" },
	{ "zero point beyond 64 bits", I "add scale 1 zero 99999999999999999999 }",
	  "[zero-point-range]" },
	{ "zero point of weights", I "weight_quant scale 1 zero 128 }",
	  "[zero-point-range]" },
	{ "fraction as a zero point", I "input_quant scale 1 zero 2.0 }",
	  "t.conv:1:84: error: '2.0' is not a whole number" },
	{ "both are wrong", I "input_quant scale 0 zero 300 }", "[zero-point-range]" },
	{ "slope", I "activation leaky 1.5 }",
	  "t.conv:1:76: error: slope 1.5 is out of range [activation-range]" },
	{ "negative slope", I "activation leaky -0.1 }", "[activation-range]" },
	{ "clip upside down", A "activation clip 0 -1 }",
	  "clip 0 -1 is out of range [activation-range]" },
	{ "clip to one value", A "activation clip 0 0 }", "[activation-range]" },
	{ "clip far away", A "activation clip 0 1e31 }", "[activation-range]" },
	{ "deviation 0", P "input_std 0 }",
	  "input deviation 0 is out of range [pixel-range]" },
	{ "far mean", P "input_mean 2e30 }", "[pixel-range]" },
	/* words */
	{ "no scale", I "input_quant zero 3 }", "'input_quant' takes a scale" },
	{ "nothing at all", I "input_quant }", "'input_quant' takes a scale" },
	{ "numbers without words", I "input_quant 0.5 3 }",
	  "'input_quant' does not take '0.5'" },
	{ "a word without its number", I "input_quant scale }",
	  "'input_quant' takes a number after 'scale'" },
	{ "a wrong word", I "input_quant scael 1 }", "note: did you mean 'scale'?" },
	{ "a word twice", I "input_quant scale 1 scale 2 }",
	  "t.conv:1:79: error: 'scale' given twice [given-twice]" },
	{ "uint8 twice", I "input_quant uint8 scale 1 uint8 }",
	  "'uint8' given twice [given-twice]" },
	{ "an attribute twice", I "add; add scale 1 }",
	  "addition given twice [given-twice]" },
	{ "automatic input", I "input_quant auto }",
	  "'input_quant' does not take 'auto'" },
	{ "weights as bytes", I "weight_quant scale 1 uint8 }",
	  "'weight_quant' does not take 'uint8'" },
	{ "a wrong word of weights", I "weight_quant per_chanel }",
	  "note: did you mean 'per_channel'?" },
	{ "two words of weights", I "weight_quant per_tensor per_channel }",
	  "'weight_quant' does not take 'per_channel'" },
	{ "no scale of weights", I "weight_quant }",
	  "'weight_quant' takes 'per_channel', 'per_tensor', a scale or a file" },
	{ "scales that are no file", I "weight_quant \"s.bin\" }",
	  "'s.bin' is no file of tensors" },
	{ "three files", I "weight_quant \"s.npy\" \"z.npy\" \"t.npy\" }",
	  "'weight_quant' takes a file of scales and one of zero points" },
	{ "which zero points", I "weight_quant \"s.npy\" \"z.safetensors\" }",
	  "which tensor of 'z.safetensors' is not said" },
	{ "a number after a file", I "weight_quant \"s.npy\" 3 }",
	  "'weight_quant' takes a file of scales and one of zero points" },
	{ "no activation", A "activation }", "'activation' takes the function's name" },
	{ "a wrong activation", A "activation rleu }", "note: did you mean 'relu'?" },
	{ "relu with a number", A "activation relu 6 }",
	  "'activation' does not take '6'" },
	{ "clip without numbers", A "activation clip 6 }",
	  "'activation' takes the lowest and the highest value after 'clip'" },
	{ "leaky without a number", A "activation leaky }",
	  "'activation' takes the slope of negative values after 'leaky'" },
	{ "five means", P "input_mean 1 2 3 4 5 }", "'input_mean' takes 1 to 4 numbers" },
	{ "no deviation", P "input_std }", "'input_std' takes 1 to 4 numbers" },
	{ "a word of batch norm", A "bn_scale sed 3 }", "note: did you mean 'seed'?" },
	{ "a fraction as a seed", A "bn_shift seed 1.5 }",
	  "'1.5' is not a whole number" },
	{ "a fraction as a size", "conv a { input 3x9x7; output 2.0; kernel 1 }",
	  "t.conv:1:30: error: '2.0' is not a whole number" },
	{ "a fraction after an axis", A "stride y 1.5 }",
	  "t.conv:1:57: error: '1.5' is not a whole number" },
	{ "a point without digits", A "activation clip 0 .5 }", "'.5' is not a number" },
	{ "a point without more digits", A "activation clip 0 5. }",
	  "'5.' is not a number" },
	{ "an exponent without digits", A "activation clip 0 5e }",
	  "'5e' is not a number" },
	{ "a number beyond all", A "activation clip 0 1e999 }",
	  "t.conv:1:66: error: 1e999 is out of range [number-range]" },
	{ "a number below all", A "activation clip 0 1e-999 }", "[number-range]" },
	/* what cannot be had together */
	{ "sigmoid", A "activation sigmoid }",
	  "t.conv:1:59: error: activation sigmoid is not supported "
	  "[activation-support]" },
	{ "hardswish", I "activation hardswish }", "[activation-support]" },
	{ "tanh", I "activation tanh }", "activation tanh is not supported" },
	{ "prelu", I "activation prelu \"slopes.npy\" }", "one slope for all is 'leaky'" },
	{ "leaky in fp16", A "activation leaky 0.1 }",
	  "activation leaky is not supported for type fp16 [activation-support]" },
	{ "leaky and add", I "activation leaky 0.1; add }",
	  "activation leaky is not supported after an addition [activation-support]" },
	{ "clip from below", A "activation clip -1 1 }",
	  "clip from -1 is not supported [activation-support]" },
	{ "fp32 and add", A "output_type fp32; add }",
	  "addition with type fp16 and output type fp32 [add-type]" },
	{ "int32 and add", W "add }", "[add-type]" },
	{ "int32 and relu", W "activation relu }",
	  "int32 output with an activation [int32-output]" },
	{ "int32 and scales by channel", W "weight_quant per_channel }",
	  "int32 output with a weight scale for each channel [int32-output]" },
	{ "int32 and a file of scales", W "weight_quant \"s.npy\" }",
	  "int32 output with a weight scale for each channel [int32-output]" },
	{ "int32 and asymmetric weights", W "weight_quant scale 1 zero 1 }",
	  "int32 output with a zero point of the weights [int32-output]" },
	{ "int32 and an output scale", W "output_quant scale 1 }",
	  "int32 output with an output quantisation [int32-output]" },
	{ "int32 and depthwise",
	  "conv a { input 8x9x7; output 8; kernel 3; groups 8; type int8; output_type "
	  "int32 }",
	  "int32 output with a depthwise conv [int32-output]" },
	{ "fp16 and an input scale", A "input_quant scale 1 }",
	  "t.conv:1:48: error: input quantisation of a conv in fp16 [quant-type]" },
	{ "fp16 and an output scale", A "output_quant scale 1 }", "[quant-type]" },
	{ "fp16 and a weight scale", A "weight_quant per_tensor }", "[quant-type]" },
	{ "fp16 and an operand scale", A "add scale 1 }",
	  "quantisation of the operand of a conv in fp16 [quant-type]" },
	{ "more channels than pixels have", A "input_mean 1 }",
	  "input mean of 8 channels [pixel-channels]" },
	{ "deviation of many channels", A "input_std 1 }",
	  "input deviation of 8 channels [pixel-channels]" },
	{ "means of other channels", P "input_mean 1 2 }",
	  "input mean has 2 numbers [pixel-channels]" },
	{ "deviations of other channels", P "input_std 1 2 3 4 }",
	  "input deviation has 4 numbers [pixel-channels]" },
	{ "pixels with a scale", PI "input_mean 1; input_quant scale 1 }",
	  "input quantisation with input mean [pixel-quant]" },
	{ "padding of several means", PI "pad 1; input_mean 100 101 102 }",
	  "input mean with padding [pixel-pad]" },
	{ "padding that is no byte", PI "pad 1; input_mean 256 }", "[pixel-pad]" },
	{ "padding below bytes", PI "pad 0 0 0 1; input_mean -1 }", "[pixel-pad]" },
	{ "padding of fp16 pixels", P "pad same; input_mean 1 }", "[pixel-pad]" },
	/* JSON */
	{ "an array in an array", J "\"activation\": [\"clip\", [0, 6]]}]}",
	  "activation is an array" },
	{ "an object in an object", J "\"input_quant\": {\"scale\": {\"a\": 1}}}]}",
	  "input_quant is an object" },
	{ "true where there is no word", J "\"input_quant\": true}]}",
	  "input_quant is true" },
	{ "a word that takes a number", J "\"input_quant\": {\"scale\": true}}]}",
	  "'input_quant' takes a number after 'scale'" },
	{ "a wrong key", J "\"input_quant\": {\"scael\": 1}}]}",
	  "note: did you mean 'scale'?" },
	{ "a number out of range", J "\"input_quant\": {\"scale\": 1, \"zero\": 128}}]}",
	  "t.conv:1:109: error: zero point 128 is out of range [zero-point-range]" },
	{ "a fraction in a string", J "\"seed\": \"1.5\"}]}",
	  "'1.5' is not a whole number" },
};

static void test_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
		struct reading r;

		reading_of(&r, accepted[i]);
		if (r.errors)
			fail_msg("%s: %s", accepted[i], r.messages);
		reading_free(&r);
	}
}

static void test_refused(void **state)
{
	uint32_t missed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct reading r;

		reading_of(&r, refused[i].text);
		if (!r.errors || !strstr(r.messages, refused[i].message)) {
			print_error("%s: no '%s' in\n%s\n", refused[i].name,
				    refused[i].message, r.messages);
			missed++;
		}
		reading_free(&r);
	}
	assert_int_equal(missed, 0);
}

/* The largest sum of int8 products fits 32 bits; one product more is refused. */
static void test_accumulator(void **state)
{
	static const struct {
		const char *shape;
		bool fits;
	} cases[] = {
		/* 4,228 * 31 = 131,068 and 18,724 * 7 = 131,068 products */
		{ "input 4228x31x3; output 16; kernel 31x1", true },
		{ "input 4229x31x3; output 16; kernel 31x1", false },
		{ "input 18724x7x3; output 16; kernel 7x1", true },
		{ "input 18725x7x3; output 16; kernel 7x1", false },
		{ "input 18726x7x3; output 16; kernel 7x1; groups 2", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[160];
		struct reading r;

		snprintf(text, sizeof text, "conv a { type int8; %s }", cases[i].shape);
		reading_of(&r, text);
		if (cases[i].fits ? r.errors != 0
				  : !strstr(r.messages, "products [accumulator]"))
			fail_msg("%s: %s", text, r.messages);
		reading_free(&r);
		snprintf(text, sizeof text, "conv a { %s }", cases[i].shape);
		reading_of(&r, text);
		if (r.errors)
			fail_msg("%s: %s", text, r.messages);
		reading_free(&r);
	}
}

/* An operand takes as much as the output, twice: the same batch no longer fits. */
static void test_memory(void **state)
{
	static const struct {
		const char *rest;
		uint32_t largest;
	} cases[] = {
		{ "}", 127 },
		{ "add }", 85 },
		{ "type int8; weight_quant per_tensor }", 255 },
		{ "type int8; weight_quant per_tensor; add }", 170 },
		{ "type int8; weight_quant per_tensor; output_type int32 }", 102 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (uint32_t more = 0; more < 2; more++) {
			char text[160];
			struct reading r;

			snprintf(text, sizeof text,
				 "conv a { batch %u; input 64x256x256; output 64; kernel "
				 "1; %s",
				 cases[i].largest + more, cases[i].rest);
			reading_of(&r, text);
			if (more ? !strstr(r.messages, "[memory]") : r.errors != 0)
				fail_msg("%s: %s", text, r.messages);
			reading_free(&r);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_accumulator),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
