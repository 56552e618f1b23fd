/* The services of RFC 862 to 864: echo, discard, and characters without end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/listen/client.h"
#include "cmd/listen/service.h"

static void set_bucket(struct skt_pump *pump, struct skt_bucket *bucket, uint64_t rate)
{
	if (!rate)
		return;
	skt_bucket_init(bucket, rate);
	pump->bucket = bucket;
}

/* ---- echo ---- */

struct echo_client {
	struct client client;
	struct skt_pump pump; /* from the connection to itself */
	struct skt_bucket bucket;
};

static void echo_done(struct skt_pump *pump)
{
	struct echo_client *echo = SKT_CONTAINER(pump, struct echo_client, pump);

	client_end(&echo->client, pump->flow.error);
}

static int echo_start(struct client *client, struct skt_err *err)
{
	struct echo_client *echo = (struct echo_client *)client;
	int r;

	echo->pump = (struct skt_pump){
		.loop = &client->run->loop,
		.source = &client->connection.stream,
		.sink = &client->connection.stream,
		.pool = &client->run->pool,
		.done = echo_done,
	};
	if (client->record) {
		echo->pump.taps = &client->record->received;
		echo->pump.given_taps = &client->record->sent;
	}
	set_bucket(&echo->pump, &echo->bucket, client->run->options->pipe.rate);
	r = skt_pump_start(&echo->pump);
	return r ? skt_fail(err, -r, "echo") : 0;
}

static void echo_stop(struct client *client)
{
	skt_pump_stop(&((struct echo_client *)client)->pump);
}

static void echo_look(const struct client *client, struct listen_traffic *ret)
{
	const struct skt_pump *pump = &((const struct echo_client *)client)->pump;

	*ret = (struct listen_traffic){
		.received = pump->flow.taken,
		.sent = pump->flow.delivered,
		.last_ns = pump->last_ns,
	};
}

const struct listen_service listen_echo = {
	.name = "echo",
	.client_size = sizeof(struct echo_client),
	.start = echo_start,
	.stop = echo_stop,
	.look = echo_look,
};

/* ---- what goes to /dev/null, of discard and of chargen ---- */

struct plain_state {
	int null_fd;
	char *pattern; /* of chargen */
};

struct drain {
	struct skt_stream null;
	struct skt_pump pump;
	struct skt_bucket bucket;
};

static int drain_start(
	struct drain *drain, struct client *client, void (*done)(struct skt_pump *pump))
{
	const struct plain_state *state = client->run->state;
	int r = skt_stream_open(&drain->null, &client->run->loop, state->null_fd);

	if (r)
		return r;
	drain->pump = (struct skt_pump){
		.loop = &client->run->loop,
		.source = &client->connection.stream,
		.sink = &drain->null,
		.pool = &client->run->pool,
		.taps = client->record ? &client->record->received : NULL,
		.done = done,
	};
	set_bucket(&drain->pump, &drain->bucket, client->run->options->pipe.rate);
	return skt_pump_start(&drain->pump);
}

static void drain_stop(struct drain *drain)
{
	skt_pump_stop(&drain->pump);
	if (drain->null.ops)
		skt_stream_close(&drain->null);
}

static void plain_close(struct listen_run *run)
{
	struct plain_state *state = run->state;

	if (!state)
		return;
	if (state->null_fd >= 0)
		(void)close(state->null_fd);
	free(state->pattern);
	free(state);
	run->state = NULL;
}

static int plain_open(struct listen_run *run, struct skt_err *err)
{
	struct plain_state *state = calloc(1, sizeof(*state));

	if (!state)
		return skt_fail(err, ENOMEM, "%s", run->service->name);
	run->state = state;
	state->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	return state->null_fd < 0 ? skt_fail(err, errno, "open /dev/null") : 0;
}

/* ---- discard ---- */

struct discard_client {
	struct client client;
	struct drain drain;
};

static void discard_done(struct skt_pump *pump)
{
	struct discard_client *discard = SKT_CONTAINER(pump, struct discard_client, drain.pump);

	client_end(&discard->client, pump->flow.error);
}

static int discard_start(struct client *client, struct skt_err *err)
{
	int r = drain_start(&((struct discard_client *)client)->drain, client, discard_done);

	return r ? skt_fail(err, -r, "discard") : 0;
}

static void discard_stop(struct client *client)
{
	drain_stop(&((struct discard_client *)client)->drain);
}

static void discard_look(const struct client *client, struct listen_traffic *ret)
{
	const struct skt_pump *pump = &((const struct discard_client *)client)->drain.pump;

	*ret = (struct listen_traffic){.received = pump->flow.taken, .last_ns = pump->last_ns};
}

