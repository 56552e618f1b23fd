#include "cmd/ports/settle.h"

#include <string.h>
#include <sys/socket.h>

#include "cmd/parse.h"
#include "cmd/ports/free.h"
#include "cmd/ports/kill.h"
#include "cmd/ports/metrics.h"
#include "cmd/ports/registry.h"
#include "cmd/ports/row.h"
#include "cmd/ports/tree_rows.h"
#include "cmd/ports/why_row.h"

static const char *const mode_names[] = {
	NULL, "--tree", "--registry", "--why", "--free", "--wait", "--wait-closed", "--kill"};

const char *ports_mode_option(enum ports_mode mode)
{
	return mode_names[mode];
}

/* Whether it was said how rows shall look. */
static const char *rows_option(const struct skt_rows_options *rows)
{
	return rows->format != SKT_FORMAT_TABLE || rows->blocks ? "--format"
		: rows->columns_text                            ? "--columns"
		: rows->sort_text                               ? "--sort"
		: rows->no_header                               ? "--no-header"
		: rows->resolve                                 ? "--resolve"
		: rows->color != SKT_COLOR_AUTO                 ? "--color"
								: NULL;
}

static error_t settle_free(const struct argp_state *state, struct ports_options *o)
{
	const char *rows = rows_option(&o->rows);

	if (!o->hold)
		return skt_rows_settle(state, &o->rows, ports_free_columns, NULL, NULL);
	if (!o->command)
		return skt_usage_error(state, "--hold needs a command: --hold -- COMMAND...");
	if (rows)
		return skt_usage_error(state, "--hold prints no rows: leave out %s", rows);
	return 0;
}

static error_t settle_wait(const struct argp_state *state, const struct ports_options *o)
{
	const char *rows = rows_option(&o->rows);

	if (rows)
		return skt_usage_error(
			state, "%s prints no rows: leave out %s", mode_names[o->mode], rows);
	return 0;
}

static error_t settle_why(const struct argp_state *state, struct ports_options *o)
{
	const struct skt_port_item *port = o->ports.data;

	if (o->ports.len != 1 || (!port->name && (port->low != port->high || !port->low)))
		return skt_usage_error(state, "--why needs one PORT");
	return skt_rows_settle(state, &o->rows, ports_why_columns, NULL, NULL);
}

/* What stands with the ports says the same as -t and -u: it cannot be one for some of them. */
static error_t settle_ports(const struct argp_state *state, struct ports_options *o)
{
	const bool reads = o->mode == PORTS_LIST || o->mode == PORTS_TREE ||
		o->mode == PORTS_WAIT || o->mode == PORTS_WAIT_CLOSED;

	if (o->addr.family != AF_UNSPEC && !reads)
		return skt_usage_error(state, "%s is about every address: give the port alone",
			mode_names[o->mode]);
	if (!o->slash_tcp && !o->slash_udp)
		return 0;
	if (o->bare || (o->slash_tcp && o->slash_udp))
		return skt_usage_error(state,
			"PORTS of different protocols: ask for one after the other, or for -tu and all");
	if (o->slash_tcp ? o->inet.udp : o->inet.tcp)
		return skt_usage_error(state, "PORTS/%s and -%c exclude each other",
			o->slash_tcp ? "tcp" : "udp", o->slash_tcp ? 'u' : 't');
	*(o->slash_tcp ? &o->inet.tcp : &o->inet.udp) = true;
	return 0;
}

static error_t settle_metrics(const struct argp_state *state, struct ports_options *o)
{
	/* Two series of the same labels would be no metrics. */
	if (o->rows.columns_text)
		return skt_usage_error(state, "--columns: openmetrics has columns of its own");
	ports_metrics_settle(o);
	return skt_rows_settle(state, &o->rows, ports_metrics_columns, NULL, NULL);
}

/* What the mode does not go with. */
static error_t check_mode(const struct argp_state *state, const struct ports_options *o)
{
	if ((o->listening || o->processes) && o->mode != PORTS_LIST)
		return skt_usage_error(state, "-%c is about the list: leave it out with %s",
			o->listening ? 'l' : 'p', mode_names[o->mode]);
	if (o->watches && o->mode != PORTS_LIST)
		return skt_usage_error(
			state, "%s and --watch do not go together", mode_names[o->mode]);
	if (o->watches && (o->rows.format != SKT_FORMAT_TABLE || o->rows.blocks))
		return skt_usage_error(state, "--format: --watch shows a table");
	if (o->rows.format == SKT_FORMAT_OPENMETRICS && o->mode != PORTS_LIST)
		return skt_usage_error(state, "%s and --format=openmetrics do not go together",
			mode_names[o->mode]);
	if (o->hold && o->mode != PORTS_FREE)
		return skt_usage_error(state, "--hold needs --free");
	if (o->needed && o->mode != PORTS_KILL)
		return skt_usage_error(state, "%s needs --kill", o->needed);
	if (o->netns.selector && (o->mode == PORTS_REGISTRY || o->mode == PORTS_KILL))
		return skt_usage_error(state, "%s is about this namespace only: leave out --netns",
			mode_names[o->mode]);
	if (o->netns.selector && o->mode != PORTS_LIST && !strcmp(o->netns.selector, "all"))
		return skt_usage_error(state, "%s is about one namespace: name one with --netns",
			mode_names[o->mode]);
	if (o->mode >= PORTS_WAIT && !o->ports.len)
		return skt_usage_error(state, "%s needs PORTS", mode_names[o->mode]);
	return 0;
}

error_t ports_settle(const struct argp_state *state, struct ports_options *o)
{
	const char *more_columns[3] = {NULL};
	size_t more = 0;
	error_t error = settle_ports(state, o);
	char family;

	if (error)
		return error;
	error = check_mode(state, o);
	if (error)
		return error;
	/* A listing shows whatever is there; to act on both because one was meant would not do. */
	if (o->mode >= PORTS_WHY && !o->inet.udp)
		o->inet.tcp = true;
	switch (o->mode) {
	case PORTS_LIST:
		break;
	case PORTS_TREE:
		return skt_rows_settle(state, &o->rows, ports_tree_columns, NULL, NULL);
	case PORTS_REGISTRY:
		family = o->inet.ipv4 ? '4' : o->inet.ipv6 ? '6' : '\0';
		if (family)
			return skt_usage_error(state,
				"--registry knows no address families: leave out -%c", family);
		return skt_rows_settle(state, &o->rows, ports_registry_columns, NULL, NULL);
	case PORTS_WHY:
		return settle_why(state, o);
	case PORTS_FREE:
		return settle_free(state, o);
	case PORTS_WAIT:
	case PORTS_WAIT_CLOSED:
		return settle_wait(state, o);
	case PORTS_KILL:
		return skt_rows_settle(state, &o->rows, ports_kill_columns, NULL, NULL);
	}
	if (o->rows.format == SKT_FORMAT_OPENMETRICS)
		return settle_metrics(state, o);
	if (o->netns.selector)
		more_columns[more++] = "netns";
	if (o->processes)
		more_columns[more++] = "command";
	return skt_rows_settle(state, &o->rows, ports_row_columns, more_columns, "port,proto");
}
