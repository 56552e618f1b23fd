/* `sockkit ports`: the values of its options, and the modes that they choose between. */
#ifndef SKT_CMD_PORTS_PORTS_H
#define SKT_CMD_PORTS_PORTS_H

#include "base/port.h"
#include "base/service.h"
#include "cmd/command.h"
#include "cmd/options.h"

enum ports_mode {
	PORTS_LIST,
	PORTS_REGISTRY,
	PORTS_WHY,
	PORTS_FREE,
	PORTS_WAIT,
	PORTS_WAIT_CLOSED,
	PORTS_KILL,
};

struct ports_options {
	struct skt_rows_options rows;
	struct skt_netns_options netns; /* of LIST only */
	enum skt_owners_source owners;
	struct skt_inet_options inet; /* in some modes TCP where neither it nor UDP is given */
	enum ports_mode mode;
	struct skt_port_list ports; /* the arguments, names not yet resolved */

	/* FREE */
	size_t count;
	bool hold;
	char **command; /* of HOLD: NULL-terminated, inside argv */

	/* WAIT, WAIT_CLOSED */
	uint64_t timeout_ns;

	/* KILL */
	int signal;         /* 0: TERM, and KILL for those whom that does not end */
	uint64_t grace_ns;  /* how long a process may take to end */
	const char *needed; /* an option that is given and wants KILL, or NULL */
	bool dry_run, force;

	size_t behind; /* arguments behind a lone `--` */
};

/* Columns of the listing and of the modes that print rows. */
extern const struct skt_column ports_listening_columns[], ports_registry_columns[],
	ports_why_columns[], ports_free_columns[], ports_kill_columns[];

/* Which ports are listened on, and by whom. Returns an exit status. */
int ports_listening(const struct ports_options *options, const struct skt_context *ctx);

/* What the registry says of ports and names. Returns an exit status. */
int ports_registry(const struct ports_options *options, const struct skt_context *ctx);

/* Everything that holds one port, and whether it can be bound. Returns an exit status. */
int ports_why(const struct ports_options *options, const struct skt_context *ctx);

/* Finds ports that are free, and holds them for a command. Returns an exit status, or never. */
int ports_free(const struct ports_options *options, const struct skt_context *ctx);

/* Waits until all of the ports, or none, is listened on. Returns an exit status. */
int ports_wait(const struct ports_options *options, const struct skt_context *ctx);

/* Ends the processes that listen on the ports. Returns an exit status. */
int ports_kill(const struct ports_options *options, const struct skt_context *ctx);

/* The number of a signal by its name, with SIG in front or not, or its number as text; -1. */
int ports_signal_parse(const char *text);

/* The name of a signal, without SIG; NULL for one that has none here. */
const char *ports_signal_name(int number);

/*
 * Opens the service table and resolves the arguments to SET. SKT_EXIT_YES, or the status to end
 * with, told on stderr. *ret_services is the caller's to free.
 */
int ports_resolve(const struct ports_options *options, const struct skt_context *ctx,
	struct skt_services **ret_services, struct skt_portset *set);

/* The only port of SET; 0: there are more, or none. */
uint16_t ports_single(const struct skt_portset *set);

/* Asks for what listens on WANTED, or on any port (NULL): the kernel skips what it can. */
struct skt_dump_query ports_query(
	const struct ports_options *options, const struct skt_portset *wanted);

/* Whether SOCKET is at one of the ports WANTED, or at any (NULL). */
bool ports_match(const struct skt_socket *socket, const struct skt_portset *wanted);

#endif
