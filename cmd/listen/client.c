/* Clients: taken in, told of, counted, and let go. */
#include "cmd/listen/client.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "cmd/listen/service.h"
#include "net/socket.h"

/* Want of descriptors comes and goes with clients: it is told this often at the most. */
#define STALLED_EVERY_NS (10 * SKT_NS_PER_SEC)
#define FAREWELL_NS SKT_NS_PER_SEC
#define FAREWELL_STALL_NS (10 * SKT_NS_PER_SEC)

/* "127.0.0.1:4242", "[::1]:4242", or what else came. */
static const char *guest_name(const struct skt_guest *guest, char text[CLIENT_NAME_MAX])
{
	char addr[SKT_ADDR_TEXT_MAX];

	(void)skt_addr_text(&guest->addr, addr);
	if (guest->addr.family == AF_UNSPEC)
		(void)snprintf(text, CLIENT_NAME_MAX, "a local client");
	else
		(void)snprintf(text, CLIENT_NAME_MAX,
			guest->addr.family == AF_INET6 ? "[%s]:%u" : "%s:%u", addr, guest->port);
	return text;
}

const char *client_name(const struct client *client, char text[CLIENT_NAME_MAX])
{
	if (client->guest.addr.family != AF_UNSPEC)
		return guest_name(&client->guest, text);
	(void)snprintf(text, CLIENT_NAME_MAX, "client %llu", (unsigned long long)client->number);
	return text;
}

static void begin_event(struct skt_event *event, const struct client *client,
	enum skt_event_level level, const char *name)
{
	skt_event_begin(event, &client->run->log, level, name);
	skt_event_add_number(event, "client", client->number);
	skt_event_add_end(event, "remote", &client->guest.addr, client->guest.port);
}

static void tell_accepted(const struct client *client)
{
	char name[CLIENT_NAME_MAX];
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	struct skt_addr local = {0};
	struct skt_event event;
	uint16_t port = 0;

	if (!skt_event_wanted(&client->run->log, SKT_EVENT_DETAIL))
		return;
	if (getsockname(client->fd, (struct sockaddr *)&sa, &len) == 0)
		(void)skt_addr_from_sockaddr((struct sockaddr *)&sa, &local, &port);
	skt_addr_unmap(&local);
	begin_event(&event, client, SKT_EVENT_DETAIL, "accepted");
	skt_event_add_number(&event, "fd", (uint64_t)client->fd);
	skt_event_add_end(&event, "local", &local, port);
	skt_event_end(&event, "client %llu: accepted %s as socket %d",
		(unsigned long long)client->number, guest_name(&client->guest, name), client->fd);
}

static void tell_closed(const struct client *client, const struct listen_traffic *traffic, int r)
{
	uint64_t duration_ns = skt_clock_ns() - client->start_ns;
	char name[CLIENT_NAME_MAX];
	struct skt_event event;

	if (!skt_event_wanted(&client->run->log, SKT_EVENT_DETAIL))
		return;
	begin_event(&event, client, SKT_EVENT_DETAIL, "closed");
	skt_event_add_number(&event, "duration_ns", duration_ns);
	skt_event_add_text(&event, "error", r ? strerrorname_np(-r) : NULL);
	if (traffic->unknown) {
		skt_event_end(&event, "client %llu: closed %s after %.3f s",
			(unsigned long long)client->number, guest_name(&client->guest, name),
			(double)duration_ns / 1e9);
		return;
	}
	skt_event_add_number(&event, "received", traffic->received);
	skt_event_add_number(&event, "sent", traffic->sent);
	skt_event_end(&event,
		"client %llu: closed %s after %.3f s, %llu byte%s received, %llu sent%s%s",
		(unsigned long long)client->number, guest_name(&client->guest, name),
		(double)duration_ns / 1e9, (unsigned long long)traffic->received,
		skt_plural(traffic->received, "", "s"), (unsigned long long)traffic->sent,
		r ? ": " : "", r ? strerror(-r) : "");
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
	if (client->guest.addr.family == AF_UNSPEC)
		(void)snprintf(name, sizeof(name), "local");
	else
		(void)guest_name(&client->guest, name);
	for (char *p = name; *p; p++)
		if (strchr("[]%", *p))
			*p = '_';
	if (snprintf(path, PATH_MAX, "%s/%s.%09ldZ-%llu-%s", client->run->options->record, stamp,
		    now.tv_nsec, (unsigned long long)client->number, name) >= PATH_MAX)
		return skt_fail(err, ENAMETOOLONG, "--record");
	return 0;
}

