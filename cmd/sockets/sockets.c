/* `sockkit sockets`: every live socket. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/listing/filter_names.h"
#include "cmd/parse.h"
#include "cmd/policy.h"
#include "cmd/setting.h"
#include "cmd/sockets/drop_row.h"
#include "cmd/sockets/drops.h"
#include "cmd/sockets/follow.h"
#include "cmd/sockets/kill.h"
#include "cmd/sockets/mode_options.h"
#include "cmd/sockets/rates.h"
#include "cmd/sockets/record.h"
#include "cmd/sockets/record_options.h"
#include "cmd/sockets/summary.h"
#include "cmd/sockets/watch.h"
#include "diag/socket_detail.h"

/* ---- options ---- */

enum { KEY_SOURCE = SKT_KEY_COMMAND, KEY_SOCKOPT };

static const struct argp_option options_table[] = {
	SKT_HEADING("Which sockets", SKT_GROUP_MAIN),
	SKT_HEADING("Columns", SKT_GROUP_COLUMNS),
	{"listening", 'l', NULL, 0, "Only sockets that wait: in LISTEN or UNCONNECTED",
		SKT_GROUP_MAIN},
	{"all", 'a', NULL, 0, "Sockets in every state (default)", SKT_GROUP_MAIN},
	{"source", KEY_SOURCE, "auto|netlink|proc", 0,
		"Where to read: netlink, /proc/net, or the first that answers (default)",
		SKT_GROUP_MAIN},
	{"processes", 'p', NULL, 0, "Also columns user, comm, deleted, held_by, command, peer",
		SKT_GROUP_COLUMNS},
	{"threads", 'T', NULL, 0, "Also column threads: those of the first holder",
		SKT_GROUP_COLUMNS},
	{"context", 'Z', NULL, 0, "Also columns context, socket_context: of SELinux and the like",
		SKT_GROUP_COLUMNS},
	{"extended", 'e', NULL, 0,
		"Also columns uid, inode, peer_inode, cookie, interface, groups, mark, shutdown, "
		"v6only, unit, container, cgroup, tos, tclass, socket_options",
		SKT_GROUP_COLUMNS},
	{"timers", 'o', NULL, 0, "Also columns timer, timer_ms, retransmits, rto_us, backoff",
		SKT_GROUP_COLUMNS},
	{"info", 'i', NULL, 0,
		"Also columns about the inside of TCP: congestion, rtt_us, cwnd and many more; in "
		"machine formats all there are",
		SKT_GROUP_COLUMNS},
	{"sockopt", KEY_SOCKOPT, NULL, 0,
		"Also columns of what is set on the socket, read through its owner: tcp_nodelay, "
		"so_linger_s and many more; in machine formats all there are",
		SKT_GROUP_COLUMNS},
	{"memory", 'm', NULL, 0, "Also columns about memory: rmem_alloc, rcvbuf, ..., drops",
		SKT_GROUP_COLUMNS},
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

static void add_word(struct sockets_options *o, const char *word)
{
	const char *home = getenv("HOME");
	struct skt_str *words = &o->words;

	if (home && *home && strcmp(word, home) == 0)
		o->home = home;
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
	if (skt_filter_columns_init(&o->columns, skt_socket_columns))
		return ENOMEM;
	o->columns.fields.foreign = o->netns.selector;
	rc = skt_filter_parse(o->words.data, &o->columns.fields, &o->filter, &err);
	if (rc == -ENOMEM)
		return ENOMEM;
	if (rc && o->home)
		return skt_usage_error(state,
			"%s; the shell made '~' the directory %s: write 'like', or quote it",
			err.text, o->home);
	return rc ? skt_usage_error_of(state, &err, "%s", err.text) : 0;
}

/* The columns of -N, -p, -e and -o; of -i those that fit a wide screen, in the order of a
 * diagnosis. */
static const char *const netns_columns[] = {"netns", NULL};
static const char *const type_columns[] = {"type", NULL};
static const char *const process_columns[] = {
	"user", "comm", "deleted", "held_by", "command", "peer", NULL};
static const char *const thread_columns[] = {"threads", NULL};
static const char *const context_columns[] = {"context", "socket_context", NULL};
static const char *const extended_columns[] = {"uid", "inode", "peer_inode", "cookie", "interface",
	"groups", "mark", "shutdown", "v6only", "unit", "container", "cgroup", "tos", "tclass",
	"socket_options", NULL};
static const char *const unix_columns[] = {"vfs_inode", "vfs_device", NULL};
static const char *const packet_columns[] = {"packet_flags", "memberships", "packet_version",
	"rx_ring_block_size", "rx_ring_blocks", "rx_ring_frame_size", "rx_ring_frames",
	"tx_ring_block_size", "tx_ring_blocks", "tx_ring_frame_size", "tx_ring_frames", "fanout_id",
	"fanout_type", NULL};
static const char *const timer_columns[] = {
	"timer", "timer_ms", "retransmits", "rto_us", "backoff", NULL};
static const char *const info_columns[] = {"congestion", "rtt_us", "rttvar_us", "min_rtt_us",
	"rto_us", "cwnd", "ssthresh", "mss", "pmtu", "retrans", "total_retrans", "lost",
	"bytes_sent", "bytes_acked", "bytes_received", "segs_out", "segs_in", "notsent_bytes",
	"delivery_rate", "delivery_rate_app_limited", "pacing_rate", "busy_time_us",
	"rwnd_limited_us", "sndbuf_limited_us", "snd_wnd", "rcv_wnd", "last_data_sent_ms",
	"last_data_recv_ms", "options", NULL};

static const char *const sockopt_columns[] = {"so_reuseaddr", "so_reuseport", "so_keepalive",
	"tcp_keepidle_s", "tcp_keepintvl_s", "tcp_keepcnt", "tcp_user_timeout_ms", "so_rcvbuf",
	"so_sndbuf", "so_buf_lock", "so_linger_s", "so_bindtodevice", "so_priority", "so_mark",
	"ip_tos", "ip_ttl", "tcp_nodelay", "tcp_defer_accept_s", "tcp_fastopen", "tcp_ao", NULL};

static const char *const mptcp_columns[] = {"mptcp_subflows", "mptcp_subflows_total",
	"mptcp_info_flags", "mptcp_bytes_sent", "mptcp_bytes_retrans", "mptcp_bytes_received",
	NULL};

static const char *const rate_columns[] = {"recv_rate", "send_rate", NULL};

enum { EXTRA_MAX = 256 };

/* Names of columns, ended by NULL. */
struct extra {
	const char *names[EXTRA_MAX + 1];
	size_t count;
};

static void add_names(struct extra *extra, bool wanted, const char *const *names)
{
	for (; wanted && *names && extra->count < EXTRA_MAX; names++)
		extra->names[extra->count++] = *names;
}

/* Adds every column that shows anything of MASK at one look, and is no verdict on it. */
static void add_needing(struct extra *extra, bool wanted, uint32_t mask)
{
	const uint32_t more = SKT_NEED_RATES | SKT_NEED_VERDICT;

	for (const struct skt_column *column = skt_socket_columns; wanted && column->name; column++)
		if (column->needs & mask && !(column->needs & more) && extra->count < EXTRA_MAX)
			extra->names[extra->count++] = column->name;
}

/* All that is asked for. */
static uint32_t needs_of(const struct sockets_options *o)
{
	return skt_selection_needs(&o->rows.selection, &o->rows.sort) |
		skt_filter_columns_need(o->filter);
}

/* One look shows no rate: that of who asks for it by name is two looks. */
static error_t check_rates(const struct argp_state *state, const struct sockets_options *o)
{
	const char *columns = o->rows.columns_text;
	const bool all = columns && strcmp(columns, "all") == 0;

	if (o->modes.rates || o->modes.watches || all || !(needs_of(o) & SKT_NEED_RATES))
		return 0;
	return skt_usage_error(state, "a rate takes two looks: add --rates or --watch");
}

static bool is_of_tcp(const struct skt_family_options *families)
{
	struct skt_dump_query query = {0};

	skt_families_query(families, &query);
	return query.protos[SKT_PROTO_TCP];
}

/* Rates take the place of queues, where they are seen in a narrow terminal, too. */
static void put_rates_forward(struct skt_selection *selection)
{
	static const char *const queues[] = {"recv_queue", "send_queue"};
	size_t kept = 0;

	for (size_t i = 0; i < selection->count; i++) {
		const struct skt_column *column = selection->columns[i];

		for (size_t n = 0; n < SKT_COUNT(queues); n++)
			if (strcmp(column->name, queues[n]) == 0)
				column = skt_column_find(skt_socket_columns, rate_columns[n],
					strlen(rate_columns[n]));
		for (size_t n = 0; n < kept && column; n++)
			if (selection->columns[n] == column)
				column = NULL;
		if (column)
			selection->columns[kept++] = column;
	}
	selection->count = kept;
}

/* What -N, -p, -e, -o, -i and -m add to the default columns. */
static error_t settle_columns(const struct argp_state *state, struct sockets_options *o)
{
	const bool table = o->rows.format == SKT_FORMAT_TABLE;
	const struct sockets_given given = {.filtered = o->filter != NULL,
		.connections = !o->listening && is_of_tcp(&o->families),
		.narrowed = o->listening || o->families.inet.ipv4 || o->families.inet.ipv6,
		.shown = o->threads || o->context || o->processes || o->extended || o->timers ||
			o->info || o->memory || o->sockopt,
		.source = o->source,
		.owners = o->owners,
		.netns = o->netns.selector};
	struct extra extra = {.count = 0};
	error_t rc = sockets_record_settle(state, &o->record, &o->modes, &o->rows, &given);

	if (rc)
		return rc;
	add_names(&extra, o->netns.selector != NULL, netns_columns);
	add_names(&extra, skt_families_typed(&o->families), type_columns);
	add_names(&extra, o->processes, process_columns);
	add_names(&extra, o->threads, thread_columns);
	add_names(&extra, o->context, context_columns);
	add_names(&extra, o->extended, extended_columns);
	add_names(&extra, o->extended && o->families.tables[SKT_PROTO_UNIX], unix_columns);
	add_names(&extra, o->extended && o->families.tables[SKT_PROTO_PACKET], packet_columns);
	add_names(&extra, o->timers, timer_columns);
	add_names(&extra, o->info && table && o->families.tables[SKT_PROTO_MPTCP], mptcp_columns);
	add_names(&extra, o->info && table, info_columns);
	add_needing(&extra, o->info && !table,
		SKT_DETAIL_TCP | SKT_DETAIL_CONGESTION | SKT_DETAIL_CONGESTION_NAME);
	add_needing(&extra, o->memory, SKT_DETAIL_MEMORY);
	add_names(&extra, o->sockopt && table, sockopt_columns);
	add_needing(&extra, o->sockopt && !table, SKT_NEED_SOCKOPTS);
	add_names(&extra, o->modes.rates, rate_columns);
	rc = sockets_modes_settle(state, &o->modes, &o->rows, &given, extra.names);
	if (!rc && o->modes.rates && table && !o->rows.columns_text)
		put_rates_forward(&o->rows.selection);
	return rc ? rc : check_rates(state, o);
}

static const struct skt_setting settings[] = {
	SKT_SETTING('l', struct sockets_options, listening),
	SKT_SETTING('p', struct sockets_options, processes),
	SKT_SETTING('T', struct sockets_options, threads),
	SKT_SETTING('Z', struct sockets_options, context),
	SKT_SETTING('e', struct sockets_options, extended),
	SKT_SETTING('o', struct sockets_options, timers),
	SKT_SETTING('i', struct sockets_options, info),
	SKT_SETTING('m', struct sockets_options, memory),
	SKT_SETTING(KEY_SOCKOPT, struct sockets_options, sockopt),
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct sockets_options *o = state->input;
	error_t rc;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->owners;
		state->child_inputs[1] = &o->rows;
		state->child_inputs[2] = &o->netns;
		state->child_inputs[3] = &o->families;
		state->child_inputs[4] = &o->modes;
		state->child_inputs[5] = &o->record;
		return 0;
	case 'a':
		o->listening = false;
		return 0;
	case KEY_SOURCE:
		return parse_source(state, arg, &o->source);
	case ARGP_KEY_ARG:
		add_word(o, arg);
		return 0;
	case ARGP_KEY_END:
		o->families.inet.tcp |=
			o->modes.why && !o->families.chosen && !o->families.inet.udp;
		rc = parse_filter(state, o);
		return rc ? rc : settle_columns(state, o);
	}
	return skt_setting_parse(state, options_table, settings, SKT_COUNT(settings), key, arg, o);
}

