/* What stands behind `sport`, `dport`, `port`, and behind the `:` of a host. */
#include <errno.h>

#include "base/macros.h"
#include "filter/node.h"

enum { PORT_MAX = 65535 };

static size_t lowest_port(const struct skt_portset *set)
{
	for (size_t word = 0; word < SKT_COUNT(set->bits); word++)
		if (set->bits[word])
			return 64 * word + (size_t)__builtin_ctzll(set->bits[word]);
	return PORT_MAX + 1;
}

size_t skt_filter_run_end(const struct skt_portset *set, size_t low)
{
	while (low < PORT_MAX && skt_portset_has(set, (uint16_t)(low + 1)))
		low += (low + 1) % 64 == 0 && set->bits[(low + 1) / 64] == UINT64_MAX ? 64 : 1;
	return low;
}

static size_t highest_port(const struct skt_portset *set)
{
	for (size_t word = SKT_COUNT(set->bits); word--;)
		if (set->bits[word])
			return 64 * word + 63 - (size_t)__builtin_clzll(set->bits[word]);
	return 0;
}

/*
 * A comparison with several ports, which only a service name can stand for, holds where it holds
 * with one of them. Port 0 says that there is no port, so it is neither below nor above any.
 */
int skt_filter_ports_set(
	struct skt_filter *filter, struct skt_filter_ports *ports, const struct skt_portset *set)
{
	uint32_t lowest = (uint32_t)lowest_port(set), highest = (uint32_t)highest_port(set);
	struct skt_portset *copy;

	ports->set = NULL;
	ports->low = 1;
	ports->high = 0;
	if (lowest > PORT_MAX)
		return 0;
	switch (ports->op) {
	case SKT_FILTER_EQ:
	case SKT_FILTER_NE:
	case SKT_FILTER_LIKE:
	case SKT_FILTER_UNLIKE:
		ports->low = lowest;
		ports->high = highest;
		if (skt_filter_run_end(set, lowest) == highest)
			return 0;
		copy = skt_arena_alloc(&filter->arena, sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		*copy = *set;
		ports->set = copy;
		return 0;
	case SKT_FILTER_LT:
		ports->high = highest ? highest - 1 : 0;
		return 0;
	case SKT_FILTER_LE:
		ports->high = highest;
		return 0;
	case SKT_FILTER_GT:
		ports->low = lowest + 1;
		ports->high = PORT_MAX;
		return 0;
	case SKT_FILTER_GE:
		ports->low = SKT_MAX(lowest, 1);
		ports->high = PORT_MAX;
		return 0;
	}
	return -EINVAL;
}

static int ports_list(struct skt_filter *filter, struct skt_filter_place *place,
	const struct skt_port_list *list, struct skt_err *err)
{
	struct skt_portset set = {0};

	for (size_t i = 0; i < list->len; i++) {
		const struct skt_port_item *item = &list->data[i];

		if (item->name) {
			place->names_ports = true;
			return 0;
		}
		skt_portset_add_range(&set, item->low, item->high);
	}
	if (skt_filter_ports_set(filter, &place->ports, &set))
		return skt_fail(err, ENOMEM, "filter");
	return 0;
}

int skt_filter_ports_parse(struct skt_filter *filter, struct skt_filter_place *place,
	enum skt_filter_op op, const char *word, size_t len, struct skt_err *err)
{
	bool compares = op != SKT_FILTER_EQ && op != SKT_FILTER_NE;
	struct skt_port_list list = {0};
	int rc;

	if (len && word[0] == ':') {
		word++;
		len--;
		if (!len)
			return skt_fail_text(err, EINVAL, "expected a port after ':'");
	}
	if (len == 1 && word[0] == '*' && !compares)
		return 0;
	rc = skt_port_list_parse_any(word, len, &list, err);
	if (rc)
		goto out;
	if (compares && (list.len != 1 || list.data[0].low != list.data[0].high)) {
		rc = skt_filter_refuse(err, word, len, "a comparison takes one port, not %s");
		goto out;
	}
	place->has_ports = true;
	place->ports.low = 1; /* none, until names are resolved */
	place->ports.op = op;
	place->ports.text = (struct skt_filter_text){word, len};
	rc = ports_list(filter, place, &list, err);
out:
	skt_vec_free(&list);
	return rc;
}
