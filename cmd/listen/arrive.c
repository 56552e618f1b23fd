/* Those who come: accepted, opened, admitted, and begun to be served; or not. */
#include "cmd/listen/arrive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "cmd/listen/client.h"
#include "cmd/listen/service.h"
#include "cmd/listen/standing.h"
#include "cmd/listen/tls.h"
#include "net/socket.h"

/* Want of descriptors comes and goes with clients: it is told this often at the most. */
#define STALLED_EVERY_NS (10 * SKT_NS_PER_SEC)

static void tell_accepted(const struct client *client)
{
	struct skt_connection connection = client->connection;
	char name[CLIENT_NAME_MAX];
	struct skt_event event;

	if (!skt_event_wanted(&client->run->log, SKT_EVENT_DETAIL))
		return;
	skt_connection_ask(&connection);
	client_begin_event(&event, client, SKT_EVENT_DETAIL, "accepted");
	skt_event_add_number(&event, "fd", (uint64_t)connection.fd);
	skt_event_add_end(&event, "local", &connection.local.addr, connection.local.port);
	skt_event_end(&event, "client %llu: accepted %s as socket %d",
		(unsigned long long)client->number, client_place_name(&connection.peer, name),
		connection.fd);
}

/* One that has closed may have said something before, which is still to be read. */
static void guard_heard(struct skt_stream_user *user)
{
	struct client *client = SKT_CONTAINER(user, struct client, guard);

	if (client->connection.stream.error)
		client_end(client, client->connection.stream.error);
}

