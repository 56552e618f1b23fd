/* `sockkit scan`: which ports are open, closed or filtered, and who says so. Options. */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "cmd/command.h"
#include "cmd/parse.h"
#include "cmd/scan/options.h"
#include "cmd/scan/report.h"
#include "cmd/scan/run.h"
#include "cmd/scan/up_rows.h"
#include "cmd/setting.h"
#include "cmd/values.h"
#include "scan/ports.h"
#include "scan/scan.h"
#include "scan/target.h"

enum {
	KEY_TOP = SKT_KEY_COMMAND,
	KEY_EXCLUDE,
	KEY_EXCLUDE_PORTS,
	KEY_METHOD,
	KEY_RATE,
	KEY_RATE_PER_HOST,
	KEY_RETRIES,
	KEY_TIMEOUT,
	KEY_MAX_TIME,
	KEY_SEED,
	KEY_SHARD,
	KEY_RESUME,
	KEY_OPEN,
	KEY_SKIPPED,
	KEY_BANNER,
	KEY_SERVICE,
	KEY_EXPECT,
	KEY_DIFF,
	KEY_FORCE,
	KEY_UP,
};

static const struct argp_option options_table[] = {
	SKT_HEADING("Targets", SKT_GROUP_MAIN),
	SKT_HEADING("Probes", SKT_GROUP_MODE),
	SKT_HEADING("Pace", SKT_GROUP_LIMIT),
	SKT_HEADING("Results", SKT_GROUP_REPORT),
	{"ports", 'p', "PORTS", 0, "Ports to scan; - is all (default: the hundred most common)",
		SKT_GROUP_MAIN},
	{"top", KEY_TOP, "COUNT", 0, "The COUNT most common ports, besides those of --ports",
		SKT_GROUP_MAIN},
	{"exclude", KEY_EXCLUDE, "HOST", 0, "Targets to leave out, separated by commas, or @FILE",
		SKT_GROUP_MAIN},
	{"exclude-ports", KEY_EXCLUDE_PORTS, "PORTS", 0, "Ports to leave out", SKT_GROUP_MAIN},
	{"ipv4", '4', NULL, 0, "IPv4 only", SKT_GROUP_MAIN},
	{"ipv6", '6', NULL, 0, "IPv6 only", SKT_GROUP_MAIN},
	{"force", KEY_FORCE, NULL, 0, "Scan multicast, broadcast and reserved addresses too",
		SKT_GROUP_MAIN},
	{"method", KEY_METHOD, "auto|connect|syn|udp", 0,
		"How to probe (default: auto, SYN where raw sockets are allowed, else connect)",
		SKT_GROUP_MODE},
	{"udp", 'u', NULL, 0, "UDP ports: short for --method=udp", SKT_GROUP_MODE},
	{"up", KEY_UP, NULL, 0,
		"List which hosts are there; with ports, leave out those that are not",
		SKT_GROUP_MODE},
	{"source", 's', "ADDR", 0, "Send from this address", SKT_GROUP_MODE},
	{"interface", 'I', "IFACE", 0, "Send through this interface", SKT_GROUP_MODE},
	{"expect", KEY_EXPECT, "EXPECT", 0,
		"Exit 1 where a port is in another state: 22,443=open,*=closed|filtered; with --up a host: *=up",
		SKT_GROUP_REPORT},
	{"diff", KEY_DIFF, "FILE", 0,
		"Show what differs from an earlier scan (its jsonl), and exit 1 if anything does",
		SKT_GROUP_REPORT},
	{"open", KEY_OPEN, NULL, 0, "Show open ports only", SKT_GROUP_REPORT},
	{"skipped", KEY_SKIPPED, NULL, 0,
		"Show ports that were not asked, too, where the scan is ended early",
		SKT_GROUP_REPORT},
	{"banner", KEY_BANNER, NULL, 0,
		"Ask open TCP ports what they are: greeting and name of the service",
		SKT_GROUP_MODE},
	{"service", KEY_SERVICE, "safe|all", OPTION_ARG_OPTIONAL,
		"Find out what open ports are: product, version, protocol (default: safe)",
		SKT_GROUP_MODE},
	{"quiet", 'q', NULL, 0, "No accounts and no progress on stderr", SKT_GROUP_REPORT},
	{"rate", KEY_RATE, "RATE", 0, "At most this many probes per second", SKT_GROUP_LIMIT},
	{"rate-per-host", KEY_RATE_PER_HOST, "RATE", 0, "At most this many to each host",
		SKT_GROUP_LIMIT},
	{"retries", KEY_RETRIES, "COUNT", 0,
		"Probe a silent port this many times more (default: by the losses)",
		SKT_GROUP_LIMIT},
	{"timeout", KEY_TIMEOUT, "DURATION", 0, "Longest wait for one answer (default: 900ms)",
		SKT_GROUP_LIMIT},
	{"max-time", KEY_MAX_TIME, "DURATION", 0, "End the scan after this long", SKT_GROUP_LIMIT},
	{"seed", KEY_SEED, "SEED", 0, "Number from which the order of probes is made",
		SKT_GROUP_LIMIT},
	{"resume", KEY_RESUME, "FILE", 0,
		"Keep in FILE what is done, and go on from there (with jsonl or csv)",
		SKT_GROUP_LIMIT},
	{"shard", KEY_SHARD, "I/N", 0, "Only part I of N, alike --seed and targets given",
		SKT_GROUP_LIMIT},
	{0},
};

