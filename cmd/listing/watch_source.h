/* Whose rows `--watch` shows. */
#ifndef SKT_CMD_LISTING_WATCH_SOURCE_H
#define SKT_CMD_LISTING_WATCH_SOURCE_H

#include "cmd/listing/listing.h"

/* Takes a row, which is the taker's only for this call, with its identity; none: no bytes. */
typedef int skt_watch_take_fn(const void *row, struct skt_bytes id, void *ctx);

enum { SKT_WATCH_FDS = 2 };

struct skt_watch_source {
	const struct skt_listing *listing; /* whose row_size and write are not looked at */
	const char *noun;                  /* "socket", of which there may be more */
	size_t row_size;
	bool sockets; /* a row begins with a struct skt_socket_row: there is more to be done to it
		       */
	/*
	 * Hands all rows that there are now to TAKE, those of LISTING, which is the one above but
	 * for its directory. Returns an exit status, what is wrong told on stderr.
	 */
	int (*look)(const struct skt_listing *listing, const struct skt_context *ctx,
		skt_watch_take_fn *take, void *take_ctx, void *look_ctx);
	void *look_ctx;
	const struct skt_column *bar; /* drawn behind the rows, too; or NULL */
	/*
	 * What to poll between two looks, SKT_WATCH_FDS at the most, for `news` to be called, which
	 * returns 0 or -errno; NULL: there are none.
	 */
	size_t (*fds)(void *look_ctx, int *fds);
	int (*news)(void *look_ctx);
	uint64_t interval_ns; /* between two looks */
	uint64_t timeout_ns;  /* SKT_NEVER: as long as somebody watches */
};

#endif
