/* The one client that is joined to stdin and stdout. */
#include <unistd.h>

#include "base/macros.h"
#include "cmd/listen/client.h"
#include "cmd/listen/service.h"
#include "cmd/stream/session.h"

struct join_client {
	struct client client;
	struct skt_session session;
	bool started;
};

static void join_done(struct skt_session *session)
{
	struct join_client *join = SKT_CONTAINER(session, struct join_client, session);
	struct listen_run *run = join->client.run;

	/* What went wrong has been told by the session. */
	run->out_gone = session->out_gone;
	run->status = session->status;
	client_end(&join->client, 0);
}

static int join_start(struct client *client, struct skt_err *err)
{
	struct join_client *join = (struct join_client *)client;
	struct listen_run *run = client->run;
	int r;

	join->session = (struct skt_session){
		.loop = &run->loop,
		.log = &run->log,
		.options = &run->options->pipe,
		.limits = &run->options->limits,
		.record = client->record,
		.connection = &client->connection,
		.in = STDIN_FILENO,
		.out = run->ctx->out,
		.deadline_ns = SKT_NEVER, /* the run has its own */
		.done = join_done,
	};
	r = skt_session_start(&join->session, err);
	join->started = r == 0;
	return r;
}

static void join_stop(struct client *client)
{
	struct join_client *join = (struct join_client *)client;

	if (!join->started)
		return;
	skt_session_fini(&join->session);
	if (join->session.abort)
		skt_connection_abort(&client->connection);
}

static void join_look(const struct client *client, struct listen_traffic *ret)
{
	const struct skt_session *session = &((const struct join_client *)client)->session;

	*ret = (struct listen_traffic){
		.received = skt_session_received(session),
		.sent = skt_session_sent(session),
		.last_ns = skt_joint_last_ns(&session->joint),
	};
}

const struct listen_service listen_join = {
	.name = "join",
	.client_size = sizeof(struct join_client),
	.no_stream = true,
	.keeps_time = true,
	.start = join_start,
	.stop = join_stop,
	.look = join_look,
};
