/*
 * Writes looks to a recording (format.h): the first one whole, then how each differs from the one
 * before, and now and then one whole again. Each is in the file once the call is back, whatever
 * becomes of this process.
 */
#ifndef SKT_RECORD_WRITER_H
#define SKT_RECORD_WRITER_H

#include <stdbool.h>

#include "base/err.h"
#include "record/look.h"

struct skt_record_writer;

enum { SKT_RECORD_KEY_EVERY = 720 /* looks, between two that are whole */ };

/*
 * Opens PATH to go on behind what is sound in it, or makes it, for this user alone (0600). Errors:
 * those of open(2), -EBUSY: somebody else records there; as skt_record_index_read(). ERR says so.
 */
int skt_record_writer_open(const char *path, struct skt_record_writer **ret, struct skt_err *err);

/*
 * Writes LOOK, sorted, which is the writer's from now on in any case. Errors: those of write(2);
 * then nothing of it is in the file, and the next look is a whole one.
 */
int skt_record_writer_look(
	struct skt_record_writer *writer, struct skt_look *look, struct skt_err *err);

/* Writes what ended since the last look: EVENTS is sorted, and stays the caller's. The same. */
int skt_record_writer_events(
	struct skt_record_writer *writer, const struct skt_look *events, struct skt_err *err);

/* The look that was written last, or an empty one. */
const struct skt_look *skt_record_writer_last(const struct skt_record_writer *writer);

/* How many bytes the file has. */
uint64_t skt_record_writer_size(const struct skt_record_writer *writer);

/* NULL is nothing. */
void skt_record_writer_close(struct skt_record_writer *writer);

#endif
