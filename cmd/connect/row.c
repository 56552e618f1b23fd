/* Rows of connect: what became of a dial, and what the kernel knows of a connection. */
#include "cmd/connect/row.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"

/* ---- what became of a dial ---- */

const char *connect_proto(const struct skt_endpoint *endpoint, bool udp)
{
	switch (endpoint->kind) {
	case SKT_ENDPOINT_INET:
		return udp ? "udp" : "tcp";
	case SKT_ENDPOINT_UNIX:
		return "unix";
	case SKT_ENDPOINT_VSOCK:
		return "vsock";
	}
	return NULL;
}

static void set(struct connect_row *row, enum connect_state state, const char *reason)
{
	row->state = (uint8_t)state;
	row->reason = reason;
}

void connect_row_fail(struct connect_row *row, int r, bool no_name, struct skt_arena *arena)
{
	const char *words = strerror(-r);

	if (no_name) {
		set(row, CONNECT_UNREACHABLE,
			r == -ENOENT              ? "name-unknown"
				: r == -ETIMEDOUT ? "lookup-timeout"
						  : "lookup-failed");
		return;
	}
	switch (-r) {
	case ECONNREFUSED:
		set(row, CONNECT_CLOSED, "refused");
		return;
	case ECONNRESET:
		set(row, CONNECT_CLOSED, "reset");
		return;
	case ENOENT:
		set(row, CONNECT_CLOSED, "no-such-file");
		return;
	case ETIMEDOUT:
		set(row, CONNECT_FILTERED, "no-response");
		return;
	case EHOSTUNREACH:
		set(row, CONNECT_UNREACHABLE, "host-unreachable");
		return;
	case ENETUNREACH:
		set(row, CONNECT_UNREACHABLE, "net-unreachable");
		return;
	}
	set(row, skt_dial_is_local(r) ? CONNECT_ERROR : CONNECT_UNREACHABLE,
		skt_arena_text(arena, words, strlen(words)));
}

void connect_row_fail_proxy(struct connect_row *row)
{
	set(row, CONNECT_ERROR, "proxy-failed");
}

void connect_row_not_asked(struct connect_row *row)
{
	set(row, CONNECT_ERROR, "not-asked");
}

static uint64_t us_between(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? (to_ns - from_ns) / SKT_NS_PER_US : 0;
}

static void add_attempts(
	struct connect_row *row, const struct skt_dial *dial, struct skt_arena *arena)
{
	struct connect_attempt *items;
	size_t count = 0;

	for (const struct skt_attempt *a = dial->attempts; a; a = a->next)
		count++;
	items = count ? skt_arena_alloc(arena, count * sizeof(*items)) : NULL;
	if (!items)
		return;
	row->attempts = (struct skt_list){.items = items, .count = count};
	for (const struct skt_attempt *a = dial->attempts; a; a = a->next) {
		const char *words = a->error ? strerror(a->error) : NULL;

		*items++ = (struct connect_attempt){
			.present =
				a->addr.family == AF_UNSPEC ? 0 : UINT64_C(1) << CONNECT_HAS_PORT,
			.address = a->addr,
			.port = a->port,
			.state = (uint8_t)a->state,
			.error = words ? skt_arena_text(arena, words, strlen(words)) : NULL,
			.start_us = us_between(dial->start_ns, a->start_ns),
			.duration_us = us_between(a->start_ns, a->end_ns),
		};
	}
}

/*
 * From the question to the last answer that was made use of; nothing where all of that was before
 * the dial, whose lookup others had shared.
 */
