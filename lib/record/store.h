/*
 * Where a recording goes: one file that grows, or files in a directory, each begun after the other,
 * of which the oldest are removed, so that all of them keep to a bound.
 */
#ifndef SKT_RECORD_STORE_H
#define SKT_RECORD_STORE_H

#include <stdbool.h>

#include "base/err.h"
#include "record/look.h"

/* Every bound that is 0 is none. A file is full at an eighth of it. */
struct skt_record_keep {
	uint64_t bytes;
	uint64_t ns;
};

struct skt_record_store;

/*
 * PATH: a file; or a directory, which it is if it is one, ends in a slash, or KEEP has a bound.
 * What is missing is made (0600, 0700). Errors: as skt_record_writer_open(); -ENOTDIR. ERR says so.
 */
int skt_record_store_open(const char *path, const struct skt_record_keep *keep,
	struct skt_record_store **ret, struct skt_err *err);

/* As skt_record_writer_look() and _events(), and skt_record_writer_last(). */
int skt_record_store_look(
	struct skt_record_store *store, struct skt_look *look, struct skt_err *err);
int skt_record_store_events(
	struct skt_record_store *store, const struct skt_look *events, struct skt_err *err);
const struct skt_look *skt_record_store_last(const struct skt_record_store *store);

/* NULL is nothing. */
void skt_record_store_close(struct skt_record_store *store);

#endif
