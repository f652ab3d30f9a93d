/* Tokens to conv problems.  No arithmetic and no limits: attr.c and check.c. */
%code requires {
#include "parse.h"
}

%code {
#include "conv.lex.h"
#include "conv.tab.h"

static void yyerror(const YYLTYPE *loc, struct parse *parse, void *scanner,
		    const char *message);
static void begin(struct parse *parse, const struct draft *defaults, struct loc loc);
static void begin_broken(struct parse *parse, struct loc loc);
static void set_defaults(struct parse *parse);
static void add_conv(struct parse *parse);
static void set_attr(struct parse *parse, struct str word, struct loc loc);
static void set_name(struct parse *parse, struct str name, struct loc loc);
static void set_slug(struct parse *parse, struct str slug, struct loc loc);
static void add_value(struct parse *parse, enum value_kind kind, struct str text,
		      struct loc loc);
static void unknown_statement(struct parse *parse, struct str word, struct loc loc);
static void not_closed(struct parse *parse, struct str word, struct loc loc);

/* The place of a rule is that of its first symbol: it is where messages point. */
#define YYLLOC_DEFAULT(current, rhs, n) ((current) = (n) ? YYRHSLOC(rhs, 1) : YYRHSLOC(rhs, 0))
}

%define api.pure full
%define api.prefix {conv_yy}
%define api.token.prefix {CONV_}
%define api.value.type {union conv_value_token}
%define api.location.type {struct loc}
%define parse.error custom
%locations
%expect 0
%parse-param { struct parse *parse } { void *scanner }
%lex-param { void *scanner }

%initial-action { @$ = (struct loc){ parse->reader->file->source, 1, 1, 1 }; }

%token <text> NUMBER "number"
%token <text> STRING "string"
%token <text> WORD "word"
%token <text> SLUG "slug"
%token <text> CONV "'conv'"
%token <text> DEFAULTS "'defaults'"
%token <text> INCLUDE "'include'"
%token OPEN "'{'"
%token CLOSE "'}'"
%token EOL "end of the line"
%token BROKEN "broken string"
%token YYEOF 0 "end of the file"

%%

file:
	line
|	file eol line
;

/* An error ends with its line: the next one is reported again. */
eol:
	EOL			{ yyerrok; }
;

line:
	%empty
|	INCLUDE STRING		{ reader_include(parse->reader, $2, @2); }
|	defaults_head eols block { set_defaults(parse); }
|	conv			{ add_conv(parse); }
|	other values		{ draft_free(&parse->draft); }
|	other values block	{ draft_free(&parse->draft); }
|	broken
|	broken block		{ draft_free(&parse->draft); }
;

/* Go on at a block or at the end of the line, so that a bad name hides no attribute. */
broken:
	error			{ begin_broken(parse, @1); }
|	conv_head error		{ begin_broken(parse, @1); }
|	defaults_head error	{ begin_broken(parse, @1); }
|	INCLUDE error		{ begin_broken(parse, @1); }
;

defaults_head:
	DEFAULTS		{ begin(parse, &parse->reader->defaults, @1); }
;

conv:
	conv_head eols block
|	conv_head name eols block
|	conv_head slug
|	conv_head slug block
|	conv_head name slug
|	conv_head name slug block
|	bare_slug
|	bare_slug block
;

conv_head:
	CONV			{ begin(parse, &parse->reader->defaults, @1); }
;

name:
	WORD			{ set_name(parse, $1, @1); }
|	STRING			{ set_name(parse, $1, @1); }
;

slug:
	SLUG			{ set_slug(parse, $1, @1); }
;

bare_slug:
	SLUG	{
		begin(parse, &parse->reader->defaults, @1);
		set_slug(parse, $1, @1);
	}
;

other:
	WORD	{
		begin(parse, &parse->reader->defaults, @1);
		unknown_statement(parse, $1, @1);
	}
;

eols:
	%empty
|	eols EOL
;

block:
	open attrs CLOSE	{ parse->block.line = 0; }
;

open:
	OPEN			{ parse->block = @1; }
;

attrs:
	attr
|	attrs eol attr
;

attr:
	%empty
|	WORD values		{ set_attr(parse, $1, @1); }
|	CONV			{ not_closed(parse, $1, @1); YYABORT; }
|	DEFAULTS		{ not_closed(parse, $1, @1); YYABORT; }
|	INCLUDE			{ not_closed(parse, $1, @1); YYABORT; }
|	error
;

values:
	%empty			{ values_clear(&parse->values); }
|	values NUMBER		{ add_value(parse, VALUE_NUMBER, $2, @2); }
|	values STRING		{ add_value(parse, VALUE_STRING, $2, @2); }
|	values WORD		{ add_value(parse, VALUE_WORD, $2, @2); }
|	values BROKEN		{ parse->values.bad = true; }
;

