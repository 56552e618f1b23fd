/* Clients: told of, timed, and let go. */
#include "cmd/listen/client.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "cmd/listen/service.h"
#include "cmd/listen/standing.h"
#include "cmd/stream/loss.h"

#define FAREWELL_NS SKT_NS_PER_SEC
#define FAREWELL_STALL_NS (10 * SKT_NS_PER_SEC)

const char *client_place_name(const struct skt_place *place, char text[CLIENT_NAME_MAX])
{
	char addr[SKT_ADDR_TEXT_MAX];

	(void)skt_addr_text(&place->addr, addr);
	if (place->addr.family == AF_UNSPEC)
		(void)snprintf(text, CLIENT_NAME_MAX, "a local client");
	else
		(void)snprintf(text, CLIENT_NAME_MAX,
			place->addr.family == AF_INET6 ? "[%s]:%u" : "%s:%u", addr, place->port);
	return text;
}

const char *client_name(const struct client *client, char text[CLIENT_NAME_MAX])
{
	if (client->connection.peer.addr.family != AF_UNSPEC)
		return client_place_name(&client->connection.peer, text);
	(void)snprintf(text, CLIENT_NAME_MAX, "client %llu", (unsigned long long)client->number);
	return text;
}

void client_begin_event(struct skt_event *event, const struct client *client,
	enum skt_event_level level, const char *name)
{
	const struct skt_place *peer = &client->connection.peer;

	skt_event_begin(event, &client->run->log, level, name);
	skt_event_add_number(event, "client", client->number);
	skt_event_add_end(event, "remote", &peer->addr, peer->port);
}

/* Why CLIENT was broken off by -errno R. */
static const char *reason(const struct client *client, int r)
{
	const struct skt_err *tls = skt_tls_stream_failure(&client->connection.stream);

	return tls                    ? tls->text
		: r == SKT_STREAM_CUT ? "it ended without the close_notify of TLS"
				      : strerror(-r);
}

/* Of the only one the exit status speaks, so why it was broken off is said in any case, and once.
 */
static enum skt_event_level closed_level(const struct client *client, int r)
{
	return r && !client->explained && !client->run->options->keep ? SKT_EVENT_ERROR
								      : SKT_EVENT_DETAIL;
}

static void tell_closed(const struct client *client, const struct listen_traffic *traffic, int r)
{
	enum skt_event_level level = closed_level(client, r);
	uint64_t duration_ns = skt_clock_ns() - client->start_ns;
	char name[CLIENT_NAME_MAX];
	struct skt_event event;

	if (!skt_event_wanted(&client->run->log, level))
		return;
	client_begin_event(&event, client, level, "closed");
	skt_event_add_number(&event, "duration_ns", duration_ns);
	skt_event_add_text(&event, "error", r ? strerrorname_np(-r) : NULL);
	if (traffic->unknown) {
		skt_event_end(&event, "client %llu: closed %s after %.3f s",
			(unsigned long long)client->number,
			client_place_name(&client->connection.peer, name),
			(double)duration_ns / 1e9);
		return;
	}
	skt_event_add_number(&event, "received", traffic->received);
	skt_event_add_number(&event, "sent", traffic->sent);
	skt_event_end(&event,
		"client %llu: closed %s after %.3f s, %llu byte%s received, %llu sent%s%s",
		(unsigned long long)client->number,
		client_place_name(&client->connection.peer, name), (double)duration_ns / 1e9,
		(unsigned long long)traffic->received, skt_plural(traffic->received, "", "s"),
		(unsigned long long)traffic->sent, r ? ": " : "", r ? reason(client, r) : "");
}

/* ---- --record and --dump ---- */

/* The file of CLIENT below the directory of --record. */
static int record_path(const struct client *client, char path[PATH_MAX], struct skt_err *err)
{
	char name[CLIENT_NAME_MAX], stamp[32];
	struct timespec now;
	struct tm tm;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
	if (client->connection.peer.addr.family == AF_UNSPEC)
		(void)snprintf(name, sizeof(name), "local");
	else
		(void)client_place_name(&client->connection.peer, name);
	for (char *p = name; *p; p++)
		if (strchr("[]%", *p))
			*p = '_';
	if (snprintf(path, PATH_MAX, "%s/%s.%09ldZ-%llu-%s", client->run->options->record, stamp,
		    now.tv_nsec, (unsigned long long)client->number, name) >= PATH_MAX)
		return skt_fail(err, ENAMETOOLONG, "--record");
	return 0;
}

int client_open_record(struct client *client, struct skt_err *err)
{
	const struct listen_options *o = client->run->options;
	char path[PATH_MAX];
	int r = o->record ? record_path(client, path, err) : 0;

	if (r)
		return r;
	client->record = calloc(1, sizeof(*client->record));
	if (!client->record)
		return skt_fail(err, ENOMEM, "--record");
	r = skt_record_open(client->record, o->record ? path : NULL, false);
	skt_record_dump(client->record, o->pipe.dump, client->number);
	return r ? skt_fail(err, -r, "open %.160s", path) : 0;
}

static void close_record(struct client *client)
{
	int r = client->record ? skt_record_close(client->record) : 0;

	if (r)
		skt_event_tell(&client->run->log, SKT_EVENT_ERROR, "record_broken",
			"client %llu: the record is incomplete: %s",
			(unsigned long long)client->number, strerror(-r));
	free(client->record);
	client->record = NULL;
}

/* ---- leaving ---- */

static void unlink_client(struct client *client)
{
	if (!client->link)
		return;
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
}

