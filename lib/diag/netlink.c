#include "diag/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/macros.h"
#include "diag/netlink_kernel.h"

/* libmnl before 1.0.5 (Debian 12 has 1.0.4) does not name it. */
#ifndef MNL_SOCKET_DUMP_SIZE
#define MNL_SOCKET_DUMP_SIZE 32768
#endif

enum {
	REQUEST_MAX = 8192,
	EVENTS_MAX = 256, /* datagrams that are taken at once, so that a flood ends */
};

struct skt_netlink {
	struct skt_netlink_source source;
	uint32_t seq;    /* of the last request */
	uint32_t portid; /* ours; 0 until known */
	bool unfinished; /* the last dump was left before its end */
	_Alignas(struct nlmsghdr) char buffer[MNL_SOCKET_DUMP_SIZE];
};

int skt_netlink_open_source(
	const struct skt_netlink_source *source, struct skt_netlink **ret, struct skt_err *err)
{
	/* Not zeroed: most of it is the buffer. */
	struct skt_netlink *netlink = malloc(sizeof(*netlink));

	if (!netlink) {
		if (source->close)
			source->close(source->ctx);
		return skt_fail(err, ENOMEM, "open a netlink source");
	}
	netlink->source = *source;
	netlink->seq = 0;
	netlink->portid = 0;
	netlink->unfinished = false;
	*ret = netlink;
	return 0;
}

/* A socket of PROTOCOL, and a member of COUNT multicast groups of it. */
static int open_kernel(int protocol, const unsigned int *groups, size_t count,
	struct skt_netlink **ret, struct skt_err *err)
{
	struct skt_netlink_source source;
	uint32_t portid;
	int rc = skt_netlink_kernel_open(protocol, groups, count, &source, &portid, err);

	if (!rc)
		rc = skt_netlink_open_source(&source, ret, err);
	if (!rc)
		(*ret)->portid = portid;
	return rc;
}

int skt_netlink_open(struct skt_netlink **ret, struct skt_err *err)
{
	int rc = open_kernel(NETLINK_SOCK_DIAG, NULL, 0, ret, err);

	/*
	 * The first piece of a dump is as large as what was ever received by this socket, and else
	 * 4 KiB (net/netlink/af_netlink.c, netlink_dump()). What fits into one is exact.
	 */
	if (!rc)
		(void)skt_netlink_request(*ret, NLMSG_NOOP, "", 0, NULL);
	return rc;
}

int skt_netlink_open_route(struct skt_netlink **ret, struct skt_err *err)
{
	return open_kernel(NETLINK_ROUTE, NULL, 0, ret, err);
}

int skt_netlink_subscribe(
	const unsigned int *groups, size_t count, struct skt_netlink **ret, struct skt_err *err)
{
	return open_kernel(NETLINK_SOCK_DIAG, groups, count, ret, err);
}

int skt_netlink_subscribe_route(
	const unsigned int *groups, size_t count, struct skt_netlink **ret, struct skt_err *err)
{
	return open_kernel(NETLINK_ROUTE, groups, count, ret, err);
}

/* The descriptor behind; -1: a recording has none. */
static int descriptor(const struct skt_netlink *netlink)
{
	return netlink->source.fd ? netlink->source.fd(netlink->source.ctx) : -1;
}

int skt_netlink_events_fd(const struct skt_netlink *netlink)
{
	return descriptor(netlink);
}

int skt_netlink_interface(
	const struct skt_netlink *netlink, uint32_t ifindex, char (*ret)[IF_NAMESIZE])
{
	struct ifreq request = {.ifr_ifindex = (int)ifindex};
	int fd = descriptor(netlink);

	if (fd < 0)
		return -EOPNOTSUPP;
	/* Any socket will do (netdevice(7)): it asks the namespace that it is of. */
	if (ioctl(fd, SIOCGIFNAME, &request))
		return -errno;
	memcpy(*ret, request.ifr_name, sizeof(*ret));
	(*ret)[sizeof(*ret) - 1] = '\0';
	return 0;
}

