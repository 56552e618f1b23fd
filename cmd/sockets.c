/* `sockkit sockets`: every live socket. */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/service.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "cmd/parse.h"
#include "cmd/socket_listing.h"
#include "cmd/sockets/modes.h"
#include "diag/filter.h"

struct sockets_options {
	struct skt_rows_options rows;
	struct skt_netns_options netns;
	struct sockets_modes modes;
	bool tcp, udp, ipv4, ipv6;
	bool listening;
	bool processes, extended, timers;
	enum skt_dump_source source;
	enum skt_owners_source owners;
	struct skt_str words; /* the filter, its words joined by spaces */
	struct skt_filter *filter;
};

/* ---- options ---- */

enum { KEY_SOURCE = SKT_KEY_COMMAND };

static const struct argp_option options_table[] = {
	{"tcp", 't', NULL, 0, "TCP sockets", SKT_GROUP_MAIN},
	{"udp", 'u', NULL, 0, "UDP sockets", SKT_GROUP_MAIN},
	{"ipv4", '4', NULL, 0, "IPv4 only", SKT_GROUP_MAIN},
	{"ipv6", '6', NULL, 0, "IPv6 only", SKT_GROUP_MAIN},
	{"listening", 'l', NULL, 0, "Only sockets that wait: TCP LISTEN, UDP UNCONNECTED",
		SKT_GROUP_MAIN},
	{"all", 'a', NULL, 0, "Sockets in every state (default)", SKT_GROUP_MAIN},
	{"source", KEY_SOURCE, "auto|netlink|proc", 0,
		"Where to read: netlink, /proc/net, or the first that answers (default)",
		SKT_GROUP_MAIN},
	{"processes", 'p', NULL, 0, "Also columns user, command", SKT_GROUP_COLUMNS},
	{"extended", 'e', NULL, 0,
		"Also columns uid, inode, cookie, interface, mark, shutdown, v6only, unit, container, "
		"cgroup",
		SKT_GROUP_COLUMNS},
	{"timers", 'o', NULL, 0, "Also columns timer, timer_ms, retransmits", SKT_GROUP_COLUMNS},
	{0},
};

static error_t parse_source(
	const struct argp_state *state, const char *arg, enum skt_dump_source *ret)
{
	static const char *const names[] = {"auto", "netlink", "proc"};

	for (size_t i = 0; i < SKT_COUNT(names); i++) {
		if (strcmp(arg, names[i]) == 0) {
			*ret = (enum skt_dump_source)i;
			return 0;
		}
	}
	return skt_usage_error(state, "--source '%s': expected auto, netlink or proc", arg);
}

static void add_word(struct skt_str *words, const char *word)
{
	if (words->len)
		skt_str_add_char(words, ' ');
	skt_str_add_text(words, word);
}

static error_t parse_filter(const struct argp_state *state, struct sockets_options *o)
{
	struct skt_err err;
	int rc;

	skt_str_add_char(&o->words, '\0');
	if (o->words.failed)
		return ENOMEM;
	rc = skt_filter_parse(o->words.data, &o->filter, &err);
	if (rc == -ENOMEM)
		return ENOMEM;
	return rc ? skt_usage_error(state, "%s", err.text) : 0;
}

/* The columns that -N, -p, -e and -o add to the default ones. */
static error_t settle_columns(const struct argp_state *state, struct sockets_options *o)
{
	static const char *const groups[4][10] = {
		{"netns"},
		{"user", "command"},
		{"uid", "inode", "cookie", "interface", "mark", "shutdown", "v6only", "unit",
			"container", "cgroup"},
		{"timer", "timer_ms", "retransmits"},
	};
	const bool wanted[] = {o->netns.selector, o->processes, o->extended, o->timers};
	const char *extra[SKT_COUNT(groups) * SKT_COUNT(groups[0]) + 1] = {0};
	const struct sockets_given given = {
		.filtered = o->filter != NULL, .source = o->source, .netns = o->netns.selector};
	size_t n = 0;

	for (size_t i = 0; i < SKT_COUNT(groups); i++)
		for (size_t j = 0; wanted[i] && j < SKT_COUNT(groups[i]) && groups[i][j]; j++)
			extra[n++] = groups[i][j];
	return sockets_modes_settle(state, &o->modes, &o->rows, &given, extra);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct sockets_options *o = state->input;
	error_t rc;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->owners;
		state->child_inputs[1] = &o->rows;
		state->child_inputs[2] = &o->netns;
		state->child_inputs[3] = &o->modes;
		return 0;
	case 't':
		o->tcp = true;
		return 0;
	case 'u':
		o->udp = true;
		return 0;
	case '4':
		o->ipv4 = true;
		return 0;
	case '6':
		o->ipv6 = true;
		return 0;
	case 'l':
		o->listening = true;
		return 0;
	case 'a':
		o->listening = false;
		return 0;
	case 'p':
		o->processes = true;
		return 0;
	case 'e':
		o->extended = true;
		return 0;
	case 'o':
		o->timers = true;
		return 0;
	case KEY_SOURCE:
		return parse_source(state, arg, &o->source);
	case ARGP_KEY_ARG:
		add_word(&o->words, arg);
		return 0;
	case ARGP_KEY_END:
		rc = parse_filter(state, o);
		return rc ? rc : settle_columns(state, o);
	}
	return ARGP_ERR_UNKNOWN;
}

