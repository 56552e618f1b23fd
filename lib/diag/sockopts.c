#include "diag/sockopts.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>

#include "base/macros.h"

const char *const skt_mtu_discover_names[SKT_MTU_DISCOVER_NAMES] = {
	"dont", "want", "do", "probe", "interface", "omit"};

enum kind { FLAG, NUMBER, BITS, TIME, RATE, LINGER, DISCOVER, DEVICE, AO, AO_KEY, AO_COUNT };

#define ENTRY(name, kind, level, option, help) \
	{level, option, kind, offsetof(struct skt_sockopts, name)},

static const struct entry {
	int level, option;
	enum kind kind;
	size_t offset;
} entries[SKT_SOCKOPTS_COUNT] = {SKT_SOCKOPTS(ENTRY)};

/* Reads one that has a type of its own. Whether it is set to something. */
static bool read_time(int fd, const struct entry *entry, uint64_t *ret)
{
	struct timeval time;
	socklen_t len = sizeof(time);

	if (getsockopt(fd, entry->level, entry->option, &time, &len) || len != sizeof(time))
		return false;
	*ret = (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
	return *ret != 0;
}

static bool read_rate(int fd, const struct entry *entry, uint64_t *ret)
{
	socklen_t len = sizeof(*ret);

	*ret = UINT64_MAX;
	/* Before Linux 4.20 it had 32 bits. */
	return !getsockopt(fd, entry->level, entry->option, ret, &len) && len == sizeof(*ret) &&
		*ret != UINT64_MAX;
}

static bool read_linger(int fd, const struct entry *entry, uint32_t *ret)
{
	struct linger linger;
	socklen_t len = sizeof(linger);

	if (getsockopt(fd, entry->level, entry->option, &linger, &len) || len != sizeof(linger))
		return false;
	*ret = (uint32_t)linger.l_linger;
	return linger.l_onoff != 0;
}

static bool read_device(int fd, const struct entry *entry, char ret[IF_NAMESIZE])
{
	socklen_t len = IF_NAMESIZE;

	if (getsockopt(fd, entry->level, entry->option, ret, &len) || !len)
		return false;
	ret[IF_NAMESIZE - 1] = '\0';
	return *ret != '\0';
}

/* An int, or fewer bytes of one. */
static bool read_number(int fd, const struct entry *entry, int *ret)
{
	socklen_t len = sizeof(*ret);

	*ret = 0;
	return !getsockopt(fd, entry->level, entry->option, ret, &len);
}

/* Whether the option is there and set; its value is in RESULT then. */
static bool read_entry(int fd, const struct entry *entry, void *result)
{
	char *at = (char *)result + entry->offset;
	int number;

	switch (entry->kind) {
	case TIME:
		return read_time(fd, entry, (uint64_t *)(void *)at);
	case RATE:
		return read_rate(fd, entry, (uint64_t *)(void *)at);
	case LINGER:
		return read_linger(fd, entry, (uint32_t *)(void *)at);
	case DEVICE:
		return read_device(fd, entry, at);
	case AO:
	case AO_KEY:
	case AO_COUNT:
		return false;
	case FLAG:
	case NUMBER:
	case BITS:
	case DISCOVER:
		break;
	}
	if (!read_number(fd, entry, &number) || (number < 0 && entry->kind == NUMBER))
		return false;
	if (entry->kind == FLAG)
		*(bool *)at = number != 0;
	else if (entry->kind == DISCOVER)
		*(uint8_t *)at = (uint8_t)number;
	else
		*(uint32_t *)(void *)at = (uint32_t)number;
	return true;
}

/* struct tcp_ao_info_opt of include/uapi/linux/tcp.h (Linux 6.7). */
struct ao_info {
	uint32_t has_current : 1, has_rnext : 1, others : 30;
	uint16_t reserved;
	uint8_t current_key, rnext;
	uint64_t good, bad, key_not_found, required, dropped_icmp;
};

static void read_ao(int fd, struct skt_sockopts *opts)
{
	struct ao_info info = {0};
	socklen_t len = sizeof(info);

	if (!getsockopt(fd, IPPROTO_TCP, SKT_TCP_AO_INFO, &info, &len)) {
		opts->tcp_ao = true;
		opts->tcp_ao_current_key = info.current_key;
		opts->tcp_ao_rnext_key = info.rnext;
		opts->tcp_ao_bad = info.bad;
		opts->present |= (uint64_t)info.has_current << SKT_SOCKOPT_IS_tcp_ao_current_key |
			(uint64_t)info.has_rnext << SKT_SOCKOPT_IS_tcp_ao_rnext_key |
			UINT64_C(1) << SKT_SOCKOPT_IS_tcp_ao_bad;
	} else if (errno != ENOENT) {
		/* The kernel does not know it, or not in this state. */
		return;
	}
	opts->present |= UINT64_C(1) << SKT_SOCKOPT_IS_tcp_ao;
}

/* Whether a socket of DOMAIN and PROTOCOL has options of LEVEL. */
static bool has_level(int level, int domain, int protocol)
{
	switch (level) {
	case IPPROTO_IP:
		return domain == AF_INET || domain == AF_INET6;
	case IPPROTO_IPV6:
		return domain == AF_INET6;
	case IPPROTO_TCP:
		return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP;
	case IPPROTO_UDP:
		return protocol == IPPROTO_UDP;
	}
	return true;
}

void skt_sockopts_read(int fd, void *result)
{
	const struct entry of_domain = {SOL_SOCKET, SO_DOMAIN, NUMBER, 0};
	const struct entry of_protocol = {SOL_SOCKET, SO_PROTOCOL, NUMBER, 0};
	struct skt_sockopts *opts = result;
	int domain, protocol;

	if (!read_number(fd, &of_domain, &domain) || !read_number(fd, &of_protocol, &protocol))
		return;
	/* Numbers of protocols mean something else in other families. */
	if (domain != AF_INET && domain != AF_INET6)
		protocol = -1;
	for (size_t i = 0; i < SKT_COUNT(entries); i++)
		if (has_level(entries[i].level, domain, protocol) &&
			read_entry(fd, &entries[i], opts))
			opts->present |= UINT64_C(1) << i;
	if (protocol == IPPROTO_TCP)
		read_ao(fd, opts);
}
