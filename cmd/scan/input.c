#include "cmd/scan/input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/plural.h"
#include "base/zone.h"
#include "cmd/scan/expected.h"
#include "cmd/scan/links.h"
#include "cmd/scan/lookup.h"
#include "cmd/scan/port_set.h"
#include "cmd/scan/reserved.h"
#include "cmd/scan/source.h"
#include "cmd/scan/words.h"
#include "cmd/scan/zone.h"
#include "scan/target.h"

struct reader {
	const struct scan_options *options;
	struct skt_context *ctx;
	struct scan_input *input;
	struct scan_lookups lookups;
	struct scan_links links;
	bool excluding;
};

/* ---- one range ---- */

static bool wanted_family(const struct reader *r, uint8_t family)
{
	const struct scan_options *o = r->options;

	return o->ipv4 == o->ipv6 || (family == AF_INET ? o->ipv4 : o->ipv6);
}

static int refuse(struct reader *r, struct skt_addr *first, struct skt_addr *last, const char *text,
	size_t len)
{
	const char *reason = skt_target_refusal(first, last);

	if (!r->excluding && wanted_family(r, first->family) &&
		(!scan_zone_set(first, r->options->interface) ||
			!scan_zone_set(last, r->options->interface))) {
		skt_warn(r->ctx,
			"target '%.*s': a link-local address is one of some interface: "
			"put %%IFACE behind it, or give --interface",
			(int)len, text);
		return SKT_EXIT_USAGE;
	}
	if (!reason && skt_addr_equal(first, last))
		reason = skt_local_reservation(&r->input->local, first);
	if (!reason || r->options->force || r->excluding)
		return SKT_EXIT_YES;
	skt_warn(r->ctx, "target '%.*s': %s addresses are not scanned without --force", (int)len,
		text, reason);
	return SKT_EXIT_USAGE;
}

static int add_range(struct reader *r, const struct skt_addr *first, const struct skt_addr *last,
	const struct skt_target *t, const struct skt_portset *ports)
{
	struct skt_plan *plan = &r->input->plan;
	int rc;

	if (!wanted_family(r, first->family))
		return SKT_EXIT_YES;
	rc = r->excluding ? skt_plan_exclude(plan, first, last)
			  : skt_plan_add(plan, first, last, t->name, t->name_len, ports);
	if (!rc)
		return SKT_EXIT_YES;
	skt_warn(r->ctx, "%s", strerror(-rc));
	return SKT_EXIT_TROUBLE;
}

/* ---- names ---- */

static int add_answer(struct reader *r, const struct skt_target *t, const struct skt_portset *ports,
	const struct skt_answer *answer)
{
	int status = SKT_EXIT_YES;

	for (size_t i = 0; status == SKT_EXIT_YES && i < answer->count; i++) {
		struct skt_addr addr = answer->addrs[i];

		status = refuse(r, &addr, &addr, t->name, t->name_len);
		if (status == SKT_EXIT_YES)
			status = add_range(r, &addr, &addr, t, ports);
	}
	return status;
}

/* The name whose lookup was begun next. */
static int add_name(struct reader *r, const struct skt_target *t, const struct skt_portset *ports)
{
	const struct skt_resolve *resolve;
	struct skt_err err;
	char name[256];
	int rc, status;

	rc = scan_lookups_take(&r->lookups, &resolve);
	if (rc) {
		if (rc != -EINTR)
			skt_warn(r->ctx, "looking names up: %s", strerror(-rc));
		return SKT_EXIT_TROUBLE;
	}
	if (!resolve->v6.count && !resolve->v4.count) {
		(void)snprintf(name, sizeof(name), "%.*s", (int)t->name_len, t->name);
		rc = skt_resolve_error(resolve, name, &err);
		skt_warn(r->ctx, "%s", err.text);
		*(rc == -ENOENT ? &r->input->unknown : &r->input->missed) = true;
		return SKT_EXIT_YES;
	}
	status = add_answer(r, t, ports, &resolve->v6);
	return status == SKT_EXIT_YES ? add_answer(r, t, ports, &resolve->v4) : status;
}

