/*
 * A connection joined to stdin and stdout, for `connect` and for the one client of `listen`:
 * net/joint with stdin and stdout for A and the connection for B, in words and exit statuses.
 *
 *	The end of stdin half-closes the connection, and reading goes on.
 *	The end of the connection ends stdout, and stdin is sent on, until it ends too or the other
 *	side refuses it. Where stdin is a terminal, nobody would know what is waited for: the
 *	session ends. So it does where another connection may take its place, which is then given
 *	what stdin has not given yet.
 *	A stdin that is closed, or /dev/null, is no side at all: nothing is half-closed.
 *	What may not have arrived, either way, makes the status that of skt_loss_status() and is
 *	said; and whatever ends otherwise than in order ends with a reset, so that no half
 *	passes for the whole.
 */
#ifndef SKT_CMD_STREAM_SESSION_H
#define SKT_CMD_STREAM_SESSION_H

#include <stdint.h>

#include "cmd/command.h"
#include "cmd/events.h"
#include "cmd/stream/options.h"
#include "cmd/stream/record.h"
#include "cmd/stream/request.h"
#include "net/bucket.h"
#include "net/connection.h"
#include "net/joint.h"
#include "out/progress.h"

struct skt_session {
	/* Set before the start, all else zeroed; borrowed until done() or skt_session_stop(). */
	struct skt_loop *loop;
	const struct skt_event_log *log;
	const struct skt_pipe_options *options;
	const struct skt_limit_options *limits;
	struct skt_record *record;         /* NULL: none */
	bool fastopen;                     /* the SYN waits for the first bytes of stdin */
	bool proxied;                      /* by way of proxies, which may not know half-closes */
	bool resumes;                      /* another connection may go on for one that is gone */
	struct skt_connection *connection; /* borrowed; the stream is let go of, not closed */
	int in, out;                       /* stdin and stdout */
	uint64_t deadline_ns;              /* when it is ended; SKT_NEVER */
	struct skt_progress *progress;     /* where to draw how far it is; NULL: nowhere */
	/* Called once; the session may be fini'd in it. */
	void (*done)(struct skt_session *session);

	/* To be read at any time, and afterwards. */
	enum skt_exit status;
	bool out_gone; /* nobody reads stdout: EPIPE */
	bool abort;    /* the end was not in order: the peer should see a reset */
	bool gone;     /* with `resumes`: the peer is gone, and stdin and stdout could go on */
	bool unsure;   /* `gone`, and bytes beyond those in `lost` may have been lost */
	uint64_t lost; /* bytes taken from stdin that the peer has not acknowledged */
	struct skt_joint joint;

	/* the session's own */
	struct skt_pump_pool pool;
	struct skt_stream source, sink;
	struct skt_crlf crlf;
	struct skt_hex hex;
	struct skt_request request;
	struct skt_bucket up_bucket, down_bucket;
	struct skt_timer idle, deadline, linger, redraw, opening;
	uint64_t start_ns, up_end_ns, in_size;
	int null_fd;
	bool running, has_stdin, half_closed;
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
