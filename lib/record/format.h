/*
 * The file of a recording, version 1. Numbers are in the byte order of the machine that recorded,
 * as what the kernel says is.
 *
 *   struct skt_record_file      once
 *   then blocks, each           struct skt_record_block and `len` bytes
 *
 * A block whose `packed` is not 0 goes on with the zstd stream (RFC 8878) that begins at the last
 * KEY and is flushed behind each block; unpacked it has `raw_len` bytes, and these are what delta.h
 * describes:
 *
 *   KEY       a look, as the difference from none; a stream begins
 *   LOOK      a look, as the difference from the last one (KEY or LOOK)
 *   EVENTS    what ended since the last look, as a part: facts of sockets, each as the kernel
 *             told of its end, and behind that how long after the last look that was (uint32_t, ms)
 *
 * Blocks of other types are passed over, if they are not packed. `real_ns` is when a look was
 * taken, of EVENTS when they were written; `mono_ns` the same by a clock that is never set. What a
 * crash leaves unfinished at the end fails a check, and is not read.
 */
#ifndef SKT_RECORD_FORMAT_H
#define SKT_RECORD_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define SKT_RECORD_MAGIC "\x89SKR\r\n\x1a\n"
#define SKT_RECORD_MAGIC_LEN 8 /* without the NUL, which no file has */

enum { SKT_RECORD_VERSION = 1, SKT_RECORD_ORDER = 0x0102 };

struct skt_record_file {
	char magic[SKT_RECORD_MAGIC_LEN];
	uint16_t version;
	uint16_t order; /* SKT_RECORD_ORDER; 0x0201: of a machine of the other byte order */
	uint32_t reserved;
};

enum skt_record_type { SKT_RECORD_KEY = 1, SKT_RECORD_LOOK, SKT_RECORD_EVENTS };

#define SKT_RECORD_BLOCK_MAGIC UINT32_C(0x424b5273) /* "sRKB" */

struct skt_record_block {
	uint32_t magic;
	uint8_t type; /* enum skt_record_type */
	uint8_t packed;
	uint16_t reserved;
	uint32_t len, raw_len;
	uint64_t real_ns, mono_ns;
	uint32_t check;      /* of the bytes behind: skt_record_check() */
	uint32_t head_check; /* of all above */
};

_Static_assert(sizeof(struct skt_record_file) == 16, "what is in files");
_Static_assert(sizeof(struct skt_record_block) == 40, "what is in files");

/* The low half of SipHash-2-4 under a key of zeros. */
uint32_t skt_record_check(const void *bytes, size_t len);

/* head_check of BLOCK. */
uint32_t skt_record_head_check(const struct skt_record_block *block);

#endif