/* ---- networks whose hosts are found ---- */

/* A target, and its ports. */
struct network {
	struct reader *reader;
	const struct skt_target *target;
	const struct skt_portset *ports;
};

static int add_found(void *arg, const struct skt_addr *addr)
{
	const struct network *network = arg;

	return add_range(network->reader, addr, addr, network->target, network->ports);
}

/* All of INTERFACE, where no target is named. */
static int add_network(void *arg, const struct skt_target *t)
{
	struct reader *r = arg;
	const struct network network = {r, t, &r->input->ports};
	char text[SKT_ADDR_TEXT_MAX];

	if (!wanted_family(r, t->first.family))
		return SKT_EXIT_YES;
	if (!scan_links_is_one(&r->links, t))
		return add_range(r, &t->first, &t->last, t, network.ports);
	(void)skt_zone_text(&t->first, text);
	return scan_links_find(&r->links, t, text, strlen(text), add_found, (void *)&network);
}

/* ---- one target ---- */

/* The ports of the target itself, or those of the run. */
static int ports_of(struct reader *r, const struct skt_target *t, const struct skt_portset **ret)
{
	const uint8_t protocol = r->input->udp ? SKT_SERVICE_UDP : SKT_SERVICE_TCP;
	struct skt_port_list list = {0};
	struct skt_err err;
	int rc;

	*ret = &r->input->ports;
	if (!t->ports)
		return SKT_EXIT_YES;
	*ret = r->input->own_ports;
	memset(r->input->own_ports, 0, sizeof(*r->input->own_ports));
	rc = skt_port_list_parse(t->ports, t->ports_len, &list, &err);
	if (!rc)
		rc = skt_services_resolve(
			r->input->services, &list, protocol, r->input->own_ports, &err);
	skt_vec_free(&list);
	if (!rc)
		return SKT_EXIT_YES;
	skt_warn(r->ctx, "ports of a target: %s", err.text);
	return rc == -ENOMEM ? SKT_EXIT_TROUBLE : SKT_EXIT_USAGE;
}

static int add_target(struct reader *r, const char *text, size_t len)
{
	const struct skt_portset *ports;
	struct skt_target t;
	struct skt_err err;
	char zoned[SCAN_ZONED_MAX];
	const char *given = text;
	size_t given_len = len;
	int status;

	if (scan_zone_number(&text, &len, zoned)) {
		skt_warn(r->ctx, "target '%.*s': no such interface", (int)len, text);
		return SKT_EXIT_TROUBLE;
	}
	if (skt_target_parse(text, len, &t, &err)) {
		/* In the words that were typed. */
		(void)skt_target_parse(given, given_len, &t, &err);
		skt_warn(r->ctx, "%s", err.text);
		return SKT_EXIT_USAGE;
	}
	status = ports_of(r, &t, &ports);
	if (status != SKT_EXIT_YES)
		return status;
	if (t.name)
		return add_name(r, &t, ports);
	if (!r->excluding && wanted_family(r, t.first.family) && scan_links_is_one(&r->links, &t)) {
		struct network network = {r, &t, ports};

		return scan_links_find(&r->links, &t, given, given_len, add_found, &network);
	}
	status = refuse(r, &t.first, &t.last, given, given_len);
	return status == SKT_EXIT_YES ? add_range(r, &t.first, &t.last, &t, ports) : status;
}

/* Begins to look up the name that is the target, if it is one. */
static int begin_target(struct reader *r, const char *text, size_t len)
{
	struct skt_target t;
	char name[256];
	int rc;

	if (skt_target_parse(text, len, &t, NULL) || !t.name)
		return SKT_EXIT_YES;
	(void)snprintf(name, sizeof(name), "%.*s", (int)t.name_len, t.name);
	rc = scan_lookups_begin(&r->lookups, name);
	if (!rc)
		return SKT_EXIT_YES;
	skt_warn(r->ctx, "target '%s': %s", name, strerror(-rc));
	return SKT_EXIT_TROUBLE;
}