static error_t add_ports(
	const struct argp_state *state, const char *arg, struct skt_port_list *list)
{
	struct skt_err err;
	int rc;

	/* As nmap users write it: all of them. */
	if (strcmp(arg, "-") == 0)
		return skt_vec_push(list, (struct skt_port_item){.low = 1, .high = 65535}) ? ENOMEM
											   : 0;
	rc = skt_port_list_parse(arg, strlen(arg), list, &err);
	if (rc == -ENOMEM)
		return ENOMEM;
	return rc ? skt_usage_error_of(state, &err, "%s", err.text) : 0;
}

static error_t parse_rate(
	const struct argp_state *state, const char *option, const char *arg, uint64_t *ret)
{
	struct skt_rate rate;

	if (skt_rate_parse(arg, &rate) || rate.unit != SKT_RATE_EVENTS || !rate.per_second)
		return skt_usage_error(state,
			"--%s '%s': expected probes per second, as in 5000 or 10kpps", option, arg);
	*ret = rate.per_second;
	return 0;
}

/* `2/8`: the second of eight parts. */
static error_t parse_shard(const struct argp_state *state, const char *arg, struct scan_options *o)
{
	const char *slash = strchr(arg, '/');
	char first[24];

	if (slash && (size_t)(slash - arg) < sizeof(first)) {
		memcpy(first, arg, (size_t)(slash - arg));
		first[slash - arg] = '\0';
		if (!skt_num_parse(slash + 1, 1, UINT32_MAX, &o->shards) &&
			!skt_num_parse(first, 1, o->shards, &o->shard)) {
			o->shard--;
			return 0;
		}
	}
	return skt_usage_error(state, "--shard '%s': expected I/N, as in 2/8", arg);
}

static error_t parse_method(const struct argp_state *state, const char *arg, enum scan_method *ret)
{
	static const char *const names[] = {[METHOD_AUTO] = "auto",
		[METHOD_CONNECT] = "connect",
		[METHOD_SYN] = "syn",
		[METHOD_UDP] = "udp"};
	error_t rc;
	int value;

	rc = skt_parse_choice(state, "--method", arg, names, SKT_COUNT(names), &value);
	if (!rc)
		*ret = (enum scan_method)value;
	return rc;
}

static error_t parse_service(
	const struct argp_state *state, const char *arg, enum scan_service *ret)
{
	static const char *const names[] = {"safe", "all"};
	error_t rc = 0;
	int value = 0;

	if (arg)
		rc = skt_parse_choice(state, "--service", arg, names, SKT_COUNT(names), &value);
	if (!rc)
		*ret = value ? SCAN_SERVICE_ALL : SCAN_SERVICE_SAFE;
	return rc;
}

/* Text that is wrong is known at once; names, files and zones are looked at when it runs. */
static error_t add_target(const struct argp_state *state, struct scan_options *o, const char *arg)
{
	struct skt_target target;
	struct skt_err err;

	if (!*arg)
		return skt_usage_error(state, "target '': it is empty");
	/* `HOST 80` and `HOST 1-1023`, as nc has it: no host is written so. */
	if (o->targets.len && !arg[strspn(arg, "0123456789,-")] && *arg != '-') {
		o->ports_given = true;
		return add_ports(state, arg, &o->ports);
	}
	if (arg[0] != '@' && strcmp(arg, "-") != 0 && !strchr(arg, '%')) {
		if (skt_target_parse(arg, strlen(arg), &target, &err))
			return skt_usage_error_of(state, &err, "%s", err.text);
		if (target.ports) {
			struct skt_port_list list = {0};
			int rc = skt_port_list_parse(target.ports, target.ports_len, &list, &err);

			skt_vec_free(&list);
			if (rc)
				return skt_usage_error_of(
					state, &err, "target '%s': %s", arg, err.text);
		}
	}
	return skt_vec_push(&o->targets, arg) ? ENOMEM : 0;
}

