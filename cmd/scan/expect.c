#include "cmd/scan/expect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

_Static_assert(SKT_SCAN_STATES <= 32, "a set of states is an unsigned int");

enum { OPEN_OR_FILTERED = 1u << SKT_SCAN_OPEN | 1u << SKT_SCAN_FILTERED };

/* One word of STATES, LEN bytes; 0: not a state. */
static unsigned int state_bit(const char *word, size_t len)
{
	for (size_t i = 0; i < SKT_SCAN_STATES; i++)
		if (strlen(skt_scan_state_names[i]) == len &&
			memcmp(skt_scan_state_names[i], word, len) == 0)
			return 1u << i;
	return 0;
}

static int parse_states(const char *text, size_t len, unsigned int *ret, struct skt_err *err)
{
	unsigned int states = 0;

	for (const char *at = text, *end = text + len; at <= end;) {
		const char *bar = memchr(at, '|', (size_t)(end - at));
		size_t word = (size_t)((bar ? bar : end) - at);
		unsigned int bit = state_bit(at, word);

		if (!bit)
			return skt_fail_text(err, EINVAL,
				"'%.*s': not a state; they are open, closed, filtered, unreachable, "
				"open|filtered, error, skipped",
				(int)word, at);
		states |= bit;
		at += word + 1;
	}
	/* Who takes open and filtered takes it that nobody can tell which. */
	if ((states & OPEN_OR_FILTERED) == OPEN_OR_FILTERED)
		states |= 1u << SKT_SCAN_OPEN_FILTERED;
	*ret = states;
	return 0;
}

static int add_ports(struct scan_expectation *e, const char *text, size_t len, struct skt_err *err)
{
	if (len == 1 && *text == '*') {
		e->all = true;
		return 0;
	}
	return skt_port_list_parse(text, len, &e->list, err);
}

/* One item of the text, which ends an expectation where it has `=`. */
static int parse_item(struct scan_expectations *list, struct scan_expectation *current,
	const char *item, size_t len, struct skt_err *err)
{
	const char *equals = len ? memchr(item, '=', len) : NULL;
	int rc = add_ports(current, item, equals ? (size_t)(equals - item) : len, err);

	if (rc || !equals)
		return rc;
	rc = parse_states(equals + 1, len - (size_t)(equals + 1 - item), &current->states, err);
	rc = rc ? rc : skt_vec_push(list, *current);
	if (!rc)
		*current = (struct scan_expectation){0};
	return rc;
}

int scan_expect_parse(
	const char *text, size_t len, struct scan_expectations *list, struct skt_err *err)
{
	struct scan_expectation current = {0};
	const char *at = text, *end = text + len;
	int rc = 0;

	while (!rc) {
		const char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;

		rc = parse_item(list, &current, at, (size_t)((comma ? comma : end) - at), err);
		if (!comma)
			break;
		at = comma + 1;
	}
	if (!rc && (current.list.len || current.all))
		rc = skt_fail_text(err, EINVAL, "'%.*s': '=STATE' is missing behind the last ports",
			(int)len, text);
	skt_vec_free(&current.list);
	return rc;
}

int scan_expect_resolve(struct scan_expectations *list, const struct skt_services *services,
	uint8_t protocol, struct skt_portset *ports, struct skt_err *err)
{
	for (size_t i = 0; i < list->len; i++) {
		struct scan_expectation *e = &list->data[i];
		int rc;

		if (e->set)
			continue;
		e->set = calloc(1, sizeof(*e->set));
		if (!e->set)
			return skt_fail(err, ENOMEM, "memory for ports");
		rc = skt_services_resolve(services, &e->list, protocol, e->set, err);
		if (rc)
			return rc;
		for (size_t word = 0; word < SKT_COUNT(ports->bits); word++)
			ports->bits[word] |= e->set->bits[word];
	}
	return 0;
}

/* Whether all of SET are among the COUNT ports, which are in order; else *RET is the first that is
 * not. */
static bool has_all(
	const uint16_t *ports, uint32_t count, const struct skt_portset *set, uint16_t *ret)
{
	uint32_t at = 0;

	for (uint32_t port = 1; port <= 65535; port++) {
		if (!skt_portset_has(set, (uint16_t)port))
			continue;
		while (at < count && ports[at] < port)
			at++;
		if (at == count || ports[at] != port) {
			*ret = (uint16_t)port;
			return false;
		}
	}
	return true;
}

bool scan_expect_is_asked(const struct scan_expectations *list, const struct skt_plan *plan,
	struct skt_addr *ret_addr, uint16_t *ret_port)
{
	struct skt_portset named = {0};
	const uint16_t *good = NULL; /* lists are shared by many ranges */

	for (size_t i = 0; i < list->len; i++)
		for (size_t word = 0; list->data[i].set && word < SKT_COUNT(named.bits); word++)
			named.bits[word] |= list->data[i].set->bits[word];
	for (size_t i = 0; i < plan->ranges.len; i++) {
		const struct skt_plan_range *range = &plan->ranges.data[i];

		if (range->ports == good)
			continue;
		if (!has_all(range->ports, range->port_count, &named, ret_port)) {
			*ret_addr = range->first;
			return false;
		}
		good = range->ports;
	}
	return true;
}

static const struct scan_expectation *find(const struct scan_expectations *list, uint16_t port)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->data[i].all || skt_portset_has(list->data[i].set, port))
			return &list->data[i];
	return NULL;
}

bool scan_expect_holds(const struct scan_expectations *list, uint16_t port, uint8_t state)
{
	const struct scan_expectation *e = find(list, port);

	return !e || e->states >> state & 1;
}

const char *scan_expect_text(const struct scan_expectations *list, uint16_t port, char text[128])
{
	const struct scan_expectation *e = find(list, port);
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; e && i < SKT_SCAN_STATES; i++)
		if (e->states >> i & 1 && i != SKT_SCAN_OPEN_FILTERED)
			used += (size_t)snprintf(text + used, 128 - used, "%s%s",
				used ? " or " : "", skt_scan_state_names[i]);
	return used ? text : skt_scan_state_names[SKT_SCAN_OPEN_FILTERED];
}

void scan_expect_fini(struct scan_expectations *list)
{
	for (size_t i = 0; i < list->len; i++) {
		skt_vec_free(&list->data[i].list);
		free(list->data[i].set);
	}
	skt_vec_free(list);
}
