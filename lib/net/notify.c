#include "net/notify.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"

static int address_of(const char *text, struct sockaddr_un *ret, socklen_t *ret_len)
{
	const size_t len = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || len < 2 || len >= sizeof(ret->sun_path))
		return -EINVAL;
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->sun_path, text, len);
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (text[0] == '@')
		ret->sun_path[0] = '\0';
	return 0;
}

int skt_notify_open(struct skt_notify *notify, const char *address, struct skt_err *err)
{
	const struct timeval patience = {.tv_sec = 1};
	struct sockaddr_un un;
	socklen_t len;
	int r = 0;

	notify->fd = -1;
	if (!address)
		return 0;
	if (address_of(address, &un, &len))
		return skt_fail_text(err, EINVAL,
			"NOTIFY_SOCKET '%.128s': expected a path, or '@' and a name", address);
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify->fd >= 0 && connect(notify->fd, (struct sockaddr *)&un, len) == 0) {
		(void)setsockopt(notify->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		return 0;
	}
	r = skt_fail(err, errno, "NOTIFY_SOCKET '%.128s'", address);
	skt_notify_close(notify);
	return r;
}

static int tell(const struct skt_notify *notify, const char *state, int flags)
{
	ssize_t n;

	if (notify->fd < 0)
		return 0;
	do
		n = send(notify->fd, state, strlen(state), flags | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int skt_notify_tell(const struct skt_notify *notify, const char *state)
{
	return tell(notify, state, 0);
}

void skt_notify_hint(const struct skt_notify *notify, const char *state)
{
	(void)tell(notify, state, MSG_DONTWAIT);
}

void skt_notify_close(struct skt_notify *notify)
{
	if (notify->fd >= 0)
		(void)close(notify->fd);
	notify->fd = -1;
}

uint64_t skt_watchdog_ns(const char *usec, const char *pid)
{
	uint64_t us, number;

	if (!usec || skt_num_parse(usec, 1, UINT64_MAX / SKT_NS_PER_US, &us))
		return 0;
	if (pid && (skt_num_parse(pid, 1, INT_MAX, &number) || (pid_t)number != getpid()))
		return 0;
	return us * SKT_NS_PER_US / 2;
}
