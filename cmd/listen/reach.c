#include "cmd/listen/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/listen/tls.h"

/* A client should hear that there is nobody before it gives up itself. */
#define REACH_NS (30 * SKT_NS_PER_SEC)

static void tell_connected(const struct reach *reach)
{
	const struct skt_attempt *winner = reach->dial.winner;
	unsigned long long number = reach->client->number;
	char endpoint[SKT_ENDPOINT_TEXT_MAX], text[SKT_ADDR_TEXT_MAX];
	const struct skt_tls_session *session = far_tls_session(&reach->tls);
	struct skt_tls_state tls = {.version = ""};
	const char *comma = session ? ", " : "";
	struct skt_event event;

	if (session)
		skt_tls_session_state(session, &tls);
	skt_event_begin(&event, &reach->run->log, SKT_EVENT_DETAIL, "forwarded");
	skt_event_add_number(&event, "client", number);
	skt_event_add_text(&event, "endpoint", skt_endpoint_text(reach->target, endpoint));
	skt_event_add_end(&event, "target", &winner->addr, winner->port);
	skt_event_add_text(&event, "tls", session ? tls.version : NULL);
	skt_event_add_text(&event, "alpn", tls.alpn[0] ? tls.alpn : NULL);
	if (winner->addr.family != AF_UNSPEC)
		skt_event_end(&event, "client %llu: connected to %s port %u%s%s", number,
			skt_addr_text(&winner->addr, text), winner->port, comma, tls.version);
	else
		skt_event_end(&event, "client %llu: connected to %s%s%s", number, endpoint, comma,
			tls.version);
}

static void opened(struct skt_opening *opening, int r)
{
	struct reach *reach = SKT_CONTAINER(opening, struct reach, opening);

	if (r) {
		/* What a proxy on the way says of us is nothing that our client could mend. */
		if (skt_chain_failed(&reach->chain, opening, r))
			r = -EIO;
		reach->err = opening->err;
		r = far_tls_explain(&reach->tls, r, &reach->err);
	} else if (reach->client) {
		skt_chain_tell(&reach->chain, &reach->run->log);
		tell_connected(reach);
	}
	reach->done(reach, r);
}

/* What the client has said in its own TLS; else what was told of it. */
static void tell_more(struct skt_proxy_header *header, const struct client *client)
{
	const struct skt_proxy_header *told = client->told;
	struct listen_tls_words words;

	if (client->connection.stream.layer) {
		listen_tls_words(&client->connection.stream, &words);
		listen_tls_tell(&words, header);
		listen_tls_words_fini(&words);
	} else if (told) {
		memcpy(header->alpn, told->alpn, sizeof(header->alpn));
		memcpy(header->authority, told->authority, sizeof(header->authority));
		memcpy(header->tls_version, told->tls_version, sizeof(header->tls_version));
		memcpy(header->tls_name, told->tls_name, sizeof(header->tls_name));
		header->tls_client = told->tls_client;
		header->tls_verified = told->tls_verified;
	}
}

static int add_steps(struct reach *reach)
{
	int r = skt_chain_add(&reach->chain, reach->plan, &reach->opening, reach->target,
		reach->port, reach->client ? &reach->client->connection : NULL);

	/* Nobody's connection: who it is from is of no interest (LOCAL). */
	if (r == 0 && !reach->client)
		reach->chain.send.header = (struct skt_proxy_header){
			.version = reach->plan->send_proxy, .local = true};
	if (r == 0 && reach->client && reach->plan->send_proxy == 2)
		tell_more(&reach->chain.send.header, reach->client);
	if (r == 0)
		far_tls_add(&reach->tls, &reach->opening, reach->run, reach->client, reach->target);
	return r;
}

static void dialled(struct skt_dial *dial, int fd)
{
	struct reach *reach = SKT_CONTAINER(dial, struct reach, dial);
	const struct skt_attempt *winner = dial->winner;
	int r;

	if (fd < 0) {
		reach->err = dial->err;
		reach->done(reach, fd);
		return;
	}
	skt_connection_init(reach->far, fd, &(struct skt_place){winner->addr, winner->port});
	reach->opening = (struct skt_opening){
		.done = opened, .loop = &reach->run->loop, .connection = reach->far};
	r = add_steps(reach);
	if (r) {
		reach->err = reach->opening.err;
		reach->done(reach, r);
		return;
	}
	skt_opening_start(&reach->opening, reach->deadline_ns);
}

int reach_start(struct reach *reach, struct skt_resolver *resolver,
	const struct skt_dial_options *options, struct skt_err *err)
{
	struct skt_loop *loop = &reach->run->loop;
	const struct skt_proxy *first = skt_chain_first(reach->plan, reach->target);
	struct skt_dial_options own = *options;

	if (!reach->deadline_ns)
		reach->deadline_ns = skt_loop_after(loop, REACH_NS);
	reach->spare = reach->client ? fcntl(reach->client->connection.fd, F_DUPFD_CLOEXEC, 0) : -1;
	own.spare = &reach->spare;
	reach->dial.done = dialled;
	return skt_dial_start(&reach->dial, loop, resolver,
		first ? &first->endpoint : reach->target,
		first ? first->endpoint.port : reach->port, &own, reach->deadline_ns, err);
}

void reach_stop(struct reach *reach)
{
	skt_opening_cancel(&reach->opening);
	skt_chain_fini(&reach->chain);
	far_tls_fini(&reach->tls);
	skt_dial_fini(&reach->dial);
	if (reach->spare >= 0)
		(void)close(reach->spare);
	reach->spare = -1;
}
