/* The blocks of one recording, as far as they are sound: found by reading their heads alone. */
#ifndef SKT_RECORD_FILE_H
#define SKT_RECORD_FILE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"
#include "record/format.h"

struct skt_record_place {
	uint64_t offset; /* of the bytes behind the head */
	struct skt_record_block block;
};

struct skt_record_index {
	SKT_VEC(struct skt_record_place) places;
	uint64_t sound; /* how many bytes of the file were read */
	uint64_t size;  /* how many it has */
};

/*
 * Reads the heads in FD, which PATH names, into RET (zero-initialised). What is behind the first
 * that is damaged or cut short is not there: RET->sound is below RET->size. An empty file has no
 * blocks, and is sound. Errors: -EBADMSG (not a recording), -EPROTONOSUPPORT (of a newer version,
 * or another byte order), of read(2), -ENOMEM; ERR names PATH. skt_record_index_fini() in any case.
 */
int skt_record_index_read(
	int fd, const char *path, struct skt_record_index *ret, struct skt_err *err);
void skt_record_index_fini(struct skt_record_index *index);

/* The bytes of PLACE into a buffer that the caller frees. -EBADMSG: they are damaged; -ENOMEM. */
int skt_record_place_read(int fd, const struct skt_record_place *place, unsigned char **ret);

#endif
