#include "cmd/datagram/pull.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "net/pull.h"

void skt_datagram_pull_init(struct skt_datagram_pull *pull, int fd)
{
	*pull = (struct skt_datagram_pull){.fd = fd};
}

void skt_datagram_pull_step(struct skt_datagram_pull *pull, uint64_t now_ns)
{
	uint8_t request[SKT_PULL_SIZE];

	if (now_ns < pull->due_ns)
		return;
	skt_pull_put(request, SKT_PULL_REQUEST, pull->cookie);
	/* Nobody may be there yet: it is asked again. */
	(void)send(pull->fd, request, sizeof(request), MSG_DONTWAIT | MSG_NOSIGNAL);
	pull->due_ns = now_ns + (pull->streaming ? SKT_PULL_KEEP_NS : SKT_PULL_ASK_NS);
}

bool skt_datagram_pull_take(struct skt_datagram_pull *pull, const struct skt_datagram *d)
{
	enum skt_pull_kind kind;
	uint64_t cookie;

	if (!skt_pull_parse(d->data, d->captured, &kind, &cookie)) {
		pull->streaming = true;
		return false;
	}
	/* A request is for who sends; here it is an echo of the own one. */
	if (kind == SKT_PULL_REQUEST)
		return true;
	pull->cookie = cookie;
	pull->due_ns = 0;
	skt_datagram_pull_step(pull, skt_clock_ns());
	return true;
}