static void fini(void *options)
{
	struct sockets_options *o = options;

	skt_rows_options_fini(&o->rows);
	sockets_modes_fini(&o->modes);
	skt_filter_free(o->filter);
	skt_filter_columns_fini(&o->columns);
	skt_str_fini(&o->words);
}

/* ---- run ---- */

static struct skt_dump_query query_of(const struct sockets_options *o, uint32_t needs)
{
	struct skt_dump_query query = {
		.states = o->listening
			? SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED)
			: SKT_STATES_ALL,
		.source = o->source,
		.detail = needs & SKT_DETAIL_ALL,
	};

	skt_families_query(&o->families, &query);
	skt_filter_narrow(o->filter, &query);
	query.unlisted = o->modes.mode != SOCKETS_FOLLOW && !query.local_port &&
		!query.remote_port && query.states & SKT_STATE_BIT(SKT_STATE_UNBOUND) &&
		(query.protos[SKT_PROTO_OTHER] ||
			skt_filter_asks_state(o->filter, SKT_STATE_UNBOUND));
	return query;
}

static int write_row(struct skt_output *output, const struct skt_socket_row *row)
{
	return skt_output_row(output, row);
}

/* Does what the mode says with the sockets of LISTING. */
static int run_mode(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	int status;

	if (modes->watches)
		return sockets_watch(modes, listing, ctx, ret_count);
	switch (modes->mode) {
	case SOCKETS_LIST:
	case SOCKETS_WATCH:
	case SOCKETS_RECORD:
		break;
	case SOCKETS_SUMMARY:
		return sockets_summary(modes, listing, ctx, ret_count);
	case SOCKETS_KILL:
		return sockets_kill(modes, listing, ctx, ret_count);
	case SOCKETS_DROPS:
		return sockets_drops(modes, listing, ctx, ret_count);
	case SOCKETS_FOLLOW:
		return sockets_follow(modes, listing, ctx, ret_count);
	}
	status = modes->rates ? sockets_rates_list(modes, listing, ctx, ret_count)
			      : skt_listing_run(listing, ctx, ret_count);
	skt_rows_tell_none(listing->rows, ctx, *ret_count, status, "no socket matches");
	return status;
}

