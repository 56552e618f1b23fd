/* Listening sockets: opened, told on stderr, and who is in the way where one cannot be had. */
#include "cmd/listen/bind.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/end.h"
#include "base/macros.h"
#include "base/service.h"
#include "cmd/listen/service.h"
#include "cmd/look_up.h"
#include "cmd/options.h"
#include "diag/dump.h"
#include "net/keepalive.h"
#include "net/resolve.h"
#include "net/socket.h"
#include "out/sink.h"
#include "proc/owner.h"

/* A name to listen at is one of this host: it is known soon, or not at all. */
#define LOOKUP_NS (10 * UINT64_C(1000000000))

/* ---- who holds a port ---- */

struct search {
	const char *path; /* of a unix socket, or NULL */
	struct skt_owners *owners;
	uint64_t inode; /* of one who listens there; 0: none found */
};

static bool is_at(const struct skt_end *end, const char *path)
{
	size_t len = skt_end_host_len(end);

	return len == strlen(path) && memcmp(path, end->host, len) == 0;
}

static int take_listener(const struct skt_socket *socket, void *ctx)
{
	struct search *search = ctx;

	if (search->path && !is_at(&socket->local, search->path))
		return 0;
	if (socket->present & UINT64_C(1) << SKT_SOCKET_INODE && socket->inode && !search->inode)
		search->inode = socket->inode;
	return 0;
}

/* "held by nginx[812]; see sockkit ports 80", as far as it can be found out. */
static void say_holder(const struct listen_run *run, uint16_t port, char *text, size_t size)
{
	const struct skt_endpoint *endpoint = &run->options->endpoint;
	bool inet = endpoint->kind == SKT_ENDPOINT_INET;
	struct skt_dump_query query = {
		.protos = {[SKT_PROTO_TCP] = inet, [SKT_PROTO_UNIX] = !inet},
		.ipv4 = true,
		.ipv6 = true,
		.states = inet ? SKT_STATE_BIT(SKT_STATE_LISTEN) : SKT_STATES_ALL,
		.local_port = port,
	};
	char see[64] = "see sockkit sockets -x", name[SKT_ENDPOINT_PATH_MAX + 2];
	const struct skt_holder *holders = NULL;
	struct search search = {.path = inet ? NULL : name};
	struct skt_dump_report report;
	size_t count = 0;

	(void)snprintf(name, sizeof(name), "%s%s", endpoint->abstract ? "@" : "", endpoint->path);
	if (inet)
		(void)snprintf(see, sizeof(see), "see sockkit ports %u", port);
	(void)snprintf(text, size, "%s", see);
	if (skt_dump_sockets(&run->ctx->system, &query, take_listener, &search, &report, NULL) ||
		!search.inode)
		return;
	if (skt_owners_new(run->ctx->system.proc_root, &search.owners))
		return;
	if (skt_owners_want(search.owners, search.inode) == 0 &&
		skt_owners_scan(search.owners, NULL) == 0)
		count = skt_owners_of(search.owners, search.inode, &holders);
	if (count)
		(void)snprintf(
			text, size, "held by %s[%u]; %s", holders[0].name, holders[0].pid, see);
	skt_owners_free(search.owners);
}

static enum skt_exit refuse(
	const struct listen_run *run, int r, uint16_t port, const struct skt_err *err)
{
	const struct skt_endpoint *endpoint = &run->options->endpoint;
	struct skt_event event;
	char hint[128] = "";

	if (r == -EADDRINUSE && (port || endpoint->kind == SKT_ENDPOINT_UNIX))
		say_holder(run, port, hint, sizeof(hint));
	else if (r == -EPERM && run->options->socket.way.interface)
		(void)snprintf(hint, sizeof(hint),
			"--interface needs root or CAP_NET_RAW before Linux 5.7");
	else if (r == -EACCES && endpoint->kind == SKT_ENDPOINT_INET && port && port < 1024)
		(void)snprintf(
			hint, sizeof(hint), "ports below 1024 need root or CAP_NET_BIND_SERVICE");
	skt_event_begin(&event, &run->log, SKT_EVENT_ERROR, "cannot_listen");
	skt_event_add_text(&event, "error", strerrorname_np(-r));
	skt_event_end(&event, "%s%s%s", err->text, hint[0] ? ": " : "", hint);
	return SKT_EXIT_TROUBLE;
}