/* The first that a client hears fits into its empty buffer, whatever the kernel's least is. */
static int greet(struct client *client, struct skt_err *err)
{
	const struct listen_options *o = client->run->options;
	struct skt_stream *stream = &client->connection.stream;
	ssize_t n;

	if (stream->layer)
		n = stream->ops->write(stream, o->greeting, o->greeting_len);
	else
		n = send(client->connection.fd, o->greeting, o->greeting_len,
			MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return skt_fail(err, stream->layer ? (int)-n : errno, "--greet");
	if ((size_t)n < o->greeting_len)
		return skt_fail(err, ENOBUFS, "--greet");
	client->greeted = o->greeting_len;
	if (client->record)
		client->record->sent.see(&client->record->sent, o->greeting, o->greeting_len);
	return 0;
}

static int begin(struct client *client, struct skt_err *err)
{
	struct listen_run *run = client->run;
	unsigned int keepalive_s = run->options->socket.keepalive_s;
	int r = 0;

	if (run->options->record || run->options->pipe.dump)
		r = client_open_record(client, err);
	if (r == 0 && run->options->greeting)
		r = greet(client, err);
	/* A service without a stream gets the descriptor, and nobody else hears of it. */
	if (run->service->no_stream && client->connection.stream.raw)
		skt_connection_rest(&client->connection);
	if (r == 0 && !run->service->no_stream) {
		r = skt_connection_open(&client->connection, &run->loop);
		if (r)
			(void)skt_fail(err, -r, "watch the connection");
		client->guard.ready = guard_heard;
		if (r == 0)
			skt_stream_hears_break(&client->connection.stream, &client->guard);
	}
	if (r == 0 && keepalive_s && run->options->endpoint.kind == SKT_ENDPOINT_INET)
		skt_keepalive_start(
			&client->keepalive, &run->loop, client->connection.fd, keepalive_s);
	if (r == 0) {
		client->served = true;
		r = run->service->start(client, err);
	}
	if (r == 0)
		client_watch_idle(client);
	return r;
}

static void tell_unserved(struct listen_run *run, const struct skt_place *who, const char *why)
{
	char name[CLIENT_NAME_MAX];

	skt_event_tell(&run->log, SKT_EVENT_ERROR, "not_served", "%s cannot be served: %s",
		client_place_name(who, name), why);
	if (!run->options->keep)
		listen_stop(run, SKT_EXIT_TROUBLE);
}

/* CLIENT has arrived: it is one of those who are served. */
static void serve(struct client *client)
{
	struct listen_run *run = client->run;
	struct skt_place who = client->connection.peer;
	struct skt_err err = {0};
	int r;

	/* One client is all that is wanted; who comes later is refused by the kernel. */
	client_link(client, &run->clients);
	if (!run->options->keep) {
		skt_server_stop(&run->server);
		client_end_arriving(run);
	}
	r = begin(client, &err);
	if (r == 0)
		return;
	client_drop(client, r);
	tell_unserved(run, &who, err.text);
}

/* ---- those who have to say something first ---- */

static void tell_refused(
	const struct client *client, const struct skt_place *sender, const char *why)
{
	struct skt_event event;
	char name[CLIENT_NAME_MAX];

	skt_event_begin(&event, &client->run->log, SKT_EVENT_NOTICE, "not_opened");
	skt_event_add_number(&event, "client", client->number);
	skt_event_add_end(&event, "remote", &sender->addr, sender->port);
	skt_event_end(&event, "client %llu: refused %s: %s", (unsigned long long)client->number,
		client_place_name(sender, name), why);
}

static void tell_proxied(const struct client *client, const struct skt_proxy_header *header)
{
	const struct skt_place sender = {.addr = client->guest.addr, .port = client->guest.port};
	const struct skt_place *local = &client->connection.local;
	char names[2][CLIENT_NAME_MAX];
	struct skt_event event;

	client_begin_event(&event, client, SKT_EVENT_DETAIL, "proxied");
	skt_event_add_end(&event, "local", &local->addr, local->port);
	skt_event_add_end(&event, "proxy", &sender.addr, sender.port);
	skt_event_add_number(&event, "version", (uint64_t)header->version);
	if (header->family == SKT_PROXY_UNIX) {
		skt_event_add_text(&event, "path", header->source_path);
		skt_event_add_text(&event, "local_path", header->destination_path);
	}
	skt_event_add_text(&event, "authority", header->authority[0] ? header->authority : NULL);
	skt_event_add_text(&event, "alpn", header->alpn[0] ? header->alpn : NULL);
	skt_event_add_text(&event, "tls", header->tls_version[0] ? header->tls_version : NULL);
	skt_event_add_text(&event, "tls_name", header->tls_name[0] ? header->tls_name : NULL);
	skt_event_end(&event, "client %llu: %s by way of %s", (unsigned long long)client->number,
		header->family == SKT_PROXY_UNKNOWN
			? "somebody"
			: client_place_name(&client->connection.peer, names[0]),
		client_place_name(&sender, names[1]));
}

/* gcc's analyzer takes what a client keeps for lost: client_drop() frees it. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* For --send-proxy=v2, which passes it on. */
static int keep_told(struct client *client, const struct skt_proxy_header *header)
{
	if (client->run->options->chain.send_proxy != 2 ||
		!(header->alpn[0] || header->authority[0] || header->tls_client))
		return 0;
	client->told = malloc(sizeof(*client->told));
	if (!client->told)
		return -ENOMEM;
	*client->told = *header;
	return 0;
}

/* The second stage: it is known now whom the connection is of. */
static int look_again(struct arrival *arrival, const struct skt_proxy_header *header)
{
	struct client *client = arrival->client;
	struct listen_run *run = client->run;
	const struct skt_place *peer = &client->connection.peer;
	enum skt_refusal why;

	tell_proxied(client, header);
	client->guest.addr = peer->addr;
	client->guest.port = peer->port;
	why = skt_server_admit(&run->server, &client->guest);
	if (why == SKT_ADMITTED)
		return keep_told(client, header);
	arrive_refused(&run->server, &client->guest, why);
	return -ECONNABORTED;
}

static void tell_tls(const struct client *client)
{
	struct listen_tls_words words;
	char name[CLIENT_NAME_MAX];
	struct skt_event event;

	if (!skt_event_wanted(&client->run->log, SKT_EVENT_DETAIL))
		return;
	listen_tls_words(&client->connection.stream, &words);
	client_begin_event(&event, client, SKT_EVENT_DETAIL, "tls");
	skt_event_add_text(&event, "version", words.state.version);
	skt_event_add_text(&event, "cipher", words.state.cipher);
	skt_event_add_text(&event, "alpn", words.alpn);
	skt_event_add_text(&event, "server_name", words.server_name);
	skt_event_add_text(&event, "subject", words.subject);
	skt_event_end(&event, "client %llu: %s speaks %s, %s%s%s%s%s%s%s",
		(unsigned long long)client->number,
		client_place_name(&client->connection.peer, name), words.state.version,
		words.state.cipher, words.alpn ? ", " : "", words.alpn ? words.alpn : "",
		words.server_name ? ", asks for " : "", words.server_name ? words.server_name : "",
		words.subject ? ", is " : "", words.subject ? words.subject : "");
	listen_tls_words_fini(&words);
}

/* What is left of it is an alert, which a reset would take from it. */
static void turn_away(struct client *client)
{
	struct skt_stream *stream = &client->connection.stream;

	if (stream->ops->finish(stream))
		client_forgo(client, -ECONNABORTED);
	else
		client_farewell(client);
}

static void arrived(struct skt_opening *opening, int r)
{
	struct arrival *arrival = SKT_CONTAINER(opening, struct arrival, opening);
	struct client *client = arrival->client;
	bool owes = r && arrival_owes_alert(arrival, r);

	if (r && opening->step != &arrival->admission)
		tell_refused(client, &client->connection.peer, opening->err.text);
	arrival_free(arrival);
	client->arrival = NULL;
	if (owes) {
		turn_away(client);
	} else if (r) {
		client_forgo(client, r);
	} else {
		if (client->connection.stream.layer)
			tell_tls(client);
		serve(client);
	}
}

static void arrive(struct client *client)
{
	struct listen_run *run = client->run;
	struct arrival *arrival = calloc(1, sizeof(*arrival));

	client_link(client, &run->arriving);
	if (!arrival) {
		tell_refused(client, &client->connection.peer, strerror(ENOMEM));
		client_drop(client, -ENOMEM);
		return;
	}
	client->arrival = arrival;
	arrival->client = client;
	arrival->told = look_again;
	arrival->opening.done = arrived;
	arrival->opening.loop = &run->loop;
	arrival->opening.connection = &client->connection;
	arrival_start(arrival, run->options, run->tls, client->start_ns);
}

void arrive_accepted(struct skt_server *server, int fd, const struct skt_guest *guest)
{
	struct listen_run *run = SKT_CONTAINER(server, struct listen_run, server);
	struct client *client = calloc(1, run->service->client_size);
	const struct skt_place peer = {.addr = guest->addr, .port = guest->port};

	if (!client) {
		skt_socket_abort(fd);
		skt_server_left(server, guest);
		tell_unserved(run, &peer, strerror(ENOMEM));
		return;
	}
	client->run = run;
	client->guest = *guest;
	/* The listener may be gone in a moment. */
	client->guest.listener = NULL;
	client->number = ++run->client_count;
	skt_connection_init(&client->connection, fd, &peer);
	if (guest->listener)
		client->connection.local.port = guest->listener->endpoint.port;
	else
		skt_connection_ask(&client->connection);
	client->start_ns = skt_loop_now(&run->loop);
	tell_accepted(client);
	listen_standing_changed(run);
	if (arrival_is_due(run->options))
		arrive(client);
	else
		serve(client);
}

static void tell_unstalled(struct listen_run *run)
{
	if (run->stalled_told)
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "clients_accepted",
			"clients are accepted again");
	run->stalled_told = false;
}

