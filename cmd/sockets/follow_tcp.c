#include "cmd/sockets/follow_tcp.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

enum { LOOKS = 3 };

/* What has arrived is looked for after this time; most is accepted, and read from, before. */
static const uint64_t patience_ns = 100 * SKT_NS_PER_MS;

static int write_row(struct follow_tcp *tcp, struct follow_row *row, uint64_t time_ns)
{
	row->time_ns = time_ns + tcp->rows.real_ns;
	return tcp->write(tcp->ctx, row);
}

/* Whether it may be listed, in the state that it is in now. */
static bool is_wanted(const struct follow_tcp *tcp, const struct skt_socket_row *row)
{
	const struct skt_dump_query *query = &tcp->listing->query;
	const struct skt_filter *filter = tcp->listing->filter;

	if (!(row->s.family == AF_INET ? query->ipv4 : query->ipv6))
		return false;
	if (!(query->states >> row->s.state & 1) || !skt_filter_match(filter, &row->s))
		return false;
	return !skt_filter_needs_row(filter) || skt_filter_match_row(filter, &row->s, row);
}

static struct skt_figures figures_of(const struct skt_tcp_event *event)
{
	return (struct skt_figures){
		.has_rtt = true,
		.has_bytes = true,
		.has_min_rtt = event->min_rtt_us != UINT32_MAX,
		.rtt_us = event->rtt_us,
		.min_rtt_us = event->min_rtt_us,
		.total_retrans = event->total_retrans,
		.bytes_acked = event->bytes_acked,
		.bytes_received = event->bytes_received,
	};
}

static void set_phase(struct follow_tcp *tcp, struct known *known, enum known_phase phase)
{
	tcp->arrived -= known->phase == KNOWN_ARRIVED;
	tcp->arrived += phase == KNOWN_ARRIVED;
	known->phase = (uint8_t)phase;
}

static struct known **find(const struct follow_tcp *tcp, const struct skt_tcp_event *event)
{
	const struct skt_socket socket = {.proto = SKT_PROTO_TCP, .cookie = event->cookie};

	return known_find(tcp->known, &socket);
}

/* What is known of the socket of EVENT, with the row that it is by that. NULL: memory is out. */
static struct known *update(struct follow_tcp *tcp, const struct skt_tcp_event *event)
{
	struct skt_socket_row row;
	struct known **link;

	if (event_rows_make(&tcp->rows, event, &row) || known_make_room(tcp->known))
		return NULL;
	link = find(tcp, event);
	if (*link && !event->pid)
		event_row_inherit(&row, &(*link)->row);
	if (*link)
		row.direction = (*link)->row.direction;
	if (event->kind == SKT_TCP_CONNECTING || event->kind == SKT_TCP_CONNECTED)
		row.direction = SKT_DIRECTION_OUT;
	if (event->kind == SKT_TCP_ACCEPTED || event->kind == SKT_TCP_ARRIVED)
		row.direction = SKT_DIRECTION_IN;
	if (known_put(tcp->known, link, &row))
		return NULL;
	(*link)->seen = *tcp->look;
	return *link;
}

/* Tells of it, if it is followed, or shall be from now on; it took since SINCE_NS. */
static int tell(struct follow_tcp *tcp, struct known *known, enum follow_event kind,
	const struct skt_tcp_event *event, uint64_t since_ns)
{
	struct follow_row row;

	known->told |= is_wanted(tcp, &known->row);
	if (!known->told)
		return 0;
	row = follow_row_of(kind, &known->row);
	follow_row_took(&row, since_ns, event->time_ns);
	return write_row(tcp, &row, event->time_ns);
}

/* The kernel gives no reason where the process is told it at once, or has given up. */
static const char *reason(const struct skt_tcp_event *event)
{
	if (event->error)
		return strerror((int)event->error);
	return event->local_port ? "closed before it was established" : strerror(EADDRNOTAVAIL);
}

static int take_failed(
	struct follow_tcp *tcp, struct known *known, const struct skt_tcp_event *event)
{
	struct follow_row row;

	if (known->phase != KNOWN_CONNECTING)
		return 0;
	set_phase(tcp, known, KNOWN_FAILED);
	if (!known->told)
		return 0;
	/* At a failure there may be no address left. */
	row = follow_row_of(FOLLOW_FAILED, &known->row);
	row.row.s.state = SKT_STATE_CLOSED;
	if (event->local_port) {
		row.row.s.local.port = event->local_port;
		row.row.s.present |= UINT64_C(1) << SKT_SOCKET_LOCAL_PORT;
	}
	row.error = reason(event);
	follow_row_took(&row, known->since_ns, event->time_ns);
	return write_row(tcp, &row, event->time_ns);
}

static int write_closed(
	struct follow_tcp *tcp, const struct known *known, const struct skt_tcp_event *event)
{
	struct skt_ending ending = {.figures = known->figures};
	const bool listened = known->phase == KNOWN_LISTENING || !known->row.s.remote.port;
	struct follow_row row;

	if (!ending.figures.has_bytes)
		ending.figures = figures_of(event);
	row = follow_row_closed(&known->row, listened ? NULL : &ending);
	if (known->error)
		row.error = strerror((int)known->error);
	follow_row_took(&row, known->since_ns, event->time_ns);
	return write_row(tcp, &row, event->time_ns);
}