void skt_netlink_close(struct skt_netlink *netlink)
{
	if (!netlink)
		return;
	if (netlink->source.close)
		netlink->source.close(netlink->source.ctx);
	free(netlink);
}

uint64_t skt_netlink_inode(const struct skt_netlink *netlink)
{
	int fd = descriptor(netlink);
	struct stat st;

	return fd < 0 || fstat(fd, &st) ? 0 : st.st_ino;
}

struct dump {
	struct skt_netlink *netlink;
	skt_netlink_fn *fn; /* NULL: nobody wants the rest */
	void *ctx;
	bool events;        /* messages that nobody asked for are what is wanted */
	unsigned int flags; /* SKT_DUMP_* */
	size_t pieces;      /* datagrams with rows, this one included once it had some */
	bool row;           /* this one had */
	struct skt_err *err;
};

/* Of a step of a dump: there is more to come. */
enum { MORE = 1 };

/* The kernel's words among the LEN bytes of attributes at P, or NULL. */
static const char *extended_ack(const void *p, size_t len, size_t *ret_len)
{
	const struct nlattr *attr = p;
	int left = (int)len;

	while (mnl_attr_ok(attr, left)) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG) {
			*ret_len =
				strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
			return mnl_attr_get_payload(attr);
		}
		left -= (int)MNL_ALIGN(attr->nla_len);
		attr = mnl_attr_next(attr);
	}
	return NULL;
}

/* Fails with the error number that the kernel sent, and the words behind it at OFFSET, if any. */
static int fail_kernel(
	const struct dump *dump, const struct nlmsghdr *message, int error, size_t offset)
{
	const char *payload = mnl_nlmsg_get_payload(message), *text = NULL;
	size_t len = mnl_nlmsg_get_payload_len(message), text_len = 0;
	char reason[128];

	/* As the kernel sends it it is negative and small; anything else is nonsense. */
	if (error >= 0 || error < -4095)
		return skt_fail(dump->err, EPROTO, "sock_diag: error %d", error);
	if (message->nlmsg_flags & NLM_F_ACK_TLVS && offset < len)
		text = extended_ack(payload + offset, len - offset, &text_len);
	if (!text || !text_len)
		return skt_fail_domain(
			dump->err, -error, SKT_ERR_NETLINK, -error, strerror(-error), "sock_diag");
	text_len = SKT_MIN(text_len, sizeof(reason) - 1);
	memcpy(reason, text, text_len);
	reason[text_len] = '\0';
	return skt_fail_domain(dump->err, -error, SKT_ERR_NETLINK, -error, reason, "sock_diag: %s",
		strerror(-error));
}

/* NLMSG_DONE: 0, or the error that ended the dump, which libmnl does not look at. */
static int take_done(const struct dump *dump, const struct nlmsghdr *message)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(message) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
	return error ? fail_kernel(dump, message, error, sizeof(error)) : 0;
}

static int take_error(struct dump *dump, const struct nlmsghdr *message)
{
	struct nlmsgerr error;
	size_t offset = sizeof(error);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(error)) {
		dump->flags |= SKT_DUMP_TRUNCATED;
		return skt_fail_text(dump->err, EBADMSG, "sock_diag: an error cut short");
	}
	memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
	/* The request is quoted in full unless capped, and the attributes come behind it. */
	if (!(message->nlmsg_flags & NLM_F_CAPPED) && error.msg.nlmsg_len > sizeof(error.msg))
		offset += NLMSG_ALIGN(error.msg.nlmsg_len - NLMSG_HDRLEN);
	return error.error ? fail_kernel(dump, message, error.error, offset) : 0;
}

