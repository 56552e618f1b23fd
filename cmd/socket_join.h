/*
 * Joins the kernel's records with owners and names, for what the chosen columns need and no more.
 *
 * Owners are looked for after the dump, for the sockets that were dumped. A dump that is too long
 * to be kept is held after the first BATCH sockets (the kernel waits: it makes a dump as it is
 * read), all owners are collected, and the rest streams: memory does not grow with the number of
 * rows.
 */
#ifndef SKT_CMD_SOCKET_JOIN_H
#define SKT_CMD_SOCKET_JOIN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/service.h"
#include "base/vec.h"
#include "cmd/command.h"
#include "cmd/names.h"
#include "cmd/socket_columns.h"

/* Takes a finished row. Negative: stop, and hand this back. */
typedef int skt_row_fn(struct skt_socket_row *row, void *ctx);

struct skt_join {
	const struct skt_context *ctx;
	skt_row_fn *emit;
	void *emit_ctx;
	/* What rows shall carry; set by skt_join_init() from the selection, more by the caller. */
	bool owners, command, user, interface, service, zones, resolve;
	bool incomplete; /* told: owners are missing for want of resources, or of BPF */
	bool keep;       /* rows are kept until the end (sorting): so must what they point to */
	/* Private. */
	struct skt_names names;
	struct skt_services *services;
	struct skt_owners *finder;
	SKT_VEC(struct skt_socket) batch;
	struct skt_arena arena;
	bool streaming;
	size_t unowned; /* rows with an inode that no visible process holds */
	uint32_t euid;  /* of this process */
	bool foreign;   /* one of these was made by another user */
};

/* Prepares for rows of SELECTION, RESOLVE: with names for addresses and ports. -ENOMEM. */
int skt_join_init(struct skt_join *join, const struct skt_context *ctx,
	const struct skt_selection *selection, bool resolve, skt_row_fn *emit, void *emit_ctx);

/* Takes one socket of the dump; CTX is the struct skt_join. -ECANCELED on a signal. */
int skt_join_socket(const struct skt_socket *socket, void *ctx);

/* Emits what is held back. The same errors. */
int skt_join_finish(struct skt_join *join);

/* Says on stderr, in one line, why owners are missing, if they are. */
void skt_join_report(const struct skt_join *join);
void skt_join_fini(struct skt_join *join);

#endif
