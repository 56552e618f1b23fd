/*
 * A connection joined to stdin and stdout, for `connect` and for the one client of `listen`: the
 * one rule about ends.
 *
 *	The end of stdin half-closes the connection, and reading goes on.
 *	The end of the connection ends the session once stdout has everything. What stdin has ready
 *	then, and what is under way, is still delivered to a peer that takes it.
 *	What may not have arrived, either way, makes the status SKT_EXIT_NO and is said.
 */
#ifndef SKT_CMD_STREAM_SESSION_H
#define SKT_CMD_STREAM_SESSION_H

#include <stdint.h>

#include "cmd/command.h"
#include "cmd/events.h"
#include "cmd/stream/options.h"
#include "cmd/stream/record.h"
#include "net/bucket.h"
#include "net/pump.h"
#include "out/progress.h"

struct skt_session {
	/* Set before the start, all else zeroed; borrowed until done() or skt_session_stop(). */
	struct skt_loop *loop;
	const struct skt_event_log *log;
	const struct skt_pipe_options *options;
	const struct skt_limit_options *limits;
	struct skt_record *record;     /* NULL: none */
	bool fastopen;                 /* the SYN waits for the first bytes of stdin */
	int fd;                        /* connected and non-blocking; stays the caller's */
	int in, out;                   /* stdin and stdout */
	uint64_t deadline_ns;          /* when it is ended; SKT_NEVER */
	struct skt_progress *progress; /* where to draw how far it is; NULL: nowhere */
	/* Called once; the session may be fini'd in it. */
	void (*done)(struct skt_session *session);

	/* To be read at any time, and afterwards. */
	enum skt_exit status;
	bool out_gone; /* nobody reads stdout: EPIPE */
	bool abort;    /* the end was not in order: the peer should see a reset */
	struct skt_pump up, down;

	/* the session's own */
	struct skt_pump_pool pool;
	struct skt_stream net, source, sink;
	struct skt_crlf crlf;
	struct skt_hex hex;
	struct skt_bucket up_bucket, down_bucket;
	struct skt_timer idle, deadline, linger, settle, redraw, opening;
	uint64_t start_ns, up_end_ns, settle_ns, settled_ns, in_size;
	size_t settled_unsent;
	uint64_t settled_sent;
	int null_fd, opening_error;
	bool running, up_done, down_done;
};

/* Begins. Errors, told in ERR: a stdin or stdout that cannot be used, -ENOMEM. */
int skt_session_start(struct skt_session *session, struct skt_err *err);

/* Ends it where it is, without done(). */
void skt_session_stop(struct skt_session *session);

/* Stops, and frees. */
void skt_session_fini(struct skt_session *session);

/* Bytes given to the connection, and taken from it. */
uint64_t skt_session_sent(const struct skt_session *session);
uint64_t skt_session_received(const struct skt_session *session);

#endif
