/* A part of a line that is longer than a terminal. */
#ifndef SKT_OUT_WINDOW_H
#define SKT_OUT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/*
 * Appends of the LEN bytes at TEXT, a line of a table (table.c), the terminal columns from LEFT on,
 * WIDTH of them at the most. A wide character that is cut through is a blank. SGR sequences
 * (ECMA-48, the only ones that such a line has) take no room; where they are WANTED all of them are
 * appended, so that what is on is on, and what is off is off, behind the window too.
 */
void skt_window_add(
	struct skt_str *out, const char *text, size_t len, size_t left, size_t width, bool wanted);

/* The terminal columns that TEXT takes, sequences left aside. */
size_t skt_window_width(const char *text, size_t len);

#endif