static int open_record(struct client *client, struct skt_err *err)
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
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
}

void client_reset(struct client *client)
{
	skt_keepalive_stop(&client->keepalive);
	if (client->stream.ops)
		skt_stream_close(&client->stream);
	if (client->fd >= 0)
		skt_socket_abort(client->fd);
	client->fd = -1;
}

/* Leaves without a word. */
static void drop(struct client *client, int r)
{
	struct listen_run *run = client->run;
	struct skt_guest guest = client->guest;

	skt_timer_remove(&client->idle);
	skt_keepalive_stop(&client->keepalive);
	if (run->service->stop)
		run->service->stop(client);
	if (r)
		client_reset(client);
	if (client->stream.ops)
		skt_stream_close(&client->stream);
	if (client->fd >= 0)
		(void)close(client->fd);
	close_record(client);
	unlink_client(client);
	free(client);
	skt_server_left(&run->server, &guest);
}

void client_end(struct client *client, int r)
{
	struct listen_run *run = client->run;
	struct listen_traffic traffic = {0};

	if (run->service->look)
		run->service->look(client, &traffic);
	traffic.sent += client->greeted;
	if (r == -EMSGSIZE)
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "record_refused",
			"client %llu is reset: a record of it is longer than %d KiB (4 with "
			"--label), or than net.core.wmem_max lets pass on",
			(unsigned long long)client->number, SKT_PUMP_CHUNK / 1024);
	tell_closed(client, &traffic, r);
	drop(client, r);
	if (!run->options->keep)
		listen_stop(run, r ? SKT_EXIT_NO : run->status);
}

static void farewell_due(struct skt_timer *timer)
{
	struct client *client = SKT_CONTAINER(timer, struct client, idle);
	uint64_t now = skt_loop_now(&client->run->loop);
	size_t unsent = skt_stream_unsent(&client->stream);

	if (unsent != client->farewell_unsent) {
		client->farewell_unsent = unsent;
		client->farewell_ns = now;
	} else if (!unsent || now - client->farewell_ns >= FAREWELL_STALL_NS) {
		client_end(client, 0);
		return;
	}
	skt_timer_set(&client->run->loop, timer, now + FAREWELL_NS);
}

static void farewell_heard(struct skt_stream_user *user)
{
	struct client *client = SKT_CONTAINER(user, struct client, farewell);
	char dropped[4096];
	ssize_t n = client->stream.ops->read(&client->stream, dropped, sizeof(dropped));

	if (n <= 0 && n != -EAGAIN)
		client_end(client, 0);
}

void client_farewell(struct client *client)
{
	struct skt_loop *loop = &client->run->loop;

	client->farewell.ready = farewell_heard;
	client->stream.reader = &client->farewell;
	client->stream.wants_read = true;
	client->idle.handler = farewell_due;
	client->farewell_unsent = skt_stream_unsent(&client->stream);
	client->farewell_ns = skt_loop_now(loop);
	skt_timer_set(loop, &client->idle, skt_loop_now(loop) + FAREWELL_NS);
	if (skt_stream_update(&client->stream))
		client_end(client, 0);
}

void client_end_all(struct listen_run *run)
{
	struct client *next;

	for (struct client *at = run->clients; at; at = next) {
		next = at->next;
		drop(at, at->farewell.ready ? 0 : -ECANCELED);
	}
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
	begin_event(&event, client, client->run->options->keep ? SKT_EVENT_DETAIL : SKT_EVENT_ERROR,
		"idle_timeout");
	skt_event_end(&event, "client %llu: nothing moved: closed by --idle-timeout",
		(unsigned long long)client->number);
	if (client->run->service->cut)
		client->run->service->cut(client, -ETIMEDOUT);
	else
		client_end(client, -ETIMEDOUT);
}

/* ---- coming ---- */

/* One that has closed may have said something before, which is still to be read. */
static void guard_heard(struct skt_stream_user *user)
{
	struct client *client = SKT_CONTAINER(user, struct client, guard);

	if (client->stream.error)
		client_end(client, client->stream.error);
}