/* One of which nothing is known: it was never a connection, unless events were lost. */
static int take_unknown_end(struct follow_tcp *tcp, const struct skt_tcp_event *event)
{
	const struct known known = {.phase = KNOWN_OPEN};
	struct skt_socket_row row;
	struct known ended = known;

	if (!tcp->lossy || !event->remote_port)
		return 0;
	if (event_rows_make(&tcp->rows, event, &row))
		return -ENOMEM;
	row.s.state = SKT_STATE_ESTABLISHED;
	if (!is_wanted(tcp, &row))
		return 0;
	ended.row = row;
	return write_closed(tcp, &ended, event);
}

static int take_end(struct follow_tcp *tcp, const struct skt_tcp_event *event)
{
	struct known **link = find(tcp, event), *known = *link;
	int rc = 0;

	if (!known)
		return take_unknown_end(tcp, event);
	if (known->told && known->phase != KNOWN_FAILED && known->phase != KNOWN_CONNECTING)
		rc = write_closed(tcp, known, event);
	set_phase(tcp, known, KNOWN_FAILED);
	known_forget(tcp->known, link);
	return rc;
}

/* Begins what lasts until something else is told of KNOWN. */
static void begin(struct follow_tcp *tcp, struct known *known, enum known_phase phase,
	const struct skt_tcp_event *event)
{
	set_phase(tcp, known, phase);
	known->since_ns = event->time_ns;
	known->error = 0;
	known->figures = (struct skt_figures){0};
}

static int take_news(struct follow_tcp *tcp, const struct skt_tcp_event *event)
{
	struct known *known = update(tcp, event);
	uint64_t since;

	if (!known)
		return -ENOMEM;
	since = known->since_ns;
	switch ((enum skt_tcp_event_kind)event->kind) {
	case SKT_TCP_CONNECTING:
		begin(tcp, known, KNOWN_CONNECTING, event);
		return tell(tcp, known, FOLLOW_CONNECTING, event, 0);
	case SKT_TCP_LISTENING:
		begin(tcp, known, KNOWN_LISTENING, event);
		return tell(tcp, known, FOLLOW_LISTENING, event, 0);
	case SKT_TCP_CONNECTED:
		begin(tcp, known, KNOWN_OPEN, event);
		return tell(tcp, known, FOLLOW_ESTABLISHED, event, since);
	case SKT_TCP_ARRIVED:
		begin(tcp, known, KNOWN_ARRIVED, event);
		known->looks_left = LOOKS;
		known->ask_ns = event->time_ns + patience_ns;
		tcp->ask_ns = SKT_MIN(tcp->ask_ns, known->ask_ns);
		return tell(tcp, known, FOLLOW_ESTABLISHED, event, 0);
	case SKT_TCP_ACCEPTED:
		/* A look may have shown it before. */
		if (known->phase == KNOWN_OPEN)
			return 0;
		known->looks_left = 0;
		set_phase(tcp, known, KNOWN_OPEN);
		return tell(tcp, known, FOLLOW_ACCEPTED, event, 0);
	case SKT_TCP_UNCONNECTED:
	case SKT_TCP_BROKEN:
	case SKT_TCP_DESTROYED:
		break;
	}
	return 0;
}

int follow_tcp_take(struct follow_tcp *tcp, const struct skt_tcp_event *event)
{
	struct known *known;

	switch ((enum skt_tcp_event_kind)event->kind) {
	case SKT_TCP_CONNECTING:
	case SKT_TCP_LISTENING:
	case SKT_TCP_ACCEPTED:
	case SKT_TCP_CONNECTED:
	case SKT_TCP_ARRIVED:
		return take_news(tcp, event);
	case SKT_TCP_DESTROYED:
		return take_end(tcp, event);
	case SKT_TCP_UNCONNECTED:
	case SKT_TCP_BROKEN:
		break;
	}
	known = *find(tcp, event);
	if (!known)
		return 0;
	if (event->kind == SKT_TCP_UNCONNECTED)
		return take_failed(tcp, known, event);
	known->error = event->error;
	known->figures = figures_of(event);
	return 0;
}

int follow_tcp_accept(struct follow_tcp *tcp, struct known *known)
{
	const struct skt_tcp_event now = {.time_ns = skt_clock_ns()};

	known->looks_left = 0;
	set_phase(tcp, known, KNOWN_OPEN);
	return tell(tcp, known, FOLLOW_ACCEPTED, &now, 0);
}

/* The next to be asked of, where those that were due when ASKED are put off. */
static uint64_t find_next(const struct follow_tcp *tcp, uint64_t asked)
{
	uint64_t next = SKT_NEVER;

	for (size_t i = 0; i < tcp->known->buckets_count; i++) {
		for (struct known *known = tcp->known->buckets[i]; known; known = known->next) {
			if (known->phase != KNOWN_ARRIVED || !known->looks_left)
				continue;
			if (known->ask_ns <= asked)
				known->ask_ns = asked + (asked - known->since_ns);
			next = SKT_MIN(next, known->ask_ns);
		}
	}
	return next;
}

uint64_t follow_tcp_ask(struct follow_tcp *tcp, uint64_t now)
{
	if (!tcp->arrived)
		return SKT_NEVER;
	if (tcp->ask_ns <= now)
		tcp->ask_ns = find_next(tcp, 0);
	return SKT_MAX(tcp->ask_ns, now);
}

void follow_tcp_asked(struct follow_tcp *tcp)
{
	tcp->ask_ns = tcp->arrived ? find_next(tcp, skt_clock_ns()) : SKT_NEVER;
}
