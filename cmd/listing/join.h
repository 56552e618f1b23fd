/*
 * The stream of a dump made rows.
 *
 * Owners are looked for after the dump, for the sockets that were dumped. A dump that is too long
 * to be kept is held after the first BATCH sockets (the kernel waits: it makes a dump as it is
 * read), all owners are collected, and the rest streams: memory does not grow with the number of
 * rows.
 */
#ifndef SKT_CMD_LISTING_JOIN_H
#define SKT_CMD_LISTING_JOIN_H

#include "cmd/listing/compose.h"
#include "filter/filter.h"

/* Sockets up to END of a batch that come from one namespace. */
struct skt_join_part {
	size_t end;
	struct skt_netns *netns;
};

/* Takes a finished row. Negative: stop, and hand this back. */
typedef int skt_row_fn(struct skt_socket_row *row, void *ctx);

struct skt_join_item {
	struct skt_socket socket;
	struct skt_row_facts facts;
};

/* One look. */
struct skt_join {
	struct skt_composer row; /* `keep` is for the caller to set */
	skt_row_fn *emit;
	void *emit_ctx;
	const struct skt_filter *filter; /* rows that it does not pass are not emitted; or NULL */
	bool incomplete; /* told: owners are missing for want of resources, or of BPF */
	/* Private. */
	SKT_VEC(struct skt_join_item) batch;
	SKT_VEC(struct skt_join_part) parts; /* of the batch, each from one namespace */
	struct skt_arena batch_arena;        /* of the batch's details, unless rows are kept */
	bool streaming;
	bool wanted; /* the holders of a socket that was kept matter */
};

/* Begins a look; DIRECTORY, which is renewed, outlives it. */
void skt_join_init(struct skt_join *join, const struct skt_context *ctx,
	struct skt_directory *directory, skt_row_fn *emit, void *emit_ctx);

/*
 * Says that the sockets to come are from NETNS (NULL: the namespace of this process), which must
 * outlive the rows. -ENOMEM.
 */
int skt_join_from(struct skt_join *join, struct skt_netns *netns);

/* Takes one socket of the dump; CTX is the struct skt_join. -ECANCELED on a signal. */
int skt_join_socket(const struct skt_socket *socket, void *ctx);

/* Emits what is held back. The same errors. */
int skt_join_finish(struct skt_join *join);

void skt_join_fini(struct skt_join *join);

#endif