/* ---- what was passed on ---- */

/* An option of what is opened here, or NULL. */
static const char *opening_option(const struct listen_options *o)
{
	return o->socket.way.interface              ? "--interface"
		: o->socket.way.family != AF_UNSPEC ? "-4 or -6"
		: o->reuse_port                     ? "--reuse-port"
		: o->seqpacket                      ? "--seqpacket"
		: o->mode                           ? "--mode"
		: o->backlog                        ? "--backlog"
		: o->socket.mptcp                   ? "--mptcp"
		: o->socket.fastopen                ? "--fastopen"
						    : NULL;
}

/* Whether only this host can reach the endpoint. */
static bool is_private(const struct skt_endpoint *endpoint)
{
	return endpoint->kind == SKT_ENDPOINT_UNIX || skt_addr_is_loopback(&endpoint->addr) ||
		strcasecmp(endpoint->host, "localhost") == 0;
}

/* The same of a socket that was passed on. */
static bool is_private_socket(int fd)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	struct skt_addr addr;
	uint16_t port;

	if (getsockname(fd, (struct sockaddr *)&sa, &len))
		return false;
	return sa.ss_family == AF_UNIX ||
		(skt_addr_from_sockaddr((struct sockaddr *)&sa, &addr, &port) == 0 &&
			skt_addr_is_loopback(&addr));
}

/* A proxy for everybody would be found, and used, within hours. */
static enum skt_exit refuse_open_proxy(const struct listen_run *run)
{
	const struct listen_options *o = run->options;
	bool shut = run->passed.len || is_private(&o->endpoint);

	if (o->service != &listen_proxy || o->proxy_users || skt_access_given(&o->allow))
		return SKT_EXIT_YES;
	for (size_t i = 0; i < run->passed.len; i++)
		shut = shut && is_private_socket(run->passed.data[i].fd);
	if (shut)
		return SKT_EXIT_YES;
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "cannot_listen",
		"%s would serve whoever comes: listen at localhost:PORT, or say who may with "
		"--allow or --proxy-users",
		o->service_option);
	return SKT_EXIT_USAGE;
}

enum skt_exit listen_choose_passed(struct listen_run *run)
{
	const unsigned int takes = 1u << SKT_PASSED_LISTENER | 1u << SKT_PASSED_CONNECTION;
	struct skt_err err = {0};

	if (run->options->argument) {
		skt_passed_hide(run->ctx);
		return refuse_open_proxy(run);
	}
	if (skt_passed_choose(run->ctx, run->options->fdname, takes, &run->passed, &err) == 0 &&
		skt_passed_check(&run->passed, opening_option(run->options), &err) == 0)
		return refuse_open_proxy(run);
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "cannot_listen", "%s", err.text);
	return SKT_EXIT_TROUBLE;
}

static int adopt_passed(struct listen_run *run, struct skt_err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->passed.len; i++)
		if (run->passed.data[i].kind == SKT_PASSED_LISTENER)
			r = skt_server_adopt(&run->server, run->passed.data[i].fd, err);
	if (r)
		skt_err_prefix(err, "LISTEN_FDS");
	return r;
}

void listen_take_passed(struct listen_run *run)
{
	for (size_t i = 0; i < run->passed.len; i++)
		if (run->passed.data[i].kind == SKT_PASSED_CONNECTION)
			skt_server_take(&run->server, run->passed.data[i].fd);
}

