#include "cmd/connect/tell.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/plural.h"
#include "cmd/connect/row.h"
#include "cmd/report.h"

static void put_end(char *text, size_t size, const struct skt_addr *addr, uint16_t port)
{
	char plain[SKT_ADDR_TEXT_MAX];
	bool v6 = addr->family == AF_INET6;

	(void)snprintf(text, size, "%s%s%s:%u", v6 ? "[" : "", skt_addr_text(addr, plain),
		v6 ? "]" : "", port);
}

void connect_tell_attempts(const struct skt_event_log *log, const struct skt_dial *dial)
{
	char end[SKT_ADDR_TEXT_MAX + 16], time[SKT_SHORT_MAX];

	for (const struct skt_attempt *a = dial->attempts; a; a = a->next) {
		struct skt_event event;

		if (a->addr.family == AF_UNSPEC || a->state == SKT_ATTEMPT_WON)
			continue;
		put_end(end, sizeof(end), &a->addr, a->port);
		skt_event_begin(&event, log, SKT_EVENT_DETAIL, "attempt_failed");
		skt_event_add_end(&event, "remote", &a->addr, a->port);
		skt_event_add_number(
			&event, "duration_us", (a->end_ns - a->start_ns) / SKT_NS_PER_US);
		skt_event_end(&event, "%s: %s after %s", end,
			a->error ? strerror(a->error) : "given up, another address was faster",
			skt_short_time(a->end_ns - a->start_ns, time));
	}
}

void connect_tell_connected(const struct skt_event_log *log, const struct skt_dial *dial,
	const struct skt_endpoint *endpoint, int fd)
{
	const struct skt_attempt *winner = dial->winner;
	char local[SKT_ADDR_TEXT_MAX + 16], remote[SKT_ADDR_TEXT_MAX + 16], time[SKT_SHORT_MAX];
	char name[SKT_ENDPOINT_TEXT_MAX];
	struct connect_row row = {0};
	struct skt_event event;

	skt_event_begin(&event, log, SKT_EVENT_DETAIL, "connected");
	skt_event_add_text(&event, "endpoint", skt_endpoint_text(endpoint, name));
	skt_event_add_end(&event, "remote", &winner->addr, winner->port);
	connect_row_of_socket(&row, fd);
	skt_event_add_end(&event, "local", &row.local_address, row.local_port);
	skt_event_add_number(
		&event, "duration_us", (winner->end_ns - dial->start_ns) / SKT_NS_PER_US);
	(void)skt_short_time(winner->end_ns - winner->start_ns, time);
	if (winner->addr.family == AF_UNSPEC) {
		skt_event_end(&event, "connected to %s", name);
		return;
	}
	put_end(local, sizeof(local), &row.local_address, row.local_port);
	put_end(remote, sizeof(remote), &winner->addr, winner->port);
	skt_event_end(&event, "connected to %s from %s in %s%s", remote, local, time,
		winner->mptcp ? " (MPTCP)" : "");
}

void connect_tell_closed(const struct skt_event_log *log, const struct skt_session *session)
{
	uint64_t sent = skt_session_sent(session);
	uint64_t received = skt_session_received(session);
	uint64_t ns = skt_clock_ns() - session->start_ns;
	char texts[3][SKT_SHORT_MAX];
	struct skt_event event;

	skt_event_begin(&event, log, SKT_EVENT_DETAIL, "closed");
	skt_event_add_number(&event, "sent", sent);
	skt_event_add_number(&event, "received", received);
	skt_event_add_number(&event, "duration_us", ns / SKT_NS_PER_US);
	skt_event_end(&event, "closed after %s: %llu byte%s sent (%s), %llu received (%s)",
		skt_short_time(ns, texts[0]), (unsigned long long)sent, skt_plural(sent, "", "s"),
		skt_pump_path_name(session->joint.there.path), (unsigned long long)received,
		skt_pump_path_name(session->joint.back.path));
}

void connect_tell_loop_broken(const struct skt_event_log *log, int r)
{
	skt_event_tell(log, SKT_EVENT_ERROR, "loop_broken", "wait for events: %s", strerror(-r));
}
