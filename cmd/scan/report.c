#include "cmd/scan/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/scan/ranges.h"

enum {
	ALIKE_KEPT_MAX = 32768, /* such rows of all hosts */
	GROUPS_MAX = 32768,     /* kinds of all hosts; what comes then is counted over all hosts */
	NONE = UINT32_MAX,
};

/* ---- one row ---- */

static const struct scan_said nothing;

const char *scan_report_host(struct scan_report *report, const struct skt_scan_result *result)
{
	if (result->label || !report->naming.names)
		return result->label;
	return skt_naming_host(&report->naming, &result->addr);
}

static struct scan_row row_of(
	struct scan_report *report, const struct skt_scan_result *r, const struct scan_said *said)
{
	struct scan_row row = {
		.host = r->label,
		.address = r->addr,
		.from = r->from,
		.rtt_us = r->rtt_ns / SKT_NS_PER_US,
		.port = r->port,
		.from_port = r->from_port,
		.proto = report->udp,
		.state = r->state,
		.reason = r->reason,
		.ttl = r->ttl,
		.tries = r->tries,
		.banner = said->texts[SCAN_WORDS],
		.product = said->texts[SCAN_PRODUCT],
		.version = said->texts[SCAN_VERSION],
		.extra = said->texts[SCAN_EXTRA],
		.tunnel = said->texts[SCAN_TLS].len ? "tls" : NULL,
		.tls_version = said->texts[SCAN_TLS],
		.names = scan_said_names(said, report->names),
		.issuer = said->texts[SCAN_ISSUER],
		.not_after = said->texts[SCAN_NOT_AFTER],
		.why = said->texts[SCAN_WHY],
		.verified = !said->texts[SCAN_WHY].len,
		.greeting = said->end,
		.confidence = said->confidence,
		.service = said->service,
	};

	if (!row.service && report->identified && said->end)
		row.service = skt_confidence_names[SKT_CONFIDENCE_UNKNOWN];
	if (!row.service) {
		row.service = skt_services_name(
			report->services, r->port, report->udp ? SKT_SERVICE_UDP : SKT_SERVICE_TCP);
		row.confidence = SKT_CONFIDENCE_PORT;
	}

	row.present = (uint64_t)(r->rtt_ns != 0) << SCAN_HAS_RTT |
		(uint64_t)(r->ttl != 0) << SCAN_HAS_TTL |
		(uint64_t)(r->tries != 0) << SCAN_HAS_TRIES |
		(uint64_t)(said->end != 0) << SCAN_HAS_GREETING |
		(uint64_t)(report->identified && row.service) << SCAN_HAS_CONFIDENCE |
		(uint64_t)(said->texts[SCAN_ISSUER].len != 0) << SCAN_HAS_CERTIFICATE |
		(uint64_t)(r->from_port != 0) << SCAN_HAS_FROM_PORT |
		(uint64_t)(r->from.family != AF_UNSPEC) << SCAN_HAS_FROM;
	if (report->diff && scan_diff_was(report->diff, r->index, &row.was))
		row.present |= UINT64_C(1) << SCAN_HAS_WAS;
	row.host = scan_report_host(report, r);
	return row;
}

static int write_one(struct scan_report *report, const struct skt_scan_result *result,
	const struct scan_said *said)
{
	struct scan_row row = row_of(report, result, said);

	return skt_output_row(report->output, &row);
}

/* A result that waits for the name of its host; what the port said stands behind it. */
struct held_result {
	struct skt_naming_row base;
	struct skt_scan_result result;
	struct scan_said said;
	char words[];
};

static int write_held(void *arg, const struct skt_naming_row *base, const char *host)
{
	struct scan_report *report = arg;
	const struct held_result *held = SKT_CONTAINER(base, const struct held_result, base);
	struct scan_row row = row_of(report, &held->result, &held->said);
	int rc;

	if (!row.host)
		row.host = host;
	rc = skt_output_row(report->output, &row);
	return rc || !report->written ? rc : report->written(report->written_arg, &held->result);
}