static bool is_ours(struct skt_netlink *netlink, const struct nlmsghdr *message)
{
	if (message->nlmsg_seq != netlink->seq)
		return false;
	if (!netlink->portid)
		netlink->portid = message->nlmsg_pid;
	return message->nlmsg_pid == netlink->portid;
}

static int take_message(struct dump *dump, const struct nlmsghdr *message)
{
	if (SKT_UNLIKELY(!dump->events && !is_ours(dump->netlink, message)))
		return MORE;
	/* libmnl would give up here and lose this message; the rows are worth having. */
	if (SKT_UNLIKELY(message->nlmsg_flags & NLM_F_DUMP_INTR))
		dump->flags |= SKT_DUMP_INTERRUPTED;
	if (SKT_LIKELY(message->nlmsg_type >= NLMSG_MIN_TYPE)) {
		int rc = dump->fn ? dump->fn((const char *)message + NLMSG_HDRLEN,
					    message->nlmsg_len - NLMSG_HDRLEN, dump->ctx)
				  : 0;

		dump->row = true;
		return rc < 0 ? rc : MORE;
	}
	switch (message->nlmsg_type) {
	case NLMSG_DONE:
		dump->netlink->unfinished = false;
		return take_done(dump, message);
	case NLMSG_ERROR:
		dump->netlink->unfinished = false;
		return take_error(dump, message);
	case NLMSG_OVERRUN:
		dump->flags |= SKT_DUMP_TRUNCATED;
	}
	return MORE;
}

/*
 * All messages of one datagram. Not by mnl_nlmsg_ok(), which compares lengths as int: one of 2 GiB
 * or more passes for a negative number.
 */
static int take_datagram(struct dump *dump, size_t len)
{
	const char *p = dump->netlink->buffer;
	const struct nlmsghdr *message;
	int rc = MORE;

	while (rc == MORE && len >= sizeof(*message)) {
		message = (const void *)p;
		if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > len)
			break;
		rc = take_message(dump, message);
		/* The last one need not be padded. */
		if (NLMSG_ALIGN(message->nlmsg_len) >= len)
			return rc;
		p += NLMSG_ALIGN(message->nlmsg_len);
		len -= NLMSG_ALIGN(message->nlmsg_len);
	}
	if (rc == MORE && len)
		dump->flags |= SKT_DUMP_TRUNCATED;
	return rc;
}

static int receive(struct dump *dump)
{
	struct skt_netlink *netlink = dump->netlink;
	bool lossy = false;
	ssize_t len;
	int rc;

	for (;;) {
		len = netlink->source.recv(
			netlink->source.ctx, netlink->buffer, sizeof(netlink->buffer));
		/* The kernel could not get memory for a datagram: what was in it is lost. */
		if (len == -ENOBUFS && !lossy) {
			dump->flags |= SKT_DUMP_TRUNCATED;
			lossy = true;
		} else if (len != -EINTR) {
			break;
		}
	}
	if (len < 0)
		return skt_fail(dump->err, (int)-len, "receive from sock_diag");
	if (len == 0) {
		dump->flags |= SKT_DUMP_TRUNCATED;
		return skt_fail_text(dump->err, lossy ? ENOBUFS : ENODATA,
			"sock_diag: the dump broke off before its end");
	}
	if ((size_t)len > sizeof(netlink->buffer)) {
		dump->flags |= SKT_DUMP_TRUNCATED;
		len = sizeof(netlink->buffer);
	}
	dump->row = false;
	rc = take_datagram(dump, (size_t)len);
	dump->pieces += dump->row;
	if (dump->pieces > 1)
		dump->flags |= SKT_DUMP_PIECES;
	return rc;
}

/* While a dump that was left runs on, the kernel answers another with EBUSY: reads it to its end.
 */
static void finish_last(struct skt_netlink *netlink)
{
	struct dump rest = {.netlink = netlink};

	while (receive(&rest) == MORE)
		;
	netlink->unfinished = false;
}

