/* Reads what was recorded: one file, or all of a directory, at any moment or over a time. */
#ifndef SKT_RECORD_READER_H
#define SKT_RECORD_READER_H

#include <stdbool.h>

#include "base/err.h"
#include "record/look.h"

/* What files of recordings end in, in a directory. */
#define SKT_RECORD_SUFFIX ".sockrec"

struct skt_record_reader;

/*
 * Opens PATH: a recording, or a directory, of which the files with SKT_RECORD_SUFFIX are read in
 * the order of their names. Errors: of open(2); -EBADMSG, -EPROTONOSUPPORT
 * (skt_record_index_read()); -ENODATA: nothing is recorded in it; -EOPNOTSUPP: packed, and this
 * build cannot unpack. ERR.
 */
int skt_record_reader_open(const char *path, struct skt_record_reader **ret, struct skt_err *err);

/* NULL is nothing. */
void skt_record_reader_close(struct skt_record_reader *reader);

/* When the first and the last look were taken, CLOCK_REALTIME. */
void skt_record_reader_span(
	const struct skt_record_reader *reader, uint64_t *ret_first_ns, uint64_t *ret_last_ns);

/*
 * What is known of the moment REAL_NS: the last look that is not after it, without what had ended
 * by then, in RET, which is empty. Where the clock was set meanwhile and there are several such
 * moments, the last one counts. -ENODATA: there is none as early; -EBADMSG: it is damaged; -ENOMEM.
 */
int skt_record_reader_at(struct skt_record_reader *reader, uint64_t real_ns, struct skt_look *ret,
	struct skt_err *err);

/*
 * All that was there at any moment from FROM_NS to TO_NS, each as it was seen last, with the
 * figures of its end where that was told. RET has the times of the last look. The same errors.
 */
int skt_record_reader_between(struct skt_record_reader *reader, uint64_t from_ns, uint64_t to_ns,
	struct skt_look *ret, struct skt_err *err);

/*
 * Calls TELL for each file that is damaged, or was so when it was looked at: from the byte SOUND
 * of SIZE on it was not read.
 */
void skt_record_reader_damage(const struct skt_record_reader *reader,
	void (*tell)(const char *path, uint64_t sound, uint64_t size, void *ctx), void *ctx);

#endif