/* 1: it is held, or was written by write_held(). */
static int hold(struct scan_report *report, const struct skt_scan_result *result,
	const struct scan_said *said)
{
	size_t size = sizeof(struct held_result) + (report->sorted ? 0 : scan_said_size(said));
	struct held_result *held = malloc(size);
	int rc;

	if (!held)
		return -ENOMEM;
	held->base = (struct skt_naming_row){.size = size};
	if (!result->label)
		held->base.addr = result->addr;
	held->result = *result;
	held->said = *said;
	if (!report->sorted)
		scan_said_move(&held->said, held->words);
	rc = skt_naming_add(&report->naming, &held->base);
	return rc ? rc : 1;
}

static int write_group(struct scan_report *report, const struct skt_scan_result *first,
	uint64_t ports, bool other_hosts)
{
	struct scan_row row = row_of(report, first, &nothing);

	row.ports = ports;
	row.other_hosts = other_hosts;
	row.service = NULL;
	row.present &= UINT64_C(1) << SCAN_HAS_FROM;
	return skt_output_row(report->output, &row);
}

static int write_line(struct scan_report *report, const struct scan_line *line)
{
	const bool from_self = skt_addr_equal(&line->result->from, &line->result->addr);
	struct scan_row row;

	if (!line->hosts)
		return line->count ? write_group(report, line->result, line->count, false)
				   : write_one(report, line->result, line->said);
	row = row_of(report, line->result, &nothing);
	row.ports = line->count;
	row.hosts = line->hosts;
	row.addresses = line->addresses;
	if (line->count)
		row.service = NULL;
	row.present &= from_self ? 0 : UINT64_C(1) << SCAN_HAS_FROM;
	return skt_output_row(report->output, &row);
}

/* ---- groups ---- */

static bool is_alike(const struct skt_scan_result *a, const struct skt_scan_result *b)
{
	return a->host == b->host && a->state == b->state && a->reason == b->reason &&
		skt_addr_equal(&a->from, &b->from);
}

