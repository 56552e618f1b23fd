/* Ports that are free: found by taking them, and kept for a command where that is wanted. */
#include "cmd/ports/free.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/random.h"
#include "base/vec.h"
#include "cmd/ports/draw.h"
#include "cmd/ports/wanted.h"
#include "cmd/ports/within.h"
#include "net/claim.h"
#include "proc/local_ports.h"

struct free_row {
	uint64_t present;
	const char *proto;
	const char *service;
	uint16_t port;
};

#define ROW(field, text, ...) SKT_COLUMN(struct free_row, field, .help = (text), __VA_ARGS__)

const struct skt_column ports_free_columns[] = {
	ROW(port, "port number", .flags = SKT_COLUMN_BOTH),
	ROW(proto, "protocols that it is free for", .flags = SKT_COLUMN_DATA),
	ROW(service, "service name that it is registered for"),
	SKT_COLUMN_END,
};

/* A port that is ours: the sockets that hold it, or -1. */
struct claim {
	uint16_t port;
	int tcp, udp;
};

struct search {
	const struct ports_options *options;
	const struct skt_context *ctx;
	const struct skt_services *services;
	struct skt_local_ports local;
	struct ports_draw draw;
	SKT_VEC(struct claim) claims;
	size_t tried, denied;
	struct skt_output *output; /* NULL: the claims are held */
};

/* ---- one port ---- */

static const char *proto_text(const struct ports_options *o)
{
	return !o->inet.udp ? "tcp" : o->inet.tcp ? "tcp,udp" : "udp";
}

static uint8_t service_protocols(const struct ports_options *o)
{
	return o->inet.tcp ? SKT_SERVICE_TCP : SKT_SERVICE_UDP;
}

static void claim_close(struct claim *claim)
{
	if (claim->tcp >= 0)
		(void)close(claim->tcp);
	if (claim->udp >= 0)
		(void)close(claim->udp);
}

static int claim_open(const struct ports_options *o, uint16_t port, struct claim *ret)
{
	const int family = o->inet.ipv4 == o->inet.ipv6 ? AF_UNSPEC
		: o->inet.ipv4                          ? AF_INET
							: AF_INET6;
	int rc = 0;

	*ret = (struct claim){.port = port, .tcp = -1, .udp = -1};
	if (o->inet.tcp)
		rc = ret->tcp = skt_claim_port(family, SOCK_STREAM, port);
	if (rc >= 0 && o->inet.udp)
		rc = ret->udp = skt_claim_port(family, SOCK_DGRAM, port);
	if (rc >= 0 && o->hold && o->inet.tcp && listen(ret->tcp, SOMAXCONN))
		rc = -errno;
	if (rc >= 0)
		return 0;
	claim_close(ret);
	return rc;
}

/* Takes PORT if it is free. 0, or what ends the search. */
static int try_port(struct search *search, uint16_t port)
{
	const struct free_row row = {
		.port = port,
		.proto = proto_text(search->options),
		.service = skt_services_name(
			search->services, port, service_protocols(search->options)),
	};
	struct claim claim;
	int rc = claim_open(search->options, port, &claim);

	search->tried++;
	search->denied += rc == -EACCES;
	if (rc == -EADDRINUSE || rc == -EACCES)
		return 0;
	if (rc) {
		skt_warn(search->ctx, "cannot try port %u: %s", port, strerror(-rc));
		return rc;
	}
	/* Kept also where only the number counts: it is how the claims are counted. */
	if (skt_vec_push(&search->claims, claim)) {
		claim_close(&claim);
		skt_warn(search->ctx, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	if (!search->output)
		return 0;
	claim_close(&claim);
	search->claims.data[search->claims.len - 1].tcp = -1;
	search->claims.data[search->claims.len - 1].udp = -1;
	return skt_output_row(search->output, &row);
}

/* ---- the search ---- */

static bool done(const struct search *search)
{
	return search->claims.len >= search->options->count || skt_interrupted(search->ctx);
}

static int find(struct search *search)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < ports_draw_count(&search->draw) && !done(search); i++)
		rc = try_port(search, ports_draw_at(&search->draw, i));
	return rc;
}

/* Says what the numbers are worth once they are printed. */
static void report_ephemeral(const struct search *search)
{
	for (size_t i = 0; search->output && i < search->claims.len; i++) {
		const uint16_t port = search->claims.data[i].port;

		if (!skt_local_ports_ephemeral(&search->local, port) ||
			skt_portset_has(&search->local.reserved, port))
			continue;
		skt_warn(search->ctx,
			"port %u may be taken any moment: outgoing connections take theirs from "
			"%u-%u (net.ipv4.ip_local_port_range); --hold keeps it",
			port, search->local.ephemeral_low, search->local.ephemeral_high);
		return;
	}
}

/* `--free 5` may have been meant for five ports. */
static void report_count(const struct search *search)
{
	const struct skt_port_item *port = search->options->ports.data;

	if (search->output && done(search) && !search->options->counted &&
		search->options->ports.len == 1 && !port->name && port->low == port->high &&
		port->low < IPPORT_RESERVED)
		skt_warn(search->ctx, "this was port %u; so many ports are --free=%u", port->low,
			port->low);
}