/* What --up does not go with. */
static error_t settle_up(const struct argp_state *state, struct scan_options *o)
{
	o->hosts_only = !o->ports_given && !o->top && !o->expect.len;
	if (o->resume || o->shards || (o->diff && !o->hosts_only))
		return skt_usage_error(state,
			"--up finds out what there is to scan: it goes with neither --resume, "
			"--shard nor, with ports, --diff, which need to know before");
	if (!o->hosts_only)
		return 0;
	if (o->method != METHOD_AUTO || o->open_only || o->banner || o->service ||
		o->exclude_ports.len || o->skipped)
		return skt_usage_error(state,
			"--up without --ports lists hosts: --method, --udp, --open, --banner, "
			"--service, --skipped and --exclude-ports are about ports");
	if (o->rows.more_format)
		return skt_usage_error(
			state, "--up lists hosts as rows: nmap's formats need ports, with --ports");
	return 0;
}

static error_t settle(const struct argp_state *state, struct scan_options *o)
{
	const char *extra[10] = {NULL}, **end = extra;
	bool named = o->rows.resolve;
	error_t rc;

	/* The parts must agree. */
	o->seed_given = o->seed_given || o->shards;

	if (o->resume &&
		(o->rows.more_format || o->rows.sort_text ||
			(o->rows.format != SKT_FORMAT_JSONL && o->rows.format != SKT_FORMAT_CSV)))
		return skt_usage_error(
			state, "--resume needs rows that can be continued: --format=jsonl or csv");
	if (o->diff && o->rows.more_format)
		return skt_usage_error(state,
			"--diff shows rows: nmap's formats have no place for what was; see ndiff(1)");
	if (o->banner && !o->service && o->method == METHOD_UDP)
		return skt_usage_error(state,
			"--banner is for TCP ports, not for those of UDP: --service asks those");
	if (o->expect_hosts.len && !o->up)
		return skt_usage_error(state,
			"--expect: up, down and unknown are states of hosts, which --up finds");
	rc = o->up ? settle_up(state, o) : 0;
	if (rc)
		return rc;
	if (!o->targets.len && !(o->up && o->interface))
		return skt_usage_error(state,
			o->up ? "no target: name a host, an address or a network, or an interface with "
				"--interface"
			      : "no target: name a host, an address or a network");
	for (size_t i = 0; i < o->targets.len; i++) {
		struct skt_target t;
		struct skt_err err;
		const char *text = o->targets.data[i];

		named = named || text[0] == '@' || text[0] == '-' ||
			(!skt_target_parse(text, strlen(text), &t, &err) && t.name);
	}
	if (named)
		*end++ = "host";
	if (o->diff)
		*end++ = "was";
	if (o->service) {
		o->rows.width_of = scan_service_width;
		*end++ = "confidence";
		*end++ = "product";
		*end++ = "version";
		*end++ = "extra";
	}
	if (o->banner || o->service) {
		*end++ = "greeting";
		*end = "banner";
	}
	return skt_rows_settle(
		state, &o->rows, o->hosts_only ? scan_up_columns : scan_columns, extra, NULL);
}

static error_t parse_source(const struct argp_state *state, struct scan_options *o, char *arg)
{
	const char *zone = strchr(arg, '%');

	/* What its name stands for is known when it runs. */
	if (skt_addr_parse(arg, zone ? (size_t)(zone - arg) : strlen(arg), &o->source))
		return skt_usage_error(state, "--source '%s': not an address", arg);
	skt_addr_unmap(&o->source);
	o->source_zone = zone ? zone + 1 : NULL;
	return 0;
}

