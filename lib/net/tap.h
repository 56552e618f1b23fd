/*
 * Who looks at, or changes, the bytes of a pump. A pump with either copies every byte through
 * memory; one with neither leaves them in the kernel where it can.
 */
#ifndef SKT_NET_TAP_H
#define SKT_NET_TAP_H

#include <stdbool.h>
#include <stddef.h>

/* Sees each piece, in order: as it came from the source, or as the sink took it. */
struct skt_tap {
	void (*see)(struct skt_tap *tap, const char *bytes, size_t len);
	struct skt_tap *next;
};

/* Changes the bytes on their way: writes at most GROWTH * LEN bytes to TO and returns how many. */
struct skt_transform {
	size_t (*apply)(struct skt_transform *transform, const char *bytes, size_t len, char *to);
	size_t growth;
};

/* Makes LF to CR LF, and leaves the CR LF that are there, also across two pieces. */
struct skt_crlf {
	struct skt_transform transform;
	bool after_cr;
};

void skt_crlf_init(struct skt_crlf *crlf);

#endif
