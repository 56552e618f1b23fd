/* Files of /proc/net that are tables: a line of titles, then one line for each socket. */
#ifndef SKT_DIAG_PROC_TABLE_H
#define SKT_DIAG_PROC_TABLE_H

#include <stddef.h>

#include "base/err.h"

/*
 * Takes one line (no newline). Negative: stop, and hand this back to the caller;
 * SKT_PROC_TABLE_BAD: the line is not of the form.
 */
typedef int skt_proc_line_fn(const char *line, size_t len, void *ctx);
enum { SKT_PROC_TABLE_BAD = 1 };

/*
 * Hands every line of PROC_ROOT/net/NAME but the first to FN. A file that is missing is -ENOENT.
 * *ret_bad: lines that were bad, or longer than any that the kernel writes.
 */
int skt_proc_table_read(const char *proc_root, const char *name, skt_proc_line_fn *fn, void *ctx,
	size_t *ret_bad, struct skt_err *err);

#endif
