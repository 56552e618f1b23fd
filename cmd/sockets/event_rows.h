/* The event of a TCP socket becomes a row, as that of a dump would, with the process it names. */
#ifndef SKT_CMD_SOCKETS_EVENT_ROWS_H
#define SKT_CMD_SOCKETS_EVENT_ROWS_H

#include "cmd/listing/compose.h"
#include "cmd/listing/listing.h"
#include "proc/netns.h"
#include "proc/tcp_event.h"

/* What was read of a process lately. */
struct event_process;

/* Zero-initialised is closed. */
struct event_rows {
	struct skt_directory directory;
	struct skt_composer composer;
	uint32_t needs;                  /* of rows, those about processes included */
	struct event_process *processes; /* by their numbers */
	struct skt_arena texts;          /* of processes */
	const char *selector;            /* of namespaces, for skt_netns_find() */
	struct skt_netns_set namespaces; /* those that it selects; maybe not looked for */
	bool searched;                   /* they were, since what may have changed was forgotten */
	struct skt_netns unnamed;        /* that of the last row, if it is none of these */
	char unnamed_label[32];
	uint64_t renewed_ns;      /* when what may have changed was forgotten last */
	uint64_t real_ns;         /* from CLOCK_MONOTONIC to CLOCK_REALTIME */
	struct skt_holder holder; /* of the last row */
};

/* Whether events tell all of what NEEDS (SKT_NEED_*) asks for. */
bool event_rows_suffice(uint32_t needs);

/* For rows that carry what LISTING needs. -ENOMEM; event_rows_close() in any case. */
int event_rows_open(
	struct event_rows *rows, const struct skt_listing *listing, const struct skt_context *ctx);

/* The inode of the namespace whose events are wanted; 0: of all. */
uint32_t event_rows_netns(const struct event_rows *rows);

/* Whether that is the namespace of this process, whose multicasts it hears. */
bool event_rows_at_home(const struct event_rows *rows);

/* The state that a socket is in by EVENT. */
enum skt_state event_state(const struct skt_tcp_event *event);

/*
 * The row of EVENT. What it points to is good until the next. Where the event names no process it
 * has none. -ENOMEM.
 */
int event_rows_make(
	struct event_rows *rows, const struct skt_tcp_event *event, struct skt_socket_row *ret);

/* The row of SOCKET, of which nothing says whose it is. The same. */
int event_rows_of(
	struct event_rows *rows, const struct skt_socket *socket, struct skt_socket_row *ret);

/* Gives ROW the process of OTHER, and who is known by that only. */
void event_row_inherit(struct skt_socket_row *row, const struct skt_socket_row *other);

void event_rows_close(struct event_rows *rows);

#endif