/* The first that a client hears fits into its empty buffer, whatever the kernel's least is. */
static int greet(struct client *client, struct skt_err *err)
{
	const struct listen_options *o = client->run->options;
	ssize_t n = send(client->fd, o->greeting, o->greeting_len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return skt_fail(err, errno, "--greet");
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
	uint64_t idle_ns = run->options->limits.idle_timeout_ns;
	unsigned int keepalive_s = run->options->socket.keepalive_s;
	int r = 0;

	if (run->options->record || run->options->pipe.dump)
		r = open_record(client, err);
	if (r == 0 && run->options->greeting)
		r = greet(client, err);
	if (r == 0 && !run->service->no_stream) {
		r = skt_stream_open(&client->stream, &run->loop, client->fd);
		if (r)
			(void)skt_fail(err, -r, "watch the connection");
		client->guard.ready = guard_heard;
		if (r == 0)
			skt_stream_hears_break(&client->stream, &client->guard);
	}
	if (r == 0 && keepalive_s && run->options->endpoint.kind == SKT_ENDPOINT_INET)
		skt_keepalive_start(&client->keepalive, &run->loop, client->fd, keepalive_s);
	if (r == 0)
		r = run->service->start(client, err);
	if (r == 0 && idle_ns && !run->service->keeps_time) {
		client->idle.handler = idle_due;
		skt_timer_set(&run->loop, &client->idle, skt_clock_add(client->start_ns, idle_ns));
	}
	return r;
}

static void tell_unserved(struct listen_run *run, const struct skt_guest *guest, const char *why)
{
	char name[CLIENT_NAME_MAX];

	skt_event_tell(&run->log, SKT_EVENT_ERROR, "not_served", "%s cannot be served: %s",
		guest_name(guest, name), why);
	if (!run->options->keep)
		listen_stop(run, SKT_EXIT_TROUBLE);
}

void client_accepted(struct skt_server *server, int fd, const struct skt_guest *guest)
{
	struct listen_run *run = SKT_CONTAINER(server, struct listen_run, server);
	struct client *client = calloc(1, run->service->client_size);
	struct skt_guest who = *guest;
	/* The listener may be gone in a moment. */
	uint16_t local_port = guest->listener->endpoint.port;
	struct skt_err err = {0};
	int r;

	/* One client is all that is wanted; who comes later is refused by the kernel. */
	if (!run->options->keep)
		skt_server_stop(server);
	if (!client) {
		skt_socket_abort(fd);
		skt_server_left(server, &who);
		tell_unserved(run, &who, strerror(ENOMEM));
		return;
	}
	client->run = run;
	client->guest = who;
	client->guest.listener = NULL;
	client->local_port = local_port;
	client->number = ++run->client_count;
	client->fd = fd;
	client->start_ns = skt_loop_now(&run->loop);
	client->next = run->clients;
	client->link = &run->clients;
	if (run->clients)
		run->clients->link = &client->next;
	run->clients = client;
	tell_accepted(client);
	r = begin(client, &err);
	if (r == 0)
		return;
	drop(client, r);
	tell_unserved(run, &who, err.text);
}

static void tell_unstalled(struct listen_run *run)
{
	if (run->stalled_told)
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "clients_accepted",
			"clients are accepted again");
	run->stalled_told = false;
}

void client_stalled(struct skt_server *server, int r)
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

void client_refused(struct skt_server *server, const struct skt_guest *guest, enum skt_refusal why)
{
	static const char *const words[] = {
		[SKT_REFUSED_DENIED] = "is not allowed",
		[SKT_REFUSED_PER_HOST] = "has as many connections as --max-per-host allows",
		[SKT_REFUSED_FULL] = "found as many clients as --max-clients allows",
		[SKT_REFUSED_MEMORY] = "found no memory left",
	};
	struct listen_run *run = SKT_CONTAINER(server, struct listen_run, server);
	char name[CLIENT_NAME_MAX];
	struct skt_event event;

	skt_event_begin(&event, &run->log, SKT_EVENT_DETAIL, "refused");
	skt_event_add_end(&event, "remote", &guest->addr, guest->port);
	skt_event_end(&event, "refused: %s %s", guest_name(guest, name), words[why]);
}