static void confine(const struct sockets_options *o, const struct skt_context *ctx)
{
	struct skt_needs needs = skt_policy_needs(SKT_POLICY_SOCKETS);

	/* By a key. */
	if (o->modes.watches)
		needs.capabilities |= SKT_CAPABILITY(CAP_KILL);
	if (o->modes.mode == SOCKETS_RECORD)
		skt_needs_add(&needs, SKT_NEED_WRITE, o->record.path);
	skt_policy_apply(&needs, ctx, NULL);
}

/* Runs OPTIONS on a moment that was recorded. */
static int run_replay(const struct sockets_options *o, struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	struct skt_context then = *ctx;
	struct skt_replay replay;
	int status = skt_replay_begin(&replay, &then, o->record.replay, &o->record.when);

	listing->query.source = SKT_SOURCE_NETLINK;
	*ret_count = 0;
	if (status == SKT_EXIT_YES)
		status = skt_replay_covers(&listing->query, &then)
			? run_mode(&o->modes, listing, &then, ret_count)
			: SKT_EXIT_TROUBLE;
	skt_replay_fini(&replay);
	return status;
}

static int run(const void *options, struct skt_context *ctx)
{
	const struct sockets_options *o = options;
	struct skt_listing listing = {
		.rows = &o->rows,
		.netns = o->netns.selector,
		.row_size = sizeof(struct skt_socket_row),
		.filter = o->filter,
		.write = write_row,
		.owners = o->owners,
		.needs = needs_of(o),
	};
	struct skt_meter meter = {0};
	int status = skt_filter_look_up(o->filter, ctx);
	unsigned char code[SKT_FILTER_CODE_MAX];
	uint64_t count;

	if (status != SKT_EXIT_YES)
		return status;
	confine(o, ctx);
	/* Only now has a port that was given by name its number, for the kernel to look for. */
	listing.query = query_of(o, listing.needs);
	if (listing.needs & SKT_NEED_RATES && !o->listening && (o->modes.rates || o->modes.watches))
		sockets_rates_begin(&listing, &meter);
	listing.query.code = code;
	listing.query.code_len = skt_filter_compile(o->filter, &listing.query, code);
	if (o->modes.mode == SOCKETS_RECORD)
		return sockets_record(o, &listing, ctx);
	status = o->record.replay ? run_replay(o, &listing, ctx, &count)
				  : run_mode(&o->modes, &listing, ctx, &count);
	skt_meter_fini(&meter);
	return status == SKT_EXIT_YES && o->filter && !count ? SKT_EXIT_NO : status;
}