void client_link(struct client *client, struct client **list)
{
	unlink_client(client);
	client->next = *list;
	client->link = list;
	if (*list)
		(*list)->link = &client->next;
	*list = client;
}

void client_reset(struct client *client)
{
	skt_keepalive_stop(&client->keepalive);
	skt_connection_abort(&client->connection);
}

void client_drop(struct client *client, int r)
{
	struct listen_run *run = client->run;
	struct skt_guest guest = client->guest;

	skt_timer_remove(&client->idle);
	skt_keepalive_stop(&client->keepalive);
	arrival_free(client->arrival);
	if (client->served && run->service->stop)
		run->service->stop(client);
	/* One that ended without a close_notify gets none; a reset would take from it what it has
	 * not read yet. */
	if (r && r != SKT_STREAM_CUT)
		client_reset(client);
	else
		skt_connection_close(&client->connection);
	close_record(client);
	unlink_client(client);
	free(client->told);
	free(client);
	skt_server_left(&run->server, &guest);
	listen_standing_changed(run);
}

void client_forgo(struct client *client, int r)
{
	struct listen_run *run = client->run;

	client_drop(client, r);
	/* Nobody else can come. */
	if (!run->options->keep && !run->server.listeners)
		listen_stop(run, SKT_EXIT_NO);
}

void client_end(struct client *client, int r)
{
	struct listen_run *run = client->run;
	struct listen_traffic traffic = {0};

	if (run->service->look)
		run->service->look(client, &traffic);
	traffic.sent += client->greeted;
	client->explained = client->explained || r == -EMSGSIZE;
	if (r == -EMSGSIZE)
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "record_refused",
			"client %llu is reset: a record of it is longer than %d KiB (4 with "
			"--label), or than net.core.wmem_max lets pass on",
			(unsigned long long)client->number, SKT_PUMP_CHUNK / 1024);
	tell_closed(client, &traffic, r);
	client_drop(client, r);
	if (!run->options->keep)
		listen_stop(run, r ? skt_loss_status(r) : run->status);
}

static void part(struct client *client)
{
	if (client->served)
		client_end(client, 0);
	else
		client_forgo(client, 0);
}

static void farewell_due(struct skt_timer *timer)
{
	struct client *client = SKT_CONTAINER(timer, struct client, idle);
	uint64_t now = skt_loop_now(&client->run->loop);
	size_t unsent = client->connection.stream.ops->unsent(&client->connection.stream);

	if (unsent != client->farewell_unsent) {
		client->farewell_unsent = unsent;
		client->farewell_ns = now;
	} else if (!unsent || now - client->farewell_ns >= FAREWELL_STALL_NS) {
		part(client);
		return;
	}
	skt_timer_set(&client->run->loop, timer, now + FAREWELL_NS);
}

static void farewell_heard(struct skt_stream_user *user)
{
	struct client *client = SKT_CONTAINER(user, struct client, farewell);
	char dropped[4096];
	ssize_t n = client->connection.stream.ops->read(
		&client->connection.stream, dropped, sizeof(dropped));

	if (n <= 0 && n != -EAGAIN)
		part(client);
}

void client_farewell(struct client *client)
{
	struct skt_loop *loop = &client->run->loop;

	client->farewell.ready = farewell_heard;
	client->connection.stream.reader = &client->farewell;
	client->connection.stream.wants_read = true;
	client->idle.handler = farewell_due;
	client->farewell_unsent = client->connection.stream.ops->unsent(&client->connection.stream);
	client->farewell_ns = skt_loop_now(loop);
	skt_timer_set(loop, &client->idle, skt_loop_now(loop) + FAREWELL_NS);
	if (skt_stream_update(&client->connection.stream))
		part(client);
}

static void end_each(struct client *first)
{
	struct client *next;

	for (struct client *at = first; at; at = next) {
		next = at->next;
		client_drop(at, at->farewell.ready ? 0 : -ECANCELED);
	}
}

void client_end_arriving(struct listen_run *run)
{
	end_each(run->arriving);
}

void client_end_all(struct listen_run *run)
{
	client_end_arriving(run);
	end_each(run->clients);
}

static void idle_due(struct skt_timer *timer)
{
	struct client *client = SKT_CONTAINER(timer, struct client, idle);
	uint64_t idle_ns = client->run->options->limits.idle_timeout_ns;
	struct listen_traffic traffic = {0};
	struct skt_event event;
	uint64_t due;

	client->run->service->look(client, &traffic);
	due = SKT_MAX(traffic.last_ns, client->start_ns) + idle_ns;
	if (due > skt_loop_now(&client->run->loop)) {
		skt_timer_set(&client->run->loop, timer, due);
		return;
	}
	client_begin_event(&event, client,
		client->run->options->keep ? SKT_EVENT_DETAIL : SKT_EVENT_ERROR, "idle_timeout");
	skt_event_end(&event, "client %llu: nothing moved: closed by --idle-timeout",
		(unsigned long long)client->number);
	client->explained = true;
	if (client->run->service->cut)
		client->run->service->cut(client, -ETIMEDOUT);
	else
		client_end(client, -ETIMEDOUT);
}

void client_watch_idle(struct client *client)
{
	uint64_t idle_ns = client->run->options->limits.idle_timeout_ns;

	if (!idle_ns || client->run->service->keeps_time)
		return;
	client->idle.handler = idle_due;
	skt_timer_set(&client->run->loop, &client->idle, skt_clock_add(client->start_ns, idle_ns));
}
