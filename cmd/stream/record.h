/*
 * What went over a connection, for people: a hex dump in place of the bytes (--hex), a file of both
 * directions with times (--record), which text2pcap(1) reads too, and the same live on stderr
 * (--dump).
 *
 * A record file holds for each piece, as it was delivered or as it came, a line `O TIME` (sent) or
 * `I TIME` (received), TIME being UTC with nanoseconds, and its dump: offset in the piece, up to 16
 * bytes, the same as text.
 */
#ifndef SKT_CMD_STREAM_RECORD_H
#define SKT_CMD_STREAM_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "net/tap.h"
#include "out/sink.h"

enum {
	SKT_RECORD_PIECE = 32 * 1024, /* bytes of the longest piece in a file */
	/* Characters of a line of a dump, newline included, up to offsets of 2^32. */
	SKT_HEX_LINE = 8 + 2 + 16 * 3 + 1 + 1 + 16 + 1 + 1,
};

/* A transform to the dump: OFFSET goes on from piece to piece. Each piece begins a line. */
struct skt_hex {
	struct skt_transform transform;
	uint64_t offset;
};

void skt_hex_init(struct skt_hex *hex);

/* How --dump shows bytes: as lines of text with other bytes escaped, or as in a record file. */
enum skt_dump_style { SKT_DUMP_NONE, SKT_DUMP_TEXT, SKT_DUMP_HEX };

struct skt_record {
	struct skt_tap sent, received; /* for the two pumps */
	struct skt_sink sink;          /* of the file; SKT_SINK_MEMORY: none */
	enum skt_dump_style dump;
	uint64_t number; /* of the connection, in a dump; 0: there is one only */
};

/*
 * Opens PATH (NULL: no file), replacing what is there, or to add to it. 0 or -errno.
 */
int skt_record_open(struct skt_record *record, const char *path, bool append);

/*
 * Shows from now on what goes over the connection on stderr, too. Who does not read it holds the
 * connection up.
 */
void skt_record_dump(struct skt_record *record, enum skt_dump_style style, uint64_t number);

/* Closes it. 0, or the -errno for which some of it was not written. Zeroed: no effect. */
int skt_record_close(struct skt_record *record);

#endif
