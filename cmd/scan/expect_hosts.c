#include "cmd/scan/expect_hosts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "cmd/scan/zone.h"

static int read_host(struct scan_expected_host *host, struct skt_err *err)
{
	const char *text = host->text;
	size_t len = host->len;
	char zoned[SCAN_ZONED_MAX];
	struct skt_target t;
	int rc;

	if (scan_zone_number(&text, &len, zoned))
		return skt_fail_text(
			err, EINVAL, "'%.*s': no such interface", (int)host->len, host->text);
	rc = skt_target_parse(text, len, &t, err);
	if (rc)
		return rc;
	if (t.ports || t.wide)
		return skt_fail_text(err, EINVAL, "'%.*s': expected hosts, without ports",
			(int)host->len, host->text);
	if (!t.name) {
		host->first = t.first;
		host->last = t.last;
	}
	return 0;
}

int scan_expect_hosts_add(struct scan_expected_hosts *hosts, const char *text, size_t len,
	unsigned int states, struct skt_err *err)
{
	const char *end = text + len;
	int rc = 0;

	for (const char *at = text; !rc && at <= end;) {
		const char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
		struct scan_expected_host host = {
			.text = at, .len = (size_t)((comma ? comma : end) - at), .states = states};

		host.all = host.len == 1 && *at == '*';
		/* Zones are looked up when it runs. */
		if (!host.all && !(host.len && memchr(at, '%', host.len)))
			rc = read_host(&host, err);
		rc = rc ? rc : skt_vec_push(hosts, host);
		at += host.len + 1;
	}
	return rc;
}

int scan_expect_split(const char *text, struct scan_expectations *ports,
	struct scan_expected_hosts *hosts, struct skt_err *err)
{
	unsigned int states = scan_up_states_parse(text, strlen(text));
	int rc;

	if (states)
		return scan_expect_hosts_add(hosts, "*", 1, states, err);
	for (const char *at = text;; at++) {
		const char *equals = strchr(at, '=');
		const size_t head = equals ? (size_t)(equals - at) : strlen(at);
		const size_t tail = equals ? strcspn(equals, ",") : 0;

		states = equals ? scan_up_states_parse(equals + 1, tail - 1) : 0;
		rc = states ? scan_expect_hosts_add(hosts, at, head, states, err)
			    : scan_expect_parse(at, head + tail, ports, err);
		at += head + tail;
		if (rc || !*at)
			return rc;
	}
}

int scan_expect_hosts_resolve(struct scan_expected_hosts *hosts, struct skt_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < hosts->len; i++)
		if (!hosts->data[i].all)
			rc = read_host(&hosts->data[i], err);
	return rc;
}

/* ---- whether they are asked ---- */

static bool is_called(const struct scan_expected_host *host, const char *label)
{
	return label && strlen(label) == host->len &&
		strncasecmp(label, host->text, host->len) == 0;
}

static bool has_name(const struct skt_plan *plan, const struct scan_expected_host *host)
{
	for (size_t i = 0; i < plan->ranges.len; i++)
		if (is_called(host, plan->ranges.data[i].label))
			return true;
	return false;
}

/* The ranges of a plan are in order, so that one walk finds each gap. */
static bool has_range(const struct skt_plan *plan, const struct skt_local *local,
	const struct scan_expected_host *host)
{
	const skt_u128 high = skt_addr_number(&host->last);
	skt_u128 next = skt_addr_number(&host->first);

	for (size_t i = 0; i < plan->ranges.len && next <= high; i++) {
		const struct skt_plan_range *range = &plan->ranges.data[i];

		if (range->first.family != host->first.family ||
			range->first.scope_id != host->first.scope_id || range->high < next)
			continue;
		for (; next < range->low && next <= high; next++) {
			const struct skt_addr addr = skt_addr_of_number(&host->first, next);

			if (!skt_local_reservation(local, &addr))
				return false;
		}
		next = range->high + 1;
	}
	for (; next <= high; next++) {
		const struct skt_addr addr = skt_addr_of_number(&host->first, next);

		if (!skt_local_reservation(local, &addr))
			return false;
	}
	return true;
}

bool scan_expect_hosts_are_asked(const struct scan_expected_hosts *hosts,
	const struct skt_plan *plan, const struct skt_local *local,
	const struct scan_expected_host **ret)
{
	for (size_t i = 0; i < hosts->len; i++) {
		const struct scan_expected_host *host = &hosts->data[i];

		if (host->all ||
			(host->first.family == AF_UNSPEC ? has_name(plan, host)
							 : has_range(plan, local, host)))
			continue;
		*ret = host;
		return false;
	}
	return true;
}

/* ---- whether they are right ---- */

static bool is_about(const struct scan_expected_host *host, const struct skt_scan_result *result)
{
	skt_u128 number;

	if (host->all)
		return true;
	if (host->first.family == AF_UNSPEC)
		return is_called(host, result->label);
	number = skt_addr_number(&result->addr);
	return host->first.family == result->addr.family &&
		host->first.scope_id == result->addr.scope_id &&
		number >= skt_addr_number(&host->first) && number <= skt_addr_number(&host->last);
}

const char *scan_expect_hosts_text(unsigned int states, char text[64])
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < SCAN_UP_STATES; i++)
		if (states >> i & 1)
			used += (size_t)snprintf(text + used, 64 - used, "%s%s", used ? " or " : "",
				scan_up_state_names[i]);
	return text;
}

unsigned int scan_expect_hosts_states(
	const struct scan_expected_hosts *hosts, const struct skt_scan_result *result)
{
	for (size_t i = 0; i < hosts->len; i++)
		if (is_about(&hosts->data[i], result))
			return hosts->data[i].states;
	return (1u << SCAN_UP_STATES) - 1;
}
