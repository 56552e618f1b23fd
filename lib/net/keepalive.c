#include "net/keepalive.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>

#include "base/macros.h"
#include "net/socket.h"

enum {
	PROBES = 3,
	UNHEARD = 2, /* probes of a closed window that nobody answered */
	LOOKS = 4,   /* within the limit, so that a window that closes is seen in time */
};

/* Half of the time in silence, the rest for the answers to a few probes. */
void skt_keepalive_ask(int fd, unsigned int seconds)
{
	int idle = (int)SKT_MAX(seconds / 2, 1U), rest = SKT_MAX((int)seconds - idle, 1);
	int probes = SKT_MIN(rest, (int)PROBES);

	(void)skt_socket_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	(void)skt_socket_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle);
	(void)skt_socket_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, rest / probes);
	(void)skt_socket_set(fd, IPPROTO_TCP, TCP_KEEPCNT, probes);
}

static void set_timeout(struct skt_keepalive *keepalive, unsigned int ms)
{
	if (ms != keepalive->set_ms &&
		skt_socket_set(keepalive->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)ms) == 0)
		keepalive->set_ms = ms;
}

static void look(struct skt_timer *timer)
{
	struct skt_keepalive *keepalive = SKT_CONTAINER(timer, struct skt_keepalive, timer);
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);
	bool waits, heard;

	if (getsockopt(keepalive->fd, IPPROTO_TCP, TCP_INFO, &info, &len) ||
		len <= offsetof(struct tcp_info, tcpi_notsent_bytes))
		return;
	waits = info.tcpi_notsent_bytes && !info.tcpi_unacked;
	/* Probes of the window are ever farther apart: only those without an answer tell. */
	heard = info.tcpi_probes < UNHEARD || info.tcpi_last_ack_recv < keepalive->limit_ms;
	set_timeout(keepalive, waits && heard ? 0 : keepalive->limit_ms);
	skt_timer_set(keepalive->loop, timer,
		skt_loop_after(
			keepalive->loop, keepalive->limit_ms * SKT_NS_PER_MS / (uint64_t)LOOKS));
}

void skt_keepalive_start(
	struct skt_keepalive *keepalive, struct skt_loop *loop, int fd, unsigned int seconds)
{
	*keepalive = (struct skt_keepalive){.timer.handler = look,
		.loop = loop,
		.fd = fd,
		.limit_ms = 1000 * SKT_MIN(seconds, 32767U)};
	skt_keepalive_ask(fd, seconds);
	look(&keepalive->timer);
}

void skt_keepalive_stop(struct skt_keepalive *keepalive)
{
	skt_timer_remove(&keepalive->timer);
}