%%

/* Most alternatives a message names. */
#define MAX_EXPECTED 4
#define EXPECTED_BYTES 128

/* Only reached when memory runs out: messages are made in yyreport_syntax_error(). */
static void yyerror(const YYLTYPE *loc, struct parse *parse, void *scanner,
		    const char *message)
{
	(void)scanner;
	diag_error(parse->reader->diag, *loc, NULL, "%s", message);
}

static int yyreport_syntax_error(const yypcontext_t *context, struct parse *parse,
				 void *scanner)
{
	yysymbol_kind_t token = yypcontext_token(context), expected[MAX_EXPECTED];
	struct loc loc = *yypcontext_location(context);
	struct diag *diag = parse->reader->diag;
	int count = yypcontext_expected_tokens(context, expected, MAX_EXPECTED);
	char list[EXPECTED_BYTES] = "";
	size_t used = 0;

	(void)scanner;
	if (token == YYSYMBOL_BROKEN)
		return 0;
	for (int i = 0; i < count && used < sizeof list; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
					 i == 0 ? ", expected " : " or ",
					 yysymbol_name(expected[i]));
	diag_error(diag, loc, NULL, "unexpected %s%s", yysymbol_name(token), list);
	if (parse->block.line && token == YYSYMBOL_YYEOF)
		diag_note(diag, parse->block, "the block opened here is not closed");
	return 0;
}

static void begin(struct parse *parse, const struct draft *defaults, struct loc loc)
{
	draft_free(&parse->draft);
	draft_init(&parse->draft, defaults, loc);
}

/* A block whose head is wrong is read for its errors only. */
static void begin_broken(struct parse *parse, struct loc loc)
{
	parse->block.line = 0;
	begin(parse, NULL, loc);
}

static void set_defaults(struct parse *parse)
{
	draft_free(&parse->reader->defaults);
	parse->reader->defaults = parse->draft;
	draft_init(&parse->draft, NULL, (struct loc){ 0 });
}

static void add_conv(struct parse *parse)
{
	reader_add_conv(parse->reader, &parse->draft);
	draft_free(&parse->draft);
}

static void set_attr(struct parse *parse, struct str word, struct loc loc)
{
	struct attr_context context = reader_context(parse->reader, &parse->draft);

	attr_set(&context, word, loc, &parse->values);
}

static void set_name(struct parse *parse, struct str name, struct loc loc)
{
	struct attr_context context = reader_context(parse->reader, &parse->draft);

	attr_set_name(&context, name, loc);
}

static void set_slug(struct parse *parse, struct str slug, struct loc loc)
{
	struct attr_context context = reader_context(parse->reader, &parse->draft);

	slug_read(&context, slug, loc);
}

static void add_value(struct parse *parse, enum value_kind kind, struct str text,
		      struct loc loc)
{
	struct value v = { .kind = kind, .loc = loc, .text = text };

	if (kind == VALUE_NUMBER)
		values_add_numbers(&parse->values, text, loc, parse->reader->diag);
	else
		values_add(&parse->values, &v, parse->reader->diag);
}

static void unknown_statement(struct parse *parse, struct str word, struct loc loc)
{
	static const char *const words[] = { "conv", "defaults", "include" };
	struct diag *diag = parse->reader->diag;

	if (attr_exists(word)) {
		diag_error(diag, loc, NULL, "'%.*s' stands outside of any block",
			   STR_ARGS(word));
		diag_note(diag, loc, "put it into a conv or into 'defaults { ... }'");
		return;
	}
	diag_error(diag, loc, NULL, "unknown word '%.*s'", STR_ARGS(word));
	note_nearest(diag, loc, word, words, sizeof words / sizeof words[0]);
}

static void not_closed(struct parse *parse, struct str word, struct loc loc)
{
	diag_error(parse->reader->diag, loc, NULL, "'%.*s' inside a block", STR_ARGS(word));
	diag_note(parse->reader->diag, parse->block, "the block opened here is not closed");
}

void conv_text_read(struct reader *reader)
{
	struct parse parse = { .reader = reader,
			       .place = { reader->file->source, 1, 1, 1 } };
	yyscan_t scanner;

	if (conv_yylex_init_extra(&parse, &scanner) != 0)
		mem_out();
	draft_init(&parse.draft, NULL, parse.place);
	if (!conv_yy_scan_bytes(reader->file->text.at, (int)reader->file->text.bytes, scanner))
		mem_out();
	conv_yyparse(&parse, scanner);
	conv_yylex_destroy(scanner);
	draft_free(&parse.draft);
}
