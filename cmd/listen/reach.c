#include "cmd/listen/reach.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"

/* A client should hear that there is nobody before it gives up itself. */
#define REACH_NS (30 * SKT_NS_PER_SEC)

static void tell_connected(const struct reach *reach)
{
	const struct skt_attempt *winner = reach->dial.winner;
	unsigned long long number = reach->client->number;
	char text[SKT_ADDR_TEXT_MAX];
	struct skt_event event;

	skt_event_begin(&event, &reach->client->run->log, SKT_EVENT_DETAIL, "forwarded");
	skt_event_add_number(&event, "client", number);
	skt_event_add_end(&event, "target", &winner->addr, winner->port);
	if (winner->addr.family != AF_UNSPEC)
		skt_event_end(&event, "client %llu: connected to %s port %u", number,
			skt_addr_text(&winner->addr, text), winner->port);
	else
		skt_event_end(&event, "client %llu: connected", number);
}

static void opened(struct skt_opening *opening, int r)
{
	struct reach *reach = SKT_CONTAINER(opening, struct reach, opening);
	struct listen_run *run = reach->client->run;
	unsigned int seconds = run->options->socket.keepalive_s;

	if (r) {
		reach->err = opening->err;
		reach->done(reach, r);
		return;
	}
	skt_chain_tell(&reach->chain, &run->log);
	tell_connected(reach);
	if (seconds && reach->dial.winner->addr.family != AF_UNSPEC)
		skt_keepalive_start(
			&reach->bridge->keepalive, &run->loop, reach->bridge->far.fd, seconds);
	reach->done(reach, 0);
}

static void dialled(struct skt_dial *dial, int fd)
{
	struct reach *reach = SKT_CONTAINER(dial, struct reach, dial);
	const struct skt_attempt *winner = dial->winner;
	struct skt_connection *far = &reach->bridge->far;
	int r;

	if (fd < 0) {
		reach->err = dial->err;
		reach->done(reach, fd);
		return;
	}
	skt_connection_init(far, fd, &(struct skt_place){winner->addr, winner->port});
	reach->opening = (struct skt_opening){
		.done = opened, .loop = &reach->client->run->loop, .connection = far};
	r = skt_chain_add(&reach->chain, reach->plan, &reach->opening, reach->target, reach->port,
		&reach->client->connection);
	if (r) {
		reach->err = reach->opening.err;
		reach->done(reach, r);
		return;
	}
	skt_opening_start(&reach->opening, skt_clock_add(dial->start_ns, REACH_NS));
}

int reach_start(struct reach *reach, struct skt_resolver *resolver,
	const struct skt_dial_options *options, struct skt_err *err)
{
	struct skt_loop *loop = &reach->client->run->loop;
	const struct skt_proxy *first = skt_chain_first(reach->plan, reach->target);
	struct skt_dial_options own = *options;

	reach->spare = fcntl(reach->client->connection.fd, F_DUPFD_CLOEXEC, 0);
	own.spare = &reach->spare;
	reach->dial.done = dialled;
	return skt_dial_start(&reach->dial, loop, resolver,
		first ? &first->endpoint : reach->target,
		first ? first->endpoint.port : reach->port, &own, skt_loop_after(loop, REACH_NS),
		err);
}

void reach_stop(struct reach *reach)
{
	skt_opening_cancel(&reach->opening);
	skt_chain_fini(&reach->chain);
	skt_dial_fini(&reach->dial);
	if (reach->spare >= 0)
		(void)close(reach->spare);
	reach->spare = -1;
}
