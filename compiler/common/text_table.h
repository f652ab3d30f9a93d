/*
 * Aligned text for people: tables and numbers.
 */
#ifndef TEXT_TABLE_H
#define TEXT_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TEXT_NUMBER_BYTES 32u

struct text_table;

/*
 * `heads`: column heads split by '|'; one that starts with '>' is aligned to the
 * right, as numbers are: "name|>bytes|role".  Out of memory, this module writes
 * the cells that it has and no more; text_table_end() takes NULL.
 */
struct text_table *text_table_new(const char *heads);

/* Append a cell; rows follow from the number of columns. */
void text_cell(struct text_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A line of its own among the rows, not in columns; begins a row. */
void text_line(struct text_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Print with `indent` blanks before each line, and free.  Columns stand two blanks
 * apart, or one when lines would be longer than `max_columns`.
 */
void text_table_end(struct text_table *t, FILE *out, int indent, int max_columns);

/* Columns that a text in UTF-8 takes: its characters, however many bytes they have. */
size_t text_columns(const char *text);

/* 1234567 as "1,234,567". */
const char *text_number(char buf[TEXT_NUMBER_BYTES], uint64_t value);

/* Bytes as "900.0 KiB", "" below 1024. */
const char *text_size(char buf[TEXT_NUMBER_BYTES], uint64_t bytes);

#endif
