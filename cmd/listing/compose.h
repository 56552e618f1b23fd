/*
 * One record of the kernel's becomes a row: with its owners and the names of its numbers, as far as
 * rows shall carry these.
 */
#ifndef SKT_CMD_LISTING_COMPOSE_H
#define SKT_CMD_LISTING_COMPOSE_H

#include "base/arena.h"
#include "base/vec.h"
#include "cmd/listing/columns.h"
#include "cmd/listing/directory.h"
#include "cmd/listing/held_by.h"
#include "cmd/listing/other_end.h"
#include "cmd/listing/sockopts.h"
#include "diag/direction.h"
#include "proc/netns.h"

/* What only its own namespace can tell of a socket, while that is dumped. */
struct skt_row_facts {
	uint64_t peer_inode; /* 0: none, or not asked for */
	uint64_t listener;   /* the inode of the one that it waits at; 0: none, or not asked for */
	struct skt_rates *rates; /* NULL: not metered */
	uint8_t direction;       /* enum skt_direction */
};

/* Room for all numbers from 1 to 64, with commas. */
enum { SKT_GROUPS_TEXT_MAX = 192 };

/* Of one look. Zero-initialised but for what is set by the caller. */
struct skt_composer {
	const struct skt_context *ctx;
	struct skt_directory *directory;
	struct skt_netns *netns; /* of the rows that are made, NULL: this one */
	bool keep;               /* rows are kept until the end: so must what they point to */
	struct skt_rates *rates; /* of the socket at hand; NULL: not metered */
	struct skt_arena arena;  /* of such rows */
	/* Private. */
	struct skt_listeners listeners; /* for `direction` and `held_by` */
	bool listened;                  /* they were read */
	struct skt_other_end other_end; /* for `peer`, and `remote` of unix sockets */
	struct skt_held_by held_by;
	struct skt_keeper keeper; /* of the row at hand */
	struct skt_str held_by_text, verdict_text;
	struct skt_sockopt_reader sockopts;
	size_t unowned; /* rows with an inode that no visible process holds */
	bool foreign;   /* one of these was made by another user */
	char groups_text[SKT_GROUPS_TEXT_MAX];
	struct skt_str list_text;
};

/*
 * Reads what sockets are compared with: the listeners and the other ends of the network namespace
 * that SYSTEM reads, where rows carry that. Called before the dump that QUERY asks for, each time
 * that another namespace is dumped. Failure is told, and these cells stay empty.
 */
void skt_composer_prepare(struct skt_composer *composer, const struct skt_dump_system *system,
	const struct skt_dump_query *query);

/*
 * The same of unix sockets, whose other ends may be in other namespaces: called for each namespace
 * that will be dumped, before the first dump.
 */
void skt_composer_prepare_unix(struct skt_composer *composer, const struct skt_dump_system *system,
	const struct skt_dump_query *query);

/* Gives the ends of SOCKET the names that only this knows, before anything looks at them. */
void skt_composer_name(struct skt_composer *composer, struct skt_socket *socket);

/* What is known of SOCKET from that. */
struct skt_row_facts skt_composer_facts(
	const struct skt_composer *composer, const struct skt_socket *socket);

/* Whether it matters who holds SOCKET: the directory's owners should be asked. */
bool skt_composer_wants_owner(struct skt_composer *composer, const struct skt_socket *socket);

/* Asks the directory's owners for whatever the row of SOCKET will name. -ENOMEM. */
int skt_composer_want(struct skt_composer *composer, const struct skt_socket *socket,
	const struct skt_row_facts *facts);

/*
 * The row of SOCKET, but for names of hosts, which may take seconds. What it points to is good
 * until the next one, or where rows are kept, as long as COMPOSER and its directory. -ENOMEM.
 */
int skt_composer_row(struct skt_composer *composer, const struct skt_socket *socket,
	const struct skt_row_facts *facts, struct skt_socket_row *ret);

/* Adds the names of hosts and ports to the ends of ROW, where these are wanted. */
void skt_composer_resolve(struct skt_composer *composer, struct skt_socket_row *row);

/* Says on stderr, in one line, why owners are missing, if they are. */
void skt_composer_report(const struct skt_composer *composer);
void skt_composer_fini(struct skt_composer *composer);

#endif
