#include "cmd/connect/confirm.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/macros.h"

/* The first look, and the longest time between two: the session has the descriptor's events. */
#define LOOK_FIRST_NS (2 * SKT_NS_PER_MS)
#define LOOK_LAST_NS (100 * SKT_NS_PER_MS)

static bool look(int fd, uint64_t *ret_rtt_ns)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) || info.tcpi_state != TCP_SYN_SENT) {
		*ret_rtt_ns = info.tcpi_rtt * SKT_NS_PER_US;
		return true;
	}
	return false;
}

bool connect_is_confirmed(int fd)
{
	uint64_t rtt_ns;

	return look(fd, &rtt_ns);
}

static void due(struct skt_timer *timer)
{
	struct connect_confirm *confirm = SKT_CONTAINER(timer, struct connect_confirm, timer);
	uint64_t rtt_ns = 0, now = skt_loop_now(confirm->loop);
	bool confirmed = look(confirm->fd, &rtt_ns);

	if (confirmed || now >= confirm->deadline_ns) {
		confirm->done(confirm, confirmed, rtt_ns);
		return;
	}
	confirm->wait_ns = SKT_MIN(2 * confirm->wait_ns, LOOK_LAST_NS);
	skt_timer_set(confirm->loop, timer, SKT_MIN(now + confirm->wait_ns, confirm->deadline_ns));
}

void connect_confirm_start(struct connect_confirm *confirm, uint64_t deadline_ns)
{
	confirm->timer.handler = due;
	confirm->deadline_ns = deadline_ns;
	confirm->wait_ns = LOOK_FIRST_NS;
	skt_timer_set(
		confirm->loop, &confirm->timer, skt_loop_after(confirm->loop, confirm->wait_ns));
}

void connect_confirm_now(struct connect_confirm *confirm)
{
	uint64_t rtt_ns;

	if (!skt_timer_armed(&confirm->timer) || !look(confirm->fd, &rtt_ns))
		return;
	skt_timer_remove(&confirm->timer);
	confirm->done(confirm, true, rtt_ns);
}

void connect_confirm_stop(struct connect_confirm *confirm)
{
	skt_timer_remove(&confirm->timer);
}
