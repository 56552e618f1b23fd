#include "record/tap.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "record/steady.h"

int skt_record_tap_add(struct skt_record_tap *tap, struct skt_look *look, uint32_t kind,
	const void *answer, size_t len, const uint32_t *more)
{
	const uint64_t number = skt_record_number_of(kind, answer, len, tap->key);
	/* Not when the look began: a busy machine may make a look last. */
	const uint32_t now_ms = (uint32_t)(skt_clock_boot_ns() / SKT_NS_PER_MS);
	unsigned char stack[4096], *room = stack;
	size_t kept;
	int rc = 0;

	if (len > SKT_FACT_BYTES_MAX - 16)
		return 0;
	if (len + 16 > sizeof(stack))
		room = malloc(len + 16);
	if (!room)
		return -ENOMEM;
	kept = skt_steady_keep(kind, answer, len, more != NULL,
		skt_look_find(tap->last, kind, number), now_ms, room);
	if (kept && more) {
		memcpy(room + kept, more, sizeof(*more));
		kept += sizeof(*more);
	}
	if (kept)
		rc = skt_look_add(look, kind, number, room, kept);
	if (room != stack)
		free(room);
	return rc;
}

static ssize_t tap_send(void *ctx, const void *bytes, size_t len)
{
	struct skt_record_tap *tap = ctx;
	struct nlmsghdr head = {0};

	if (len >= sizeof(head))
		memcpy(&head, bytes, sizeof(head));
	tap->seq = head.nlmsg_seq;
	tap->request = head.nlmsg_flags & NLM_F_DUMP
		? skt_record_request_of(
			  head.nlmsg_type, (const char *)bytes + NLMSG_HDRLEN, len - NLMSG_HDRLEN)
		: (struct skt_record_request){0};
	return tap->inner.send(tap->inner.ctx, bytes, len);
}

static void keep_messages(struct skt_record_tap *tap, const char *p, size_t len)
{
	struct nlmsghdr head;

	while (!tap->failure && len >= sizeof(head)) {
		memcpy(&head, p, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > len)
			return;
		if (head.nlmsg_type >= NLMSG_MIN_TYPE && head.nlmsg_seq == tap->seq)
			tap->failure = skt_record_tap_add(tap, tap->look, tap->request.kind,
				p + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN, NULL);
		if (NLMSG_ALIGN(head.nlmsg_len) >= len)
			return;
		p += NLMSG_ALIGN(head.nlmsg_len);
		len -= NLMSG_ALIGN(head.nlmsg_len);
	}
}

static ssize_t tap_recv(void *ctx, void *buffer, size_t size)
{
	struct skt_record_tap *tap = ctx;
	const ssize_t n = tap->inner.recv(tap->inner.ctx, buffer, size);

	if (n > 0 && tap->request.kind)
		keep_messages(tap, buffer, SKT_MIN((size_t)n, size));
	return n;
}

static int tap_fd(void *ctx)
{
	const struct skt_record_tap *tap = ctx;

	return tap->inner.fd ? tap->inner.fd(tap->inner.ctx) : -1;
}

static void tap_close(void *ctx)
{
	struct skt_record_tap *tap = ctx;

	if (tap->inner.close)
		tap->inner.close(tap->inner.ctx);
}

struct skt_netlink_source skt_record_tap_source(struct skt_record_tap *tap)
{
	return (struct skt_netlink_source){.send = tap_send,
		.recv = tap_recv,
		.fd = tap_fd,
		.close = tap_close,
		.ctx = tap,
		.live = true};
}