void arrive_stalled(struct skt_server *server, int r)
{
	struct listen_run *run = SKT_CONTAINER(server, struct listen_run, server);
	uint64_t now = skt_loop_now(&run->loop);
	bool ours = r == -EMFILE;
	struct skt_event event;

	if (r == 0) {
		tell_unstalled(run);
		return;
	}
	/* What is only kept at hand may be of use now. */
	skt_pump_pool_fini(&run->pool);
	if (run->stalled_ns && now - run->stalled_ns < STALLED_EVERY_NS)
		return;
	run->stalled_ns = now;
	run->stalled_told = true;
	skt_event_begin(&event, &run->log, SKT_EVENT_ERROR,
		ours ? "descriptors_exhausted" : "accept_failed");
	skt_event_add_number(&event, "clients", server->clients);
	skt_event_add_text(&event, "error", strerrorname_np(-r));
	if (ours)
		skt_event_end(&event,
			"no descriptor is left with %zu client%s: others wait; raise the limit with "
			"ulimit -n, or set --max-clients",
			server->clients, skt_plural(server->clients, "", "s"));
	else
		skt_event_end(&event, "no client can be accepted: %s: they wait", strerror(-r));
}

void arrive_refused(struct skt_server *server, const struct skt_guest *guest, enum skt_refusal why)
{
	static const char *const words[] = {
		[SKT_ADMITTED] = "",
		[SKT_REFUSED_DENIED] = "is not allowed",
		[SKT_REFUSED_PER_HOST] = "has as many connections as --max-per-host allows",
		[SKT_REFUSED_FULL] = "found as many clients as --max-clients allows",
		[SKT_REFUSED_MEMORY] = "found no memory left",
	};
	struct listen_run *run = SKT_CONTAINER(server, struct listen_run, server);
	const struct skt_place who = {.addr = guest->addr, .port = guest->port};
	char name[CLIENT_NAME_MAX];
	struct skt_event event;

	skt_event_begin(&event, &run->log, SKT_EVENT_DETAIL, "refused");
	skt_event_add_end(&event, "remote", &who.addr, who.port);
	skt_event_end(&event, "refused: %s %s", client_place_name(&who, name), words[why]);
}
