#include "cmd/connect/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/stream/loss.h"
#include "net/tls_stream.h"

static void end_if_over(struct connect_relay *relay)
{
	const struct skt_err *tls = skt_tls_stream_failure(&relay->connection->stream);

	if (relay->runs || relay->joined)
		return;
	if (relay->error) {
		skt_event_tell(relay->log, SKT_EVENT_ERROR, "connection_broken",
			"connection lost: %s: data may be lost",
			tls ? tls->text : strerror(-relay->error));
		relay->status = skt_loss_status(relay->error);
	}
	relay->done(relay);
}

static void joint_done(struct skt_joint *joint, enum skt_ends_step step)
{
	struct connect_relay *relay = SKT_CONTAINER(joint, struct connect_relay, joint);

	relay->error = step == SKT_ENDS_CLOSE ? 0 : skt_joint_error(joint);
	relay->joined = false;
	/* The program sees the end, too. */
	skt_connection_close(&relay->far);
	end_if_over(relay);
}

static void child_ended(struct skt_watch *watch, uint32_t events SKT_UNUSED)
{
	struct connect_relay *relay = SKT_CONTAINER(watch, struct connect_relay, watch);
	int status = 0;

	skt_watch_remove(watch);
	(void)close(relay->child.pidfd);
	relay->runs = false;
	if (skt_child_reap(&relay->child, &status) == 0 && WIFSIGNALED(status))
		relay->signo = WTERMSIG(status);
	relay->status = (enum skt_exit)WEXITSTATUS(status);
	if (!relay->joined) {
		end_if_over(relay);
		return;
	}
	relay->joint.ends.with_b = true;
	skt_joint_decide(&relay->joint);
}

static int start_program(
	struct connect_relay *relay, const struct skt_exec_tls *tls, int fd, struct skt_err *err)
{
	const struct skt_exec_known known = {.tls = tls};
	char **environment;
	int r = skt_exec_environment(relay->connection->fd, &known, environ, &environment);

	if (r)
		return skt_fail(err, -r, "the environment");
	r = skt_program_start(&relay->program, fd, environment, &relay->child);
	skt_exec_free(environment);
	if (r)
		return skt_fail(err, -r, "run %.128s", relay->program.path);
	relay->runs = true;
	relay->watch = (struct skt_watch){
		.fd = relay->child.pidfd, .events = EPOLLIN, .handler = child_ended};
	r = skt_watch_add(relay->loop, &relay->watch);
	return r ? skt_fail(err, -r, "watch a child") : 0;
}

static int join(struct connect_relay *relay, struct skt_err *err)
{
	struct skt_stream *near = &relay->connection->stream, *far = &relay->far.stream;
	int r = skt_connection_open(&relay->far, relay->loop);

	relay->joint = (struct skt_joint){
		.loop = relay->loop,
		.ends.lenient_b = true,
		.confirms = true,
		.done = joint_done,
		.there = {.source = near, .sink = far, .pool = &relay->pool},
		.back = {.source = far, .sink = near, .pool = &relay->pool},
	};
	if (r == 0) {
		relay->joined = true;
		r = skt_joint_start(&relay->joint);
	}
	return r ? skt_fail(err, -r, "a relay to the program") : 0;
}

int connect_relay_start(struct connect_relay *relay, const char *command,
	const struct skt_exec_tls *tls, struct skt_err *err)
{
	int pair[2], r = skt_exec_words(command, &relay->argv, err);

	relay->far.fd = -1;
	relay->program.argv = relay->argv;
	if (r == 0)
		r = skt_program_prepare(&relay->program, getenv("PATH"), err);
	if (r)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
		return skt_fail(err, errno, "a relay to the program");
	skt_connection_init(&relay->far, pair[0], NULL);
	r = start_program(relay, tls, pair[1], err);
	(void)close(pair[1]);
	return r ? r : join(relay, err);
}

void connect_relay_fini(struct connect_relay *relay)
{
	if (!relay->loop)
		return;
	if (relay->joined)
		skt_joint_stop(&relay->joint);
	if (relay->runs) {
		skt_child_signal(&relay->child, SIGTERM);
		skt_watch_remove(&relay->watch);
		(void)close(relay->child.pidfd);
	}
	skt_connection_close(&relay->far);
	skt_pump_pool_fini(&relay->pool);
	skt_program_discard(&relay->program);
	skt_exec_free(relay->argv);
	relay->loop = NULL;
}