static const struct argp_child children[] = {{.argp = &skt_owners_argp},
	{.argp = &skt_rows_metrics_argp}, {.argp = &skt_netns_argp}, {.argp = &skt_families_argp},
	{.argp = &sockets_modes_argp}, {.argp = &sockets_record_argp}, {0}};

static const struct argp argp = {
	.options = options_table,
	.parser = parse_option,
	.args_doc = "[FILTER...]",
	.doc = "List every live socket, those of TCP, UDP, MPTCP and raw IP unless others are asked "
	       "for: state, queues, both ends, and the processes that hold it.\v"
	       "FILTER is the language of ss(8): 'state established', 'sport = :https', "
	       "'dst 10.0.0.0/8', 'port 80,443', 'dev eth0', and, or, not, parentheses; and of any "
	       "column: 'process = nginx', 'recv_queue > 1M', 'user like www*', 'pid 1,20-30'.",
	.children = children,
};

static const struct skt_column_set column_sets[] = {
	{.columns = skt_socket_columns},
	{.option = "summary", .columns = sockets_summary_columns, .adds = true, .totals = true},
	{.option = "kill", .columns = sockets_kill_columns, .adds = true},
	{.option = "follow", .columns = sockets_follow_columns, .adds = true},
	{.option = "drops", .columns = sockets_drops_columns, .adds = true},
	{0},
};

static const struct skt_example examples[SKT_EXAMPLES] = {
	{"Every TCP connection, with its process", "sockkit sockets -t state established"},
	{"Everything about one port", "sockkit sockets -p port 443"},
	{"How many sockets has each program, and in which states?",
		"sockkit sockets --group-by=process,state"},
};

const struct skt_command skt_sockets_command = {
	.name = "sockets",
	.brief = "list every live socket and who holds it",
	.argp = &argp,
	.examples = examples,
	.column_sets = column_sets,
	.options_size = sizeof(struct sockets_options),
	.run = run,
	.fini = fini,
};