static const struct skt_setting settings[] = {
	SKT_SETTING('4', struct scan_options, ipv4),
	SKT_SETTING('6', struct scan_options, ipv6),
	SKT_SETTING(KEY_FORCE, struct scan_options, force),
	SKT_SETTING(KEY_UP, struct scan_options, up),
	SKT_SETTING(KEY_OPEN, struct scan_options, open_only),
	SKT_SETTING(KEY_SKIPPED, struct scan_options, skipped),
	SKT_SETTING(KEY_BANNER, struct scan_options, banner),
	SKT_SETTING('q', struct scan_options, quiet),
	SKT_SETTING(KEY_TIMEOUT, struct scan_options, timeout_ns),
	SKT_SETTING(KEY_MAX_TIME, struct scan_options, max_time_ns),
	SKT_SETTING('I', struct scan_options, interface),
	SKT_SETTING(KEY_RESUME, struct scan_options, resume),
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct scan_options *o = state->input;
	struct skt_err err;
	uint64_t number;
	error_t rc;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->rows;
		o->retries = SKT_SCAN_RETRIES_AUTO;
		return 0;
	case 'p':
		o->ports_given = true;
		return add_ports(state, arg, &o->ports);
	case KEY_TOP:
		rc = skt_parse_count(state, "--top", arg, 1, SKT_PORTS_TOP_MAX, &number);
		o->top = rc ? 0 : (uint32_t)number;
		return rc;
	case KEY_EXCLUDE:
		return skt_vec_push(&o->excludes, arg) ? ENOMEM : 0;
	case KEY_EXCLUDE_PORTS:
		return add_ports(state, arg, &o->exclude_ports);
	case 'u':
		o->method = METHOD_UDP;
		return 0;
	case KEY_METHOD:
		return parse_method(state, arg, &o->method);
	case 's':
		return parse_source(state, o, arg);
	case KEY_EXPECT:
		rc = scan_expect_split(arg, &o->expect, &o->expect_hosts, &err);
		if (rc == -ENOMEM)
			return ENOMEM;
		return rc ? skt_usage_error_of(state, &err, "--expect: %s", err.text) : 0;
	case KEY_DIFF:
		o->diff = arg;
		return *arg ? 0 : skt_usage_error(state, "--diff '': it is empty");
	case KEY_SERVICE:
		return parse_service(state, arg, &o->service);
	case KEY_RATE:
		return parse_rate(state, "rate", arg, &o->rate);
	case KEY_RATE_PER_HOST:
		return parse_rate(state, "rate-per-host", arg, &o->rate_per_host);
	case KEY_RETRIES:
		rc = skt_parse_count(state, "--retries", arg, 0, SKT_SCAN_TRIES_MAX - 1, &number);
		o->retries = rc ? 0 : (int)number;
		return rc;
	case KEY_SEED:
		o->seed_given = true;
		return skt_parse_count(state, "--seed", arg, 0, UINT64_MAX, &o->seed);
	case KEY_SHARD:
		return parse_shard(state, arg, o);
	case ARGP_KEY_ARG:
		return add_target(state, o, arg);
	case ARGP_KEY_END:
		return settle(state, o);
	}
	return skt_setting_parse(state, options_table, settings, SKT_COUNT(settings), key, arg, o);
}

static void fini(void *options)
{
	struct scan_options *o = options;

	skt_rows_options_fini(&o->rows);
	skt_vec_free(&o->targets);
	skt_vec_free(&o->excludes);
	skt_vec_free(&o->ports);
	skt_vec_free(&o->exclude_ports);
	skt_vec_free(&o->expect_hosts);
	scan_expect_fini(&o->expect);
}

static const struct argp_child children[] = {{.argp = &skt_rows_more_argp}, {0}};

static const struct argp argp = {
	.options = options_table,
	.parser = parse_option,
	.args_doc = "HOST...",
	.doc = "Find out which ports of hosts are open, closed or filtered, and who says so. HOST is "
	       "a name, an address, a prefix (192.0.2.0/24), a range (192.0.2.1-20), any of them with "
	       "ports of its own (host:22,80), @FILE, or - for stdin.\v"
	       "Exit status 1: no port is open, no host is up, or --expect or --diff finds a difference; 3: not all could be found out.",
	.children = children,
};

static const struct skt_column_set column_sets[] = {
	{.columns = scan_columns}, {.option = "up", .columns = scan_up_columns}, {0}};

static const struct skt_example examples[SKT_EXAMPLES] = {
	{"Which of the common ports are open?", "sockkit scan localhost"},
	{"All ports of a host", "sockkit scan -p - localhost"},
	{"Which hosts are there?", "sockkit scan --up 127.0.0.0/28"},
};

const struct skt_command skt_scan_command = {
	.name = "scan",
	.brief = "find open, closed and filtered ports of hosts",
	.argp = &argp,
	.examples = examples,
	.column_sets = column_sets,
	.options_size = sizeof(struct scan_options),
	.run = scan_run,
	.fini = fini,
};
