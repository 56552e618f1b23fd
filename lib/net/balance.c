#include "net/balance.h"

#include "base/clock.h"
#include "base/macros.h"

#define PAUSE_FIRST_NS SKT_NS_PER_SEC
#define PAUSE_LAST_NS (60 * SKT_NS_PER_SEC)

/* Whether A is to be asked rather than B, which stands behind it in the order of turns. */
static bool goes_first(const struct skt_balance *balance, size_t a, size_t b)
{
	const struct skt_balance_server *servers = balance->servers;

	if (!servers[a].down_ns != !servers[b].down_ns)
		return !servers[a].down_ns;
	return balance->policy != SKT_BALANCE_LEASTCONN ||
		servers[a].connections <= servers[b].connections;
}

size_t skt_balance_choose(struct skt_balance *balance, uint64_t tried)
{
	size_t start = balance->policy == SKT_BALANCE_FIRST ? 0 : balance->next;
	size_t chosen = balance->count;

	for (size_t i = 0; i < balance->count; i++) {
		size_t at = (start + i) % balance->count;

		if (tried >> at & 1)
			continue;
		if (chosen == balance->count || !goes_first(balance, chosen, at))
			chosen = at;
	}
	if (chosen < balance->count)
		balance->next = (chosen + 1) % balance->count;
	return chosen;
}

bool skt_balance_failed(struct skt_balance_server *server, uint64_t now_ns)
{
	if (server->down_ns)
		return false;
	server->down_ns = SKT_MAX(now_ns, 1U);
	server->pause_ns = 0;
	return true;
}

uint64_t skt_balance_answered(struct skt_balance_server *server, uint64_t now_ns)
{
	uint64_t down_ns = server->down_ns;

	server->down_ns = 0;
	return down_ns ? SKT_MAX(now_ns - down_ns, 1U) : 0;
}

uint64_t skt_balance_pause(struct skt_balance_server *server, uint64_t most_ns)
{
	uint64_t last = most_ns ? SKT_MIN(most_ns, PAUSE_LAST_NS) : PAUSE_LAST_NS;

	server->pause_ns = SKT_MIN(server->pause_ns ? 2 * server->pause_ns : PAUSE_FIRST_NS, last);
	return server->pause_ns;
}