/* NULL: it was opened here. */
static const char *name_of(const struct listen_run *run, const struct skt_listener *listener)
{
	for (size_t i = 0; i < run->passed.len; i++)
		if (run->passed.data[i].fd == listener->watch.fd)
			return run->passed.data[i].name;
	return NULL;
}

/* ---- what was opened ---- */

static void tell_opened(
	const struct listen_run *run, const struct skt_listener *listener, const char *text)
{
	struct skt_event event;

	skt_event_begin(&event, &run->log, SKT_EVENT_DETAIL, "created");
	skt_event_add_number(&event, "fd", (uint64_t)listener->watch.fd);
	skt_event_end(&event, "socket %d created%s", listener->watch.fd,
		listener->mptcp ? " (Multipath TCP)" : "");
	skt_event_begin(&event, &run->log, SKT_EVENT_DETAIL, "bound");
	skt_event_add_number(&event, "fd", (uint64_t)listener->watch.fd);
	skt_event_add_text(&event, "endpoint", text);
	skt_event_end(&event, "socket %d bound to %s", listener->watch.fd, text);
}

static void tell(const struct listen_run *run, const struct skt_listener *listener)
{
	const struct skt_endpoint *endpoint = &listener->endpoint;
	const char *too = listener->dual ? ", IPv4 and IPv6" : "";
	const char *passed = name_of(run, listener);
	char text[SKT_ENDPOINT_TEXT_MAX];
	struct skt_event event;

	(void)skt_endpoint_text(endpoint, text);
	if (!passed)
		tell_opened(run, listener, text);
	skt_event_begin(&event, &run->log, SKT_EVENT_NOTICE, "listening");
	skt_event_add_number(&event, "fd", (uint64_t)listener->watch.fd);
	skt_event_add_text(&event, "endpoint", text);
	if (endpoint->kind == SKT_ENDPOINT_INET)
		skt_event_add_end(&event, "local", &endpoint->addr, endpoint->port);
	skt_event_add_text(&event, "fdname", passed);
	if (passed)
		skt_event_end(&event, "listening on %s (passed on as '%s')", text, passed);
	else
		skt_event_end(&event, "listening on %s%s", text, too);
}

/* The bare port, at once: whoever reads it may wait for nothing else. */
static enum skt_exit print_port(const struct listen_run *run, const struct skt_endpoint *endpoint)
{
	uint32_t port =
		endpoint->kind == SKT_ENDPOINT_VSOCK ? endpoint->vsock_port : endpoint->port;
	struct skt_sink sink;

	skt_sink_init(&sink, run->ctx->out);
	skt_str_add_format(&sink.pending, "%u\n", port);
	return (enum skt_exit)skt_bytes_end(run->ctx, &sink, SKT_EXIT_YES);
}

static void set_keepalive(const struct listen_run *run)
{
	unsigned int seconds = run->options->socket.keepalive_s;

	if (!seconds || run->options->endpoint.kind != SKT_ENDPOINT_INET)
		return;
	/* Those that are accepted inherit it. */
	for (struct skt_listener *at = run->server.listeners; at; at = at->next)
		skt_keepalive_ask(at->watch.fd, seconds);
}

/* ---- names ---- */

static void answered(struct skt_resolve *resolve SKT_UNUSED)
{
}

/* The addresses of a name, looked up before anything else runs. */
static int look_up(struct listen_run *run, struct skt_resolve *resolve, struct skt_err *err)
{
	const struct skt_endpoint *endpoint = &run->options->endpoint;
	struct skt_resolver *resolver;
	int r = skt_resolver_open(&run->loop, NULL, NULL, &resolver);

	if (r)
		return skt_fail(err, -r, "look up %.128s", endpoint->host);
	resolve->answered = answered;
	r = skt_resolve_start(resolver, endpoint->host, run->options->socket.way.family,
		skt_loop_after(&run->loop, LOOKUP_NS), resolve);
	while (r == 0 && skt_resolve_pending(resolve) && !run->signo)
		r = skt_loop_step(&run->loop, SKT_NEVER);
	if (r)
		(void)skt_fail(err, -r, "look up %.128s", endpoint->host);
	else if (!resolve->v6.count && !resolve->v4.count)
		r = skt_resolve_error(resolve, endpoint->host, err);
	skt_resolve_cancel(resolve);
	skt_resolver_free(resolver);
	return r;
}

