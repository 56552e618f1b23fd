/*
 * Joins the kernel's records with owners and names, for what the chosen columns need and no more.
 *
 * Owners are looked for after the dump, for the sockets that were dumped. A dump that is too long
 * to be kept is held after the first BATCH sockets (the kernel waits: it makes a dump as it is
 * read), all owners are collected, and the rest streams: memory does not grow with the number of
 * rows.
 */
#ifndef SKT_CMD_LISTING_JOIN_H
#define SKT_CMD_LISTING_JOIN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/service.h"
#include "base/vec.h"
#include "cmd/command.h"
#include "cmd/listing/columns.h"
#include "cmd/names.h"
#include "diag/direction.h"
#include "diag/peers.h"
#include "filter/filter.h"
#include "proc/cgroup.h"
#include "proc/netns.h"

/* Sockets up to END of a batch that come from one namespace. */
struct skt_join_part {
	size_t end;
	struct skt_netns *netns;
};

/* Room for all numbers from 1 to 64, with commas. */
enum { SKT_GROUPS_TEXT_MAX = 192 };

/* Takes a finished row. Negative: stop, and hand this back. */
typedef int skt_row_fn(struct skt_socket_row *row, void *ctx);

/* What only its own namespace can tell of a socket, while that is dumped. */
struct skt_join_facts {
	uint64_t peer_inode; /* 0: none, or not asked for */
	uint8_t direction;   /* enum skt_direction */
};

struct skt_join_item {
	struct skt_socket socket;
	struct skt_join_facts facts;
};

struct skt_join {
	const struct skt_context *ctx;
	skt_row_fn *emit;
	void *emit_ctx;
	uint32_t needs; /* SKT_NEED_*: what rows shall carry */
	bool resolve;
	const struct skt_filter *filter; /* rows that it does not pass are not emitted; or NULL */
	bool incomplete; /* told: owners are missing for want of resources, or of BPF */
	bool keep;       /* rows are kept until the end (sorting): so must what they point to */
	/* Private. */
	struct skt_names names;
	struct skt_services *services;
	struct skt_owners *finder;
	struct skt_cgroups *groups;
	struct skt_netns *netns;                 /* of the rows that are emitted, NULL: this one */
	struct skt_listening *listening;         /* for `direction` */
	struct skt_peers *peers;                 /* for `peer` */
	SKT_VEC(struct skt_holder) peer_holders; /* of the row at hand, unless rows are kept */
	SKT_VEC(struct skt_join_item) batch;
	SKT_VEC(struct skt_join_part) parts; /* of the batch, each from one namespace */
	struct skt_arena batch_arena;        /* of the batch's details, unless rows are kept */
	struct skt_arena arena;
	bool streaming;
	bool wanted;    /* the holders of a socket that was kept matter */
	size_t unowned; /* rows with an inode that no visible process holds */
	uint32_t euid;  /* of this process */
	char groups_text[SKT_GROUPS_TEXT_MAX];
	bool foreign; /* one of these was made by another user */
};

/*
 * Prepares for rows that carry what NEEDS (SKT_NEED_*) says. RESOLVE: with names for addresses and
 * ports. -ENOMEM.
 */
int skt_join_init(struct skt_join *join, const struct skt_context *ctx, uint32_t needs,
	bool resolve, skt_row_fn *emit, void *emit_ctx);

/*
 * Says that the sockets to come are from NETNS (NULL: the namespace of this process), which must
 * outlive the rows. -ENOMEM.
 */
int skt_join_from(struct skt_join *join, struct skt_netns *netns);

/*
 * Reads what sockets are compared with: the listeners and the other ends of the network namespace
 * that SYSTEM reads, where the columns need them. Called before the dump that QUERY asks for, each
 * time that another namespace is dumped. Failure is told, and these cells stay empty.
 */
void skt_join_prepare(struct skt_join *join, const struct skt_dump_system *system,
	const struct skt_dump_query *query);

/* Takes one socket of the dump; CTX is the struct skt_join. -ECANCELED on a signal. */
int skt_join_socket(const struct skt_socket *socket, void *ctx);

/* Emits what is held back. The same errors. */
int skt_join_finish(struct skt_join *join);

/* Says on stderr, in one line, why owners are missing, if they are. */
void skt_join_report(const struct skt_join *join);
void skt_join_fini(struct skt_join *join);

#endif