/* Some words, in order; their names are looked up together. */
static int add_batch(struct reader *r, const struct scan_word *words, size_t count)
{
	int status = SKT_EXIT_YES;

	for (size_t i = 0; status == SKT_EXIT_YES && i < count; i++)
		status = begin_target(r, words[i].text, words[i].len);
	for (size_t i = 0; status == SKT_EXIT_YES && i < count; i++)
		status = add_target(r, words[i].text, words[i].len);
	return status;
}

/* ---- files ---- */

static int add_words(struct reader *r, const char *text, size_t len)
{
	struct scan_word words[SCAN_LOOKUPS_MAX];
	const char *end = text + len;
	int status = SKT_EXIT_YES;
	size_t count;

	do {
		for (count = 0; count < SKT_COUNT(words); count++) {
			words[count] = scan_word_next(&text, end, r->excluding ? ',' : ' ');
			if (!words[count].len)
				break;
		}
		status = add_batch(r, words, count);
	} while (status == SKT_EXIT_YES && count == SKT_COUNT(words));
	return status;
}

enum { FILE_SIZE_MAX = 64 * 1024 * 1024 };

static int add_file(struct reader *r, const char *path)
{
	const bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), status, rc;
	struct skt_str text = {0};

	rc = fd < 0 ? -errno : skt_str_read(&text, fd, FILE_SIZE_MAX);
	if (fd >= 0 && !standard)
		(void)close(fd);
	if (rc) {
		skt_warn(r->ctx, "targets of '%s': %s", path, strerror(-rc));
		status = SKT_EXIT_TROUBLE;
	} else {
		size_t mark = skt_str_mark(text.data, text.len);

		status = add_words(r, text.data + mark, text.len - mark);
	}
	skt_str_fini(&text);
	return status;
}

static bool is_file(const char *word)
{
	return word[0] == '@' || strcmp(word, "-") == 0;
}

/* The words of the command line: batches of targets between the files. */
static int add_arguments(struct reader *r, const char *const *arguments, size_t count)
{
	struct scan_word words[SCAN_LOOKUPS_MAX];
	int status = SKT_EXIT_YES;
	size_t n;

	for (size_t i = 0; status == SKT_EXIT_YES && i < count;) {
		for (n = 0; n < SKT_COUNT(words) && i < count && !is_file(arguments[i]); i++)
			words[n++] = (struct scan_word){arguments[i], strlen(arguments[i])};
		status = add_batch(r, words, n);
		if (status == SKT_EXIT_YES && i < count && is_file(arguments[i])) {
			status = add_file(r, arguments[i] + (arguments[i][0] == '@'));
			i++;
		}
	}
	return status;
}

/* ---- all of it ---- */

static int open_tables(
	const struct scan_options *options, struct skt_context *ctx, struct scan_input *input)
{
	int rc;

	if (options->interface && !if_nametoindex(options->interface)) {
		skt_warn(ctx, "--interface '%s': no such interface", options->interface);
		return SKT_EXIT_TROUBLE;
	}
	skt_headroom_read(ctx->system.proc_root, &input->room);
	rc = skt_services_open(ctx->services_path, &input->services);

	if (!rc) {
		rc = skt_local_read(&input->local);
		if (rc) {
			skt_warn(ctx, "cannot list the addresses of this host: %s", strerror(-rc));
			return SKT_EXIT_TROUBLE;
		}
	}
	input->own_ports = calloc(1, sizeof(*input->own_ports));
	if (!rc && !input->own_ports)
		rc = -ENOMEM;
	if (!rc)
		return SKT_EXIT_YES;
	skt_warn(ctx, "%s", strerror(-rc));
	return SKT_EXIT_TROUBLE;
}

/*
 * Hosts of --diff and --expect are asked in networks whose hosts are found, whether they are or
 * not: what has gone away does not answer.
 */