static uint64_t hash_of(const struct skt_scan_result *r)
{
	uint64_t h = r->host * 32 + r->reason;

	h = (h ^ h >> 31) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static int grow_table(struct scan_report *report)
{
	size_t size = report->table_size ? report->table_size * 2 : 64;
	uint32_t *table = reallocarray(NULL, size, sizeof(*table));

	if (!table)
		return -ENOMEM;
	memset(table, 0xff, size * sizeof(*table));
	for (size_t i = 0; i < report->groups.len; i++) {
		uint32_t *place = &table[hash_of(&report->groups.data[i].first) & (size - 1)];

		report->groups.data[i].next = *place;
		*place = (uint32_t)i;
	}
	free(report->table);
	report->table = table;
	report->table_size = size;
	return 0;
}

static struct scan_group *group_of(struct scan_report *report, const struct skt_scan_result *r)
{
	struct scan_group group = {.first = *r};
	uint32_t *place;

	if (report->groups.len >= report->table_size && grow_table(report))
		return NULL;
	place = &report->table[hash_of(r) & (report->table_size - 1)];
	for (uint32_t i = *place; i != NONE; i = report->groups.data[i].next)
		if (is_alike(&report->groups.data[i].first, r))
			return &report->groups.data[i];
	group.next = *place;
	if ((report->groups.len >= GROUPS_MAX && !report->foreign) ||
		skt_vec_push(&report->groups, group))
		return NULL;
	*place = (uint32_t)report->groups.len - 1;
	return &report->groups.data[report->groups.len - 1];
}

static void count_other(struct scan_report *report, const struct skt_scan_result *result)
{
	struct scan_other *other = &report->others[result->state][result->reason];

	if (!other->count++)
		other->first = *result;
}

static int keep(struct scan_report *report, const struct skt_scan_result *result,
	const struct scan_said *said)
{
	const struct scan_kept kept = {.result = *result, .said = *said};
	struct scan_group *group;

	/* Differences are shown one by one. */
	if (result->state == SKT_SCAN_OPEN || report->diff)
		return skt_vec_push(&report->kept, kept);
	group = group_of(report, result);
	if (!group && report->groups.len >= GROUPS_MAX && !report->foreign) {
		count_other(report, result);
		return 0;
	}
	if (!group)
		return -ENOMEM;
	if (result->port < group->first.port)
		group->first = *result;
	if (group->count < SCAN_ALIKE_MAX && report->alike_kept < ALIKE_KEPT_MAX) {
		report->alike_kept++;
		group->kept[group->count++] = (uint32_t)report->kept.len;
		return skt_vec_push(&report->kept, kept);
	}
	for (size_t i = 0; !group->together && i < group->count; i++)
		report->kept.data[group->kept[i]].dropped = true;
	group->together = true;
	group->count++;
	return 0;
}

int scan_report_add(struct scan_report *report, const struct skt_scan_result *result,
	const struct scan_said *said)
{
	struct scan_said own = said ? *said : nothing;
	int rc = 0;

	if (report->open_only && result->state != SKT_SCAN_OPEN)
		return 0;
	/* What is kept must have texts of its own. */
	if (report->collapse || report->sorted)
		rc = scan_said_keep(&own, &report->words);
	if (rc)
		return rc;
	if (report->collapse)
		return keep(report, result, &own);
	if (report->naming.names)
		return hold(report, result, &own);
	return write_one(report, result, &own);
}

int scan_report_begin(struct scan_report *report)
{
	report->naming.write = write_held;
	report->naming.arg = report;
	return report->resolve ? skt_naming_open(&report->naming, NULL) : 0;
}

int scan_report_settle(struct scan_report *report)
{
	return report->naming.names ? skt_naming_step(&report->naming, 0) : 0;
}

/* ---- the end ---- */

/* Hosts in order; what is alike behind what was found; ports in order. */
static int compare_lines(const void *left, const void *right)
{
	const struct scan_line *a = left, *b = right;

	if (a->result->host != b->result->host)
		return a->result->host < b->result->host ? -1 : 1;
	if (!a->count != !b->count)
		return a->count ? 1 : -1;
	return (a->result->port > b->result->port) - (a->result->port < b->result->port);
}

/* Of all lines at once, and of the rows that are held. */
static int wait_for_names(struct scan_report *report, const struct scan_line *lines, size_t count)
{
	if (!report->naming.names)
		return 0;
	for (size_t i = 0; i < count; i++)
		(void)scan_report_host(report, lines[i].result);
	return skt_naming_finish(&report->naming, report->stop);
}

static int write_lines(struct scan_report *report, struct scan_line *lines, size_t count)
{
	ssize_t left = (ssize_t)count;
	int rc = 0;

	/* Differences are shown one by one. */
	if (!report->diff) {
		for (size_t i = 0; i < count; i++)
			lines[i].own_name = scan_report_host(report, lines[i].result) != NULL;
		left = scan_ranges_collapse(lines, count, &report->words);
	}
	if (left < 0)
		return (int)left;
	for (ssize_t i = 0; !rc && i < left; i++)
		rc = write_line(report, &lines[i]);
	return rc;
}

static int write_kept(struct scan_report *report)
{
	size_t count = report->kept.len + report->groups.len, n = 0;
	struct scan_line *lines = calloc(count + 1, sizeof(*lines));
	int rc = lines ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < report->kept.len; i++)
		if (!report->kept.data[i].dropped)
			lines[n++] = (struct scan_line){.result = &report->kept.data[i].result,
				.said = &report->kept.data[i].said};
	for (size_t i = 0; !rc && i < report->groups.len; i++)
		if (report->groups.data[i].together)
			lines[n++] = (struct scan_line){.result = &report->groups.data[i].first,
				.said = &nothing,
				.count = report->groups.data[i].count};
	if (n > 1)
		qsort(lines, n, sizeof(*lines), compare_lines);
	if (!rc)
		rc = wait_for_names(report, lines, n);
	if (!rc && report->foreign)
		report->foreign(report, lines, n);
	if (!rc && !report->foreign)
		rc = write_lines(report, lines, n);
	free(lines);
	return rc;
}

int scan_report_finish(struct scan_report *report)
{
	int rc = write_kept(report);

	for (size_t state = 0; state < SKT_SCAN_STATES; state++)
		for (size_t reason = 0; !rc && reason < SKT_REASONS; reason++)
			if (report->others[state][reason].count)
				rc = write_group(report, &report->others[state][reason].first,
					report->others[state][reason].count, true);
	return rc;
}

void scan_report_fini(struct scan_report *report)
{
	skt_vec_free(&report->kept);
	skt_vec_free(&report->groups);
	free(report->table);
	skt_arena_fini(&report->words);
	skt_naming_close(&report->naming);
}
