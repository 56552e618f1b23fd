/* The run that `sockets` and `ports` share: dump, match, join, print, and say what was missing. */
#ifndef SKT_CMD_LISTING_LISTING_H
#define SKT_CMD_LISTING_LISTING_H

#include "cmd/command.h"
#include "cmd/listing/columns.h"
#include "cmd/listing/join.h"
#include "cmd/options.h"

struct skt_listing {
	const struct skt_rows_options *rows;
	const char *netns; /* for skt_netns_find() */
	struct skt_dump_query query;
	size_t row_size;                 /* of what `write` gives to the output */
	const struct skt_filter *filter; /* over skt_socket_columns; NULL: none */
	/* Whether a socket that passes it is listed at all; NULL: it is. */
	bool (*match)(const struct skt_socket *socket, const void *ctx);
	/* Writes one row, made from ROW or ROW itself. */
	int (*write)(struct skt_output *output, const struct skt_socket_row *row);
	const void *ctx; /* of match */
	/*
	 * Takes a socket that is to be listed, with its rates (NULL: not metered), where no row
	 * need be made of it. True: it was taken; NULL: none is.
	 */
	bool (*take)(const struct skt_socket *socket, struct skt_rates *rates, void *take_ctx);
	void *take_ctx;
	enum skt_owners_source owners;
	struct skt_meter *meter;         /* sees all sockets, listed or not; NULL: none does */
	struct skt_directory *directory; /* of a run that looks more than once; NULL: its own */
	uint32_t needs; /* SKT_NEED_*: what rows shall carry, for all that looks at them */
	bool quiet;     /* says nothing of what was missing: it is one of many */
};

/* What LISTING looks names up in, for a run that looks more than once. As skt_directory_init(). */
int skt_listing_directory(const struct skt_listing *listing, const struct skt_context *ctx,
	struct skt_directory *ret);

/*
 * Hands every row to TAKE, instead of an output; what a row points to is good until the next one.
 * Returns as below; -ECANCELED from TAKE ends it in order, other errors of TAKE are told.
 */
int skt_listing_each(const struct skt_listing *listing, const struct skt_context *ctx,
	skt_row_fn *take, void *take_ctx);

/*
 * Lists. Returns an exit status: SKT_EXIT_YES; or SKT_EXIT_NO for a namespace that there is
 * not, or SKT_EXIT_TROUBLE, told on stderr. *ret_count: how
 * many rows there were.
 */
int skt_listing_run(
	const struct skt_listing *listing, const struct skt_context *ctx, uint64_t *ret_count);

/* Says on stderr what a dump could not tell. Whether rows may be missing. */
bool skt_listing_warn(const struct skt_context *ctx, const struct skt_dump_report *report);

#endif