/* At every address of a name, all with one port: that of the first where it is free to choose. */
static int listen_at_name(struct listen_run *run, uint16_t port, struct skt_err *err)
{
	struct skt_resolve resolve = {0};
	const struct skt_answer *answers[] = {&resolve.v6, &resolve.v4};
	int r = look_up(run, &resolve, err), failed = 0;

	if (r)
		return r;
	for (size_t i = 0; i < SKT_COUNT(answers); i++)
		for (size_t j = 0; j < answers[i]->count; j++) {
			r = skt_server_listen(&run->server, &run->options->endpoint,
				&answers[i]->addrs[j], port, err);
			if (r && r != -EAFNOSUPPORT && r != -EADDRNOTAVAIL)
				return r;
			failed = r ? r : failed;
			if (!port && run->server.listeners)
				port = run->server.listeners->endpoint.port;
		}
	/* A name of this host may have an address whose family is switched off. */
	return run->server.listeners ? 0 : failed;
}

static int listen_inet(struct listen_run *run, uint16_t port, struct skt_err *err)
{
	const struct skt_endpoint *endpoint = &run->options->endpoint;
	struct skt_addr addr;
	int r;

	if (endpoint->host[0])
		return listen_at_name(run, port, err);
	if (endpoint->addr.family == AF_UNSPEC)
		return skt_server_listen(&run->server, endpoint, NULL, port, err);
	r = skt_resolve_numeric(endpoint, &addr, err);
	return r ? r : skt_server_listen(&run->server, endpoint, &addr, port, err);
}

static int find_port(const struct listen_run *run, uint16_t *ret, struct skt_err *err)
{
	struct skt_services *services;
	int r = skt_services_open(run->ctx->services_path, &services);

	if (r)
		return skt_fail(err, -r, "service names");
	r = skt_resolve_port(&run->options->endpoint, services, SKT_SERVICE_TCP, ret, err);
	skt_services_free(services);
	return r;
}

enum skt_exit listen_bind(struct listen_run *run)
{
	const struct skt_endpoint *endpoint = &run->options->endpoint;
	struct skt_err err = {0};
	uint16_t port = 0;
	int r;

	if (run->passed.len) {
		r = adopt_passed(run, &err);
	} else if (endpoint->kind == SKT_ENDPOINT_INET) {
		r = find_port(run, &port, &err);
		if (r) {
			skt_event_tell(&run->log, SKT_EVENT_ERROR, "cannot_listen", "%s", err.text);
			return (enum skt_exit)skt_look_up_status(r);
		}
		r = listen_inet(run, port, &err);
	} else {
		r = skt_server_listen(&run->server, endpoint, NULL, 0, &err);
	}
	if (r == -ENOENT && endpoint->kind == SKT_ENDPOINT_INET) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "cannot_listen", "%s", err.text);
		return SKT_EXIT_NO;
	}
	if (r)
		return refuse(run, r, port, &err);
	set_keepalive(run);
	return SKT_EXIT_YES;
}

enum skt_exit listen_announce(struct listen_run *run)
{
	const struct skt_listener *at;

	for (at = run->server.listeners; at; at = at->next)
		tell(run, at);
	if (!run->options->print_port)
		return SKT_EXIT_YES;
	for (at = run->server.listeners; at; at = at->next)
		if (at->endpoint.kind != SKT_ENDPOINT_UNIX)
			return print_port(run, &at->endpoint);
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed",
		"--print-port: nothing that was passed on listens at a port");
	return SKT_EXIT_TROUBLE;
}