static void add_lookup(struct connect_row *row, const struct skt_dial *dial)
{
	const struct skt_answer *answers[] = {&dial->resolve.v6, &dial->resolve.v4};
	uint64_t used_ns = dial->winner ? dial->winner->start_ns : dial->end_ns;
	uint64_t start = SKT_NEVER, end = 0;
	bool missing = false;

	for (size_t i = 0; i < SKT_COUNT(answers); i++) {
		if (!answers[i]->asked)
			continue;
		start = SKT_MIN(start, answers[i]->start_ns);
		if (answers[i]->arrived)
			end = SKT_MAX(end, answers[i]->end_ns);
		else
			missing = true;
	}
	/* IPv6 that did not come was waited for as long as RFC 8305 has it; IPv4, all the time. */
	if (missing && dial->winner && dial->resolve.v4.arrived)
		end = skt_clock_add(end, dial->options.resolution_delay_ns);
	else if (missing)
		end = used_ns;
	end = SKT_MIN(end, used_ns);
	if (start == SKT_NEVER || end <= dial->start_ns)
		return;
	row->dns_us = us_between(SKT_MAX(start, dial->start_ns), end);
	row->present |= UINT64_C(1) << CONNECT_HAS_DNS;
}

void connect_row_of_dial(struct connect_row *row, const struct skt_dial *dial, int result,
	bool attempts, struct skt_arena *arena)
{
	const struct skt_attempt *told = dial->winner;

	/* Of those that failed, the one whose failure was told. */
	for (const struct skt_attempt *a = dial->attempts; a && !dial->winner; a = a->next)
		if (!told || (a->error == -result && told->error != -result))
			told = a;
	if (result >= 0)
		set(row, CONNECT_OPEN, "connected");
	else
		connect_row_fail(row, result, !dial->attempts && dial->endpoint.host[0], arena);
	if (told) {
		row->address = told->addr;
		if (told->addr.family != AF_UNSPEC &&
			(result >= 0 || result == -ECONNREFUSED || result == -ECONNRESET)) {
			row->tcp_us = us_between(told->start_ns, told->end_ns);
			row->present |= UINT64_C(1) << CONNECT_HAS_TCP;
		}
	}
	add_lookup(row, dial);
	row->total_us = us_between(dial->start_ns, dial->end_ns);
	if (attempts)
		add_attempts(row, dial, arena);
}

void connect_row_of_chain(
	struct connect_row *row, const struct skt_chain *chain, const struct skt_endpoint *endpoint)
{
	const struct skt_opening_step *first, *last;

	if (!chain->count)
		return;
	row->address = endpoint->addr;
	first = &chain->tunnels[0].step;
	last = &chain->tunnels[chain->count - 1].step;
	if (!last->end_ns)
		return;
	row->proxy_us = us_between(first->start_ns, last->end_ns);
	row->present |= UINT64_C(1) << CONNECT_HAS_PROXY;
}

/* ---- the connection ---- */

void connect_row_of_socket(struct connect_row *row, int fd)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	struct tcp_info info = {0};

	if (getsockname(fd, (struct sockaddr *)&sa, &len) == 0 &&
		skt_addr_from_sockaddr(
			(struct sockaddr *)&sa, &row->local_address, &row->local_port) == 0)
		row->present |= UINT64_C(1) << CONNECT_HAS_LOCAL;
	len = sizeof(info);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return;
	row->rtt_us = info.tcpi_rtt;
	row->rttvar_us = info.tcpi_rttvar;
	/* The kernel's word for none yet. */
	row->min_rtt_us = info.tcpi_min_rtt == UINT32_MAX ? 0 : info.tcpi_min_rtt;
	row->rto_us = info.tcpi_rto;
	row->cwnd = info.tcpi_snd_cwnd;
	row->ssthresh = info.tcpi_snd_ssthresh;
	row->mss = info.tcpi_snd_mss;
	row->pmtu = info.tcpi_pmtu;
	row->total_retrans = info.tcpi_total_retrans;
	row->bytes_acked = info.tcpi_bytes_acked;
	row->bytes_received = info.tcpi_bytes_received;
	row->delivery_rate = info.tcpi_delivery_rate;
	row->pacing_rate = info.tcpi_pacing_rate;
	row->busy_us = info.tcpi_busy_time;
	row->rwnd_limited_us = info.tcpi_rwnd_limited;
	row->sndbuf_limited_us = info.tcpi_sndbuf_limited;
	row->present |= UINT64_C(1) << CONNECT_HAS_INFO;
}