static int read_also(struct reader *r)
{
	struct scan_expected_hosts expected = r->options->expect_hosts; /* resolved in place */
	struct scan_diff_lines *earlier = &r->input->earlier;
	struct skt_err err;
	int rc = scan_expect_hosts_resolve(&expected, &err);

	if (rc) {
		skt_warn(r->ctx, "--expect: %s", err.text);
		return SKT_EXIT_USAGE;
	}
	if (r->options->hosts_only && r->options->diff)
		rc = scan_diff_read_hosts(r->options->diff, earlier, &err);
	if (rc) {
		skt_warn(r->ctx, "--diff: %s", err.text);
		return rc == -EINVAL ? SKT_EXIT_USAGE : SKT_EXIT_TROUBLE;
	}
	for (size_t i = 0; !rc && i < earlier->len; i++)
		rc = skt_vec_push(&r->links.also, earlier->data[i].addr);
	for (size_t i = 0; !rc && i < expected.len; i++)
		if (expected.data[i].first.family == AF_INET6 &&
			skt_addr_equal(&expected.data[i].first, &expected.data[i].last))
			rc = skt_vec_push(&r->links.also, expected.data[i].first);
	if (rc)
		skt_warn(r->ctx, "%s", strerror(-rc));
	return rc ? SKT_EXIT_TROUBLE : SKT_EXIT_YES;
}

static int finish(struct reader *r)
{
	int rc = r->options->force
		? 0
		: scan_reserved_exclude(&r->input->local, &r->input->plan, &r->input->reserved);

	if (!rc && r->input->reserved && !r->options->quiet)
		skt_warn(r->ctx,
			"%" PRIu64 " network and broadcast address%s of networks that this host "
			"is on %s left out: --force scans %s",
			r->input->reserved, skt_plural(r->input->reserved, "", "es"),
			skt_plural(r->input->reserved, "is", "are"),
			skt_plural(r->input->reserved, "it", "them"));

	rc = rc ? rc : skt_plan_finish(&r->input->plan);
	if (rc == -ERANGE) {
		skt_warn(r->ctx, "more than 2^34 ports of hosts: scan them in parts");
		return SKT_EXIT_USAGE;
	}
	if (rc) {
		skt_warn(r->ctx, "%s", strerror(-rc));
		return SKT_EXIT_TROUBLE;
	}
	if (r->input->plan.count)
		return scan_expected_check(r->options, r->ctx, &r->input->plan, &r->input->local);
	if (r->input->missed || r->input->unknown)
		return r->input->missed ? SKT_EXIT_TROUBLE : SKT_EXIT_NO;
	skt_warn(r->ctx, "nothing is left to scan");
	return SKT_EXIT_USAGE;
}

int scan_input_read(
	const struct scan_options *options, struct skt_context *ctx, struct scan_input *input)
{
	const bool both = options->ipv4 == options->ipv6;
	struct reader r = {
		.options = options,
		.ctx = ctx,
		.input = input,
		.lookups = {.family = both      ? AF_UNSPEC
				: options->ipv4 ? AF_INET
						: AF_INET6,
			.interrupted = ctx->interrupted},
		.links = {.options = options, .ctx = ctx, .local = &input->local},
	};
	int status = open_tables(options, ctx, input);

	if (status == SKT_EXIT_YES)
		status = scan_source_read(options, ctx, &input->source);
	if (status == SKT_EXIT_YES)
		status = scan_ports_read(options, ctx, input->services, &input->ports);
	if (status == SKT_EXIT_YES)
		status = read_also(&r);
	if (status == SKT_EXIT_YES)
		status = options->targets.len
			? add_arguments(&r, options->targets.data, options->targets.len)
			: scan_links_networks(
				  &r.links, if_nametoindex(options->interface), add_network, &r);
	r.excluding = true;
	for (size_t i = 0; status == SKT_EXIT_YES && i < options->excludes.len; i++)
		status = options->excludes.data[i][0] == '@'
			? add_file(&r, options->excludes.data[i] + 1)
			: add_words(
				  &r, options->excludes.data[i], strlen(options->excludes.data[i]));
	scan_lookups_fini(&r.lookups);
	status = status == SKT_EXIT_YES ? finish(&r) : status;
	scan_links_fini(&r.links);
	return status;
}

void scan_input_fini(struct scan_input *input)
{
	skt_services_free(input->services);
	skt_vec_free(&input->local);
	skt_vec_free(&input->earlier);
	skt_plan_fini(&input->plan);
	free(input->own_ports);
}
