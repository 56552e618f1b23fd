#include "record/answer.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "record/steady.h"

static ssize_t answer_send(void *ctx, const void *bytes, size_t len)
{
	struct skt_record_answer *answer = ctx;
	struct nlmsghdr head = {0};

	if (len < sizeof(head))
		return -EINVAL;
	memcpy(&head, bytes, sizeof(head));
	answer->seq = head.nlmsg_seq;
	answer->request = skt_record_request_of(
		head.nlmsg_type, (const char *)bytes + NLMSG_HDRLEN, len - NLMSG_HDRLEN);
	answer->next = skt_look_from(answer->look, answer->request.kind);
	answer->ended = false;
	return (ssize_t)len;
}

/* One message at TO, if it fits into ROOM bytes: how many it takes, else 0. */
static size_t put_message(const struct skt_record_answer *answer, char *to, size_t room,
	uint16_t type, const void *payload, size_t len)
{
	const struct nlmsghdr head = {.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + len),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_MULTI,
		.nlmsg_seq = answer->seq};
	const size_t whole = NLMSG_ALIGN(head.nlmsg_len);

	if (whole > room)
		return 0;
	memset(to, 0, whole);
	memcpy(to, &head, sizeof(head));
	if (len)
		memcpy(to + NLMSG_HDRLEN, payload, len);
	return whole;
}

/* Whether ITEM is what was asked for. */
static bool is_asked(const struct skt_record_answer *answer, const struct skt_fact_item *item)
{
	return answer->request.family == AF_UNSPEC ||
		(item->len && item->bytes[0] == answer->request.family);
}

static ssize_t answer_recv(void *ctx, void *buffer, size_t size)
{
	struct skt_record_answer *answer = ctx;
	const struct skt_look *look = answer->look;
	const int done = 0;
	size_t used = 0;

	if (answer->ended)
		return 0;
	for (; answer->next < look->items.len; answer->next++) {
		const struct skt_fact_item *item = &look->items.data[answer->next];
		size_t put;

		if (item->kind != answer->request.kind)
			break;
		if (!is_asked(answer, item))
			continue;
		put = put_message(answer, (char *)buffer + used, size - used, SOCK_DIAG_BY_FAMILY,
			item->bytes, item->len);
		if (!put && used)
			return (ssize_t)used;
		if (put)
			skt_steady_tell(item->kind, (unsigned char *)buffer + used + NLMSG_HDRLEN,
				item->len, (uint32_t)(look->mono_ns / SKT_NS_PER_MS));
		used += put;
	}
	if (used)
		return (ssize_t)used;
	answer->ended = true;
	return (ssize_t)put_message(answer, buffer, size, NLMSG_DONE, &done, sizeof(done));
}

struct skt_netlink_source skt_record_answer_source(struct skt_record_answer *answer)
{
	return (struct skt_netlink_source){.send = answer_send, .recv = answer_recv, .ctx = answer};
}