/* Says why there are too few. Returns the exit status. */
static int report_few(const struct search *search)
{
	const size_t found = search->claims.len, count = search->options->count;

	if (!search->tried)
		skt_warn(search->ctx,
			search->options->ports.len ? "no port to look at: 0 is none"
						   : "no port to look at: all of them are reserved "
						     "(net.ipv4.ip_local_reserved_ports)");
	else if (search->denied)
		skt_warn(search->ctx,
			"found %zu of %zu free ports, and %zu may not be bound by this user: run "
			"as root or with CAP_NET_BIND_SERVICE",
			found, count, search->denied);
	else
		skt_warn(search->ctx, "found %zu of %zu free ports: %zu are taken", found, count,
			search->tried - found);
	return search->denied ? SKT_EXIT_TROUBLE : SKT_EXIT_NO;
}

static int search_ports(struct search *search)
{
	int rc = find(search);

	if (rc)
		return SKT_EXIT_TROUBLE;
	report_ephemeral(search);
	report_count(search);
	return done(search) ? SKT_EXIT_YES : report_few(search);
}

/* ---- the command ---- */

/* Moves the claims to 3, 4, ... (sd_listen_fds(3)), where the command inherits them. */
static int pass_on(const struct search *search, struct skt_str *names, int *ret_count)
{
	const int first = 3, past = first + 2 * (int)search->claims.len;
	int count = 0;

	/* Out of the way of each other first. */
	for (size_t i = 0; i < 2 * search->claims.len; i++) {
		struct claim *claim = &search->claims.data[i / 2];
		int *fd = i % 2 ? &claim->udp : &claim->tcp, moved;

		if (*fd < 0)
			continue;
		moved = fcntl(*fd, F_DUPFD_CLOEXEC, past);
		if (moved < 0)
			return -errno;
		(void)close(*fd);
		*fd = moved;
	}
	for (size_t i = 0; i < 2 * search->claims.len; i++) {
		const struct claim *claim = &search->claims.data[i / 2];
		int fd = i % 2 ? claim->udp : claim->tcp;

		if (fd < 0)
			continue;
		if (dup2(fd, first + count) < 0)
			return -errno;
		skt_str_add_format(
			names, "%s%s-%u", count ? ":" : "", i % 2 ? "udp" : "tcp", claim->port);
		count++;
	}
	skt_str_add_char(names, '\0');
	*ret_count = count;
	return names->data && !names->failed ? 0 : -ENOMEM;
}

static int set_number(const char *name, long number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%ld", number);
	return setenv(name, text, 1) ? -errno : 0;
}

static int set_environment(const struct search *search, const char *names, int count)
{
	int rc = set_number("PORT", search->claims.data[0].port);

	if (!rc)
		rc = set_number("LISTEN_FDS", count);
	if (!rc)
		rc = set_number("LISTEN_PID", (long)getpid());
	if (!rc && setenv("LISTEN_FDNAMES", names, 1))
		rc = -errno;
	return rc;
}

/* Becomes the command. Returns only if that cannot be: as env(1) does. */
static int run_command(const struct search *search)
{
	enum { CANNOT_RUN = 126, NOT_FOUND = 127 };
	char *const *command = search->options->command;
	struct skt_str names = {0};
	int count = 0, rc = pass_on(search, &names, &count);

	if (!rc && names.data)
		rc = set_environment(search, names.data, count);
	free(names.data);
	if (rc) {
		skt_warn(search->ctx, "cannot pass the ports on: %s", strerror(-rc));
		return SKT_EXIT_TROUBLE;
	}
	(void)execvp(command[0], command);
	rc = errno;
	skt_warn(search->ctx, "cannot run '%s': %s", command[0], strerror(rc));
	return rc == ENOENT ? NOT_FOUND : CANNOT_RUN;
}

/* ---- run ---- */

static int print_free(struct search *search)
{
	struct skt_rows_options rows = search->options->rows;
	struct skt_sink sink;

	/* Made for $(...): numbers alone, unless columns are asked for. */
	if (rows.format == SKT_FORMAT_TABLE && !rows.columns_text)
		rows.no_header = true;
	if (skt_rows_begin(&rows, search->ctx, sizeof(struct free_row), &sink, &search->output))
		return SKT_EXIT_TROUBLE;
	return skt_rows_end(search->ctx, &sink, search->output, search_ports(search));
}

/* Where the ports are bound; what is found there is kept after it has been left. */
static int search_inside(const struct ports_options *o, const struct skt_context *ctx, void *state)
{
	struct search *search = state;
	struct skt_portset wanted = {0};
	struct skt_services *services = NULL;
	int status = ports_resolve(o, ctx, &services, &wanted);

	if (status == SKT_EXIT_YES) {
		search->services = services;
		skt_local_ports_read(ctx->system.proc_root, &search->local);
		ports_draw_init(&search->draw, o->ports.len ? &wanted : NULL, &search->local,
			services, skt_random_seed());
		status = o->hold ? search_ports(search) : print_free(search);
		search->services = NULL;
	}
	skt_services_free(services);
	return status;
}

int ports_free(const struct ports_options *o, const struct skt_context *ctx)
{
	struct search search = {.options = o, .ctx = ctx};
	int status = ports_within(o, ctx, search_inside, &search);

	if (status == SKT_EXIT_YES && o->hold && done(&search) && !*ctx->interrupted)
		status = run_command(&search);
	for (size_t i = 0; i < search.claims.len; i++)
		claim_close(&search.claims.data[i]);
	skt_vec_free(&search.claims);
	return status;
}
