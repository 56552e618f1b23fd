/* Who holds a socket, as an item of a column: processes and threads. */
#ifndef SKT_CMD_LISTING_HOLDER_H
#define SKT_CMD_LISTING_HOLDER_H

#include "out/column.h"
#include "proc/owner.h"

/* Columns of one thread; and its text: name[tid]. */
extern const struct skt_column skt_thread_columns[];
void skt_thread_text(struct skt_str *out, const void *thread);

/* Columns of one holder, for SKT_TYPE_LIST columns; its text, name[pid]:descriptor, and a brief
 * one, name[pid]. */
extern const struct skt_column skt_holder_columns[];
void skt_holder_text(struct skt_str *out, const void *holder);
void skt_holder_brief(struct skt_str *out, const void *holder);

#endif
