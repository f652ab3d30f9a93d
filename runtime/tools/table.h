/*
 * Aligned text tables: cells are collected, then printed with each column as wide
 * as its widest cell.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdio.h>

struct table;

/*
 * `heads`: column heads split by '|'; one that starts with '>' is aligned to the
 * right, as numbers are: "name|>bytes|role".  Aborts the program when out of memory,
 * as all of this module does: a listing that lacks lines is worse than none.
 */
struct table *table_new(const char *heads);

/* Append a cell; rows follow from the number of columns. */
void table_cell(struct table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Print with `indent` blanks before each line, and free. */
void table_end(struct table *t, FILE *out, int indent);

#endif
