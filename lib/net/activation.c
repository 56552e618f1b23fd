#include "net/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"

/* More than any limit of descriptors lets pass on. */
enum { COUNT_MAX = 4096 };

void skt_activation_read(
	struct skt_activation *ret, const char *fds, const char *pid, const char *names)
{
	uint64_t number, count;

	*ret = (struct skt_activation){0};
	if (!pid || !fds || skt_num_parse(pid, 1, INT_MAX, &number) ||
		skt_num_parse(fds, 1, COUNT_MAX, &count) || (pid_t)number != getpid())
		return;
	ret->count = (size_t)count;
	ret->names = names;
}

void skt_activation_hide(const struct skt_activation *activation)
{
	for (size_t i = 0; i < activation->count; i++)
		(void)fcntl(SKT_ACTIVATION_FIRST + (int)i, F_SETFD, FD_CLOEXEC);
}

const char *skt_activation_name(
	const struct skt_activation *activation, size_t index, size_t *ret_len)
{
	const char *name = activation->names;

	for (; name && index; index--) {
		name = strchr(name, ':');
		name = name ? name + 1 : NULL;
	}
	if (!name)
		name = "unknown";
	*ret_len = strcspn(name, ":");
	return name;
}

bool skt_fdname_is_valid(const char *text)
{
	size_t len = strlen(text);

	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~' || *p == ':')
			return false;
	return len && len <= SKT_FDNAME_MAX;
}

static int option_of(int fd, int name)
{
	socklen_t len = sizeof(int);
	int value = 0;

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) ? -1 : value;
}

int skt_passed_kind(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	int type;

	if (fcntl(fd, F_GETFD) < 0)
		return -errno;
	type = option_of(fd, SO_TYPE);
	if (type == SOCK_DGRAM)
		return SKT_PASSED_DATAGRAMS;
	if (type != SOCK_STREAM && type != SOCK_SEQPACKET)
		return SKT_PASSED_OTHER;
	if (option_of(fd, SO_ACCEPTCONN) > 0)
		return SKT_PASSED_LISTENER;
	return getpeername(fd, (struct sockaddr *)&peer, &len) ? SKT_PASSED_OTHER
							       : SKT_PASSED_CONNECTION;
}