static void fini(void *options)
{
	struct sockets_options *o = options;

	skt_rows_options_fini(&o->rows);
	sockets_modes_fini(&o->modes);
	skt_filter_free(o->filter);
	skt_str_fini(&o->words);
}

/* ---- names in the filter ---- */

static int resolve_ports(
	void *ctx, const struct skt_port_list *list, struct skt_portset *set, struct skt_err *err)
{
	const struct skt_services *services = ctx;

	return skt_services_resolve(services, list, SKT_SERVICE_ANY, set, err);
}

static int resolve_host(
	void *ctx, const char *name, struct skt_cidr **ret, size_t *ret_count, struct skt_err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list, *ai;
	struct skt_cidr *cidrs;
	size_t count = 0, n = 0;
	uint16_t port;
	int rc = getaddrinfo(name, NULL, &hints, &list);

	(void)ctx;
	if (rc)
		return skt_fail_domain(
			err, ENOENT, SKT_ERR_GAI, rc, gai_strerror(rc), "host '%s'", name);
	for (ai = list; ai; ai = ai->ai_next)
		count++;
	cidrs = calloc(count, sizeof(*cidrs));
	for (ai = list; cidrs && ai; ai = ai->ai_next)
		if (!skt_addr_from_sockaddr(ai->ai_addr, &cidrs[n].addr, &port)) {
			cidrs[n].length = cidrs[n].addr.family == AF_INET ? 32 : 128;
			n++;
		}
	freeaddrinfo(list);
	if (!cidrs)
		return skt_fail(err, ENOMEM, "host '%s'", name);
	*ret = cidrs;
	*ret_count = n;
	return 0;
}

/* SKT_EXIT_YES, or the status to end with. */
static int resolve_filter(const struct skt_context *ctx, struct skt_filter *filter)
{
	struct skt_services *services = NULL;
	struct skt_filter_resolver resolver = {.ports = resolve_ports, .host = resolve_host};
	struct skt_err err;
	int rc;

	if (!filter)
		return SKT_EXIT_YES;
	rc = skt_services_open(ctx->services_path, &services);
	if (rc) {
		skt_warn(ctx, "%s", strerror(-rc));
		return SKT_EXIT_TROUBLE;
	}
	resolver.ctx = services;
	rc = skt_filter_resolve(filter, &resolver, &err);
	skt_services_free(services);
	if (!rc)
		return SKT_EXIT_YES;
	skt_warn(ctx, "%s", err.text);
	return rc == -ENOENT ? SKT_EXIT_NO : SKT_EXIT_TROUBLE;
}

/* ---- run ---- */

static struct skt_dump_query query_of(const struct sockets_options *o)
{
	const bool any_proto = !o->tcp && !o->udp, any_family = !o->ipv4 && !o->ipv6;
	struct skt_dump_query query = {
		.protos = {[SKT_PROTO_TCP] = o->tcp || any_proto,
			[SKT_PROTO_UDP] = o->udp || any_proto},
		.ipv4 = o->ipv4 || any_family,
		.ipv6 = o->ipv6 || any_family,
		.states = o->listening
			? SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED)
			: SKT_STATES_ALL,
		.source = o->source,
	};

	skt_filter_narrow(o->filter, &query);
	return query;
}

static bool match(const struct skt_socket *socket, const void *ctx)
{
	return skt_filter_match(ctx, socket);
}

static int write_row(struct skt_output *output, const struct skt_socket_row *row)
{
	return skt_output_row(output, row);
}

static int run(const void *options, struct skt_context *ctx)
{
	const struct sockets_options *o = options;
	struct skt_listing listing = {
		.rows = &o->rows,
		.netns = o->netns.selector,
		.row_size = sizeof(struct skt_socket_row),
		.match = match,
		.write = write_row,
		.ctx = o->filter,
		.owners = o->owners,
	};
	int status = resolve_filter(ctx, o->filter);
	uint64_t count;

	if (status != SKT_EXIT_YES)
		return status;
	/* Only now has a port that was given by name its number, for the kernel to look for. */
	listing.query = query_of(o);
	status = sockets_modes_run(&o->modes, &listing, ctx, &count);
	return status == SKT_EXIT_YES && o->filter && !count ? SKT_EXIT_NO : status;
}

static const struct argp_child children[] = {{.argp = &skt_owners_argp},
	{.argp = &skt_rows_metrics_argp}, {.argp = &skt_netns_argp}, {.argp = &sockets_modes_argp},
	{0}};

static const struct argp argp = {
	.options = options_table,
	.parser = parse_option,
	.args_doc = "[FILTER...]",
	.doc = "List every live TCP and UDP socket: state, queues, both ends, and the processes that "
	       "hold it.\v"
	       "FILTER is the language of ss(8): 'state established', 'sport = :https', "
	       "'dst 10.0.0.0/8', 'port 80,443', and, or, not, parentheses.",
	.children = children,
};

static const struct skt_column_set column_sets[] = {
	{.columns = skt_socket_columns},
	{.option = "summary", .columns = sockets_summary_columns, .adds = true},
	{.option = "kill", .columns = sockets_kill_columns, .adds = true},
	{.option = "follow", .columns = sockets_follow_columns, .adds = true},
	{0},
};

const struct skt_command skt_sockets_command = {
	.name = "sockets",
	.brief = "list every live socket and who holds it",
	.argp = &argp,
	.column_sets = column_sets,
	.options_size = sizeof(struct sockets_options),
	.run = run,
	.fini = fini,
};
