/*
 * Blocks of bytes made smaller, each with what it has in common with those before it: one stream
 * from one restart to the next, flushed behind each block, so that each can be read once it is
 * there. By libzstd, where this was built with it.
 */
#ifndef SKT_RECORD_PACK_H
#define SKT_RECORD_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct skt_pack;

/* Why blocks cannot be packed or unpacked here, in words; NULL: they can. */
const char *skt_pack_lacks(void);

/* To write, or to read. -ENOMEM; -EOPNOTSUPP. */
int skt_pack_new(bool reads, struct skt_pack **ret);
void skt_pack_free(struct skt_pack *pack);

/* Begins anew: what comes has nothing to do with what was. */
void skt_pack_restart(struct skt_pack *pack);

/* Adds LEN BYTES, packed, to OUT. -ENOMEM; -EIO. */
int skt_pack_add(struct skt_pack *pack, const void *bytes, size_t len, struct skt_str *out);

/* Unpacks LEN BYTES, which become exactly RAW_LEN, to OUT. -EBADMSG where they do not; -ENOMEM. */
int skt_pack_take(
	struct skt_pack *pack, const void *bytes, size_t len, size_t raw_len, struct skt_str *out);

#endif