const struct listen_service listen_discard = {
	.name = "discard",
	.client_size = sizeof(struct discard_client),
	.open = plain_open,
	.start = discard_start,
	.stop = discard_stop,
	.look = discard_look,
	.close = plain_close,
};

/* ---- chargen ---- */

/* RFC 864: lines of 72 of the 95 printing characters, each line beginning one further. */
enum {
	PRINTING = 95,
	LINE = 72,
	PERIOD = PRINTING * (LINE + 2),
};

struct chargen_client {
	struct client client;
	struct drain drain;
	struct skt_stream source; /* of characters; its descriptor, /dev/null, is always ready */
	struct skt_pump pump;
	struct skt_bucket bucket;
	const char *pattern;
	size_t at; /* where in the pattern the next byte is */
};

static ssize_t chargen_read(struct skt_stream *stream, void *bytes, size_t size)
{
	struct chargen_client *chargen = SKT_CONTAINER(stream, struct chargen_client, source);
	char *to = bytes;

	for (size_t left = size; left;) {
		size_t n = SKT_MIN(left, PERIOD - chargen->at);

		memcpy(to, chargen->pattern + chargen->at, n);
		chargen->at = (chargen->at + n) % PERIOD;
		to += n;
		left -= n;
	}
	return (ssize_t)size;
}

static int nothing_to_finish(struct skt_stream *stream SKT_UNUSED)
{
	return 0;
}

static uint32_t chargen_interest(const struct skt_stream *stream)
{
	return stream->wants_read ? EPOLLIN : 0;
}

static bool nothing_pending(const struct skt_stream *stream SKT_UNUSED)
{
	return false;
}

static const struct skt_stream_ops chargen_ops = {
	.read = chargen_read,
	.finish = nothing_to_finish,
	.interest = chargen_interest,
	.pending = nothing_pending,
};

/* Characters without end have no end but that the client has had enough. */
static void chargen_done(struct skt_pump *pump)
{
	struct chargen_client *chargen = SKT_CONTAINER(pump, struct chargen_client, pump);
	int r = pump->flow.error;

	client_end(&chargen->client, skt_stream_is_gone(r) ? 0 : r);
}

/* That the client will not say more is no reason to stop. */
static void chargen_heard_all(struct skt_pump *pump SKT_UNUSED)
{
}

static int chargen_start(struct client *client, struct skt_err *err)
{
	struct chargen_client *chargen = (struct chargen_client *)client;
	const struct plain_state *state = client->run->state;
	int r = drain_start(&chargen->drain, client, chargen_heard_all);

	if (r == 0)
		r = skt_stream_open(&chargen->source, &client->run->loop, state->null_fd);
	if (r)
		return skt_fail(err, -r, "chargen");
	chargen->source.ops = &chargen_ops;
	chargen->source.raw = false;
	chargen->pattern = state->pattern;
	chargen->pump = (struct skt_pump){
		.loop = &client->run->loop,
		.source = &chargen->source,
		.sink = &client->connection.stream,
		.pool = &client->run->pool,
		.given_taps = client->record ? &client->record->sent : NULL,
		.done = chargen_done,
	};
	set_bucket(&chargen->pump, &chargen->bucket, client->run->options->pipe.rate);
	r = skt_pump_start(&chargen->pump);
	return r ? skt_fail(err, -r, "chargen") : 0;
}

static void chargen_stop(struct client *client)
{
	struct chargen_client *chargen = (struct chargen_client *)client;

	skt_pump_stop(&chargen->pump);
	drain_stop(&chargen->drain);
	if (chargen->source.ops)
		skt_stream_close(&chargen->source);
}

static void chargen_look(const struct client *client, struct listen_traffic *ret)
{
	const struct chargen_client *chargen = (const struct chargen_client *)client;

	*ret = (struct listen_traffic){
		.received = chargen->drain.pump.flow.taken,
		.sent = chargen->pump.flow.delivered,
		.last_ns = SKT_MAX(chargen->drain.pump.last_ns, chargen->pump.last_ns),
	};
}

static int chargen_open(struct listen_run *run, struct skt_err *err)
{
	int r = plain_open(run, err);
	struct plain_state *state = run->state;
	char *p;

	if (r)
		return r;
	state->pattern = malloc(PERIOD);
	if (!state->pattern)
		return skt_fail(err, ENOMEM, "chargen");
	p = state->pattern;
	for (int line = 0; line < PRINTING; line++) {
		for (int i = 0; i < LINE; i++)
			*p++ = (char)(' ' + (line + i) % PRINTING);
		*p++ = '\r';
		*p++ = '\n';
	}
	return 0;
}

const struct listen_service listen_chargen = {
	.name = "chargen",
	.client_size = sizeof(struct chargen_client),
	.open = chargen_open,
	.start = chargen_start,
	.stop = chargen_stop,
	.look = chargen_look,
	.close = plain_close,
};