/* FLAGS: NLM_F_*, what kind of request it is. */
static int send_request(struct skt_netlink *netlink, uint16_t type, unsigned int flags,
	const void *payload, size_t len, struct skt_err *err)
{
	_Alignas(struct nlmsghdr) char buffer[sizeof(struct nlmsghdr) + REQUEST_MAX];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	ssize_t sent;

	if (len > REQUEST_MAX)
		return skt_fail(err, EMSGSIZE, "sock_diag: a request of %zu bytes", len);
	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = ++netlink->seq;
	memcpy(mnl_nlmsg_put_extra_header(message, len), payload, len);
	do
		sent = netlink->source.send(netlink->source.ctx, message, message->nlmsg_len);
	while (sent == -EINTR);
	if (sent < 0)
		return skt_fail(err, (int)-sent, "send to sock_diag");
	netlink->unfinished = true;
	return 0;
}

int skt_netlink_dump(struct skt_netlink *netlink, uint16_t type, const void *payload, size_t len,
	skt_netlink_fn *fn, void *ctx, unsigned int *ret_flags, struct skt_err *err)
{
	struct dump dump = {.netlink = netlink, .fn = fn, .ctx = ctx, .err = err};
	int rc;

	*ret_flags = 0;
	if (netlink->unfinished)
		finish_last(netlink);
	rc = send_request(netlink, type, NLM_F_DUMP, payload, len, err);
	if (rc)
		return rc;
	do
		rc = receive(&dump);
	while (rc == MORE);
	*ret_flags = dump.flags;
	return rc;
}

int skt_netlink_request(struct skt_netlink *netlink, uint16_t type, const void *payload, size_t len,
	struct skt_err *err)
{
	return skt_netlink_get(netlink, type, payload, len, NULL, NULL, err);
}

int skt_netlink_get(struct skt_netlink *netlink, uint16_t type, const void *payload, size_t len,
	skt_netlink_fn *fn, void *ctx, struct skt_err *err)
{
	struct dump dump = {.netlink = netlink, .fn = fn, .ctx = ctx, .err = err};
	int rc;

	if (netlink->unfinished)
		finish_last(netlink);
	rc = send_request(netlink, type, NLM_F_ACK, payload, len, err);
	if (rc)
		return rc;
	do
		rc = receive(&dump);
	while (rc == MORE);
	return rc;
}

/* Whether an event arrives within TIMEOUT_NS; a signal ends the wait. A recording never waits. */
static bool await_event(const struct skt_netlink *netlink, uint64_t timeout_ns)
{
	struct pollfd pollfd = {.fd = descriptor(netlink), .events = POLLIN};
	const struct timespec timeout = skt_clock_timespec(timeout_ns);

	return pollfd.fd < 0 || ppoll(&pollfd, 1, &timeout, NULL) > 0;
}

int skt_netlink_events(struct skt_netlink *netlink, uint64_t timeout_ns, skt_netlink_fn *fn,
	void *ctx, bool *ret_lost, struct skt_err *err)
{
	struct dump dump = {.netlink = netlink, .fn = fn, .ctx = ctx, .events = true, .err = err};
	int rc = MORE;

	*ret_lost = false;
	if (!await_event(netlink, timeout_ns))
		return 0;
	for (size_t i = 0; rc == MORE && i < EVENTS_MAX; i++) {
		ssize_t len = netlink->source.recv(
			netlink->source.ctx, netlink->buffer, sizeof(netlink->buffer));

		if (len == 0)
			break;
		if (len == -ENOBUFS || len > (ssize_t)sizeof(netlink->buffer))
			*ret_lost = true;
		else if (len < 0 && len != -EINTR)
			return skt_fail(err, (int)-len, "receive from sock_diag");
		else if (len > 0)
			rc = take_datagram(&dump, (size_t)len);
	}
	if (dump.flags & SKT_DUMP_TRUNCATED)
		*ret_lost = true;
	return SKT_MIN(rc, 0);
}
