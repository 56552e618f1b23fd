#include "cmd/udprecv/pull.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "net/pull.h"

void udprecv_pull_init(struct udprecv_pull *pull, int fd)
{
	*pull = (struct udprecv_pull){.fd = fd};
}

void udprecv_pull_step(struct udprecv_pull *pull, uint64_t now_ns)
{
	uint8_t request[SKT_PULL_SIZE];

	if (now_ns < pull->due_ns)
		return;
	skt_pull_put(request, SKT_PULL_REQUEST, pull->cookie);
	/* Nobody may be there yet: it is asked again. */
	(void)send(pull->fd, request, sizeof(request), MSG_DONTWAIT | MSG_NOSIGNAL);
	pull->due_ns = now_ns + (pull->streaming ? SKT_PULL_KEEP_NS : SKT_PULL_ASK_NS);
}

bool udprecv_pull_take(struct udprecv_pull *pull, const struct skt_datagram *d)
{
	enum skt_pull_kind kind;
	uint64_t cookie;

	if (!skt_pull_parse(d->data, d->captured, &kind, &cookie) || kind != SKT_PULL_CHALLENGE) {
		pull->streaming = true;
		return false;
	}
	pull->cookie = cookie;
	pull->due_ns = 0;
	udprecv_pull_step(pull, skt_clock_ns());
	return true;
}
