#include "cmd/udprecv/answer.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "base/plural.h"
#include "cmd/report.h"

int udprecv_answers_init(struct udprecv_answers *answers, const struct udprecv_options *o,
	const struct udprecv_socket *sock)
{
	*answers = (struct udprecv_answers){.fd = sock->fd};
	return skt_guard_new(&sock->local, o->answer_rate, &answers->guard);
}

void udprecv_answers_fini(struct udprecv_answers *answers)
{
	skt_guard_free(answers->guard);
	answers->guard = NULL;
}

bool udprecv_may_answer(struct udprecv_answers *answers, const struct skt_datagram *d)
{
	const enum skt_guard_verdict verdict = skt_guard_ask(answers->guard, d, skt_clock_ns());

	answers->counts[verdict]++;
	return verdict == SKT_GUARD_ANSWER;
}

void udprecv_answer(struct udprecv_answers *answers, const struct skt_datagram *d,
	const void *bytes, size_t len)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = {0};
	/* sendmsg(2) does not write there. NOLINTNEXTLINE(performance-no-int-to-ptr) */
	struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
	struct msghdr header = {
		.msg_name = d->source,
		.msg_namelen = d->source_len,
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	struct cmsghdr *cmsg = (struct cmsghdr *)control;

	if (d->source_len <= sizeof(sa_family_t)) {
		answers->errors++; /* an unnamed unix socket has no way back */
		return;
	}
	if (d->destination.family == AF_INET && !skt_addr_is_multicast(&d->destination)) {
		struct in_pktinfo info = {0};

		memcpy(&info.ipi_spec_dst, d->destination.bytes, sizeof(info.ipi_spec_dst));
		*cmsg = (struct cmsghdr){.cmsg_level = IPPROTO_IP,
			.cmsg_type = IP_PKTINFO,
			.cmsg_len = CMSG_LEN(sizeof(info))};
		memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
		header.msg_controllen = CMSG_SPACE(sizeof(info));
	} else if (d->destination.family == AF_INET6 && !skt_addr_is_multicast(&d->destination)) {
		struct in6_pktinfo info = {.ipi6_ifindex = d->destination.scope_id};

		memcpy(&info.ipi6_addr, d->destination.bytes, sizeof(info.ipi6_addr));
		*cmsg = (struct cmsghdr){.cmsg_level = IPPROTO_IPV6,
			.cmsg_type = IPV6_PKTINFO,
			.cmsg_len = CMSG_LEN(sizeof(info))};
		memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
		header.msg_controllen = CMSG_SPACE(sizeof(info));
	}
	if (header.msg_controllen)
		header.msg_control = control;
	if (sendmsg(answers->fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return;
	/* The address may be a broadcast one, which nothing can be sent from. */
	header.msg_control = NULL;
	header.msg_controllen = 0;
	if (sendmsg(answers->fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		answers->errors++;
}

/* ---- the account ---- */

struct answers_row {
	uint64_t present;
	const char *event;
	uint64_t answered, own, service, rate, loop, failed;
};

#define FIELD(field, text) SKT_COLUMN(struct answers_row, field, .help = (text))

const struct skt_column udprecv_answers_columns[] = {
	FIELD(event, "answers"),
	FIELD(answered, "datagrams"),
	FIELD(own, "not answered: from the own address and port"),
	FIELD(service, "from the port of a service that answers everything"),
	FIELD(rate, "above --rate"),
	FIELD(loop, "one of many that are all the same"),
	FIELD(failed, "answers that could not be sent"),
	SKT_COLUMN_END,
};

static void tell_one(const struct skt_context *ctx, uint64_t count, const char *why)
{
	if (count)
		skt_warn(ctx, "%" PRIu64 " datagram%s not answered: %s", count,
			skt_plural(count, " was", "s were"), why);
}

void udprecv_answers_tell(const struct udprecv_answers *answers, const struct udprecv_options *o,
	const struct skt_context *ctx)
{
	const uint64_t *counts = answers->counts;
	const struct answers_row row = {
		.event = "answers",
		.answered = counts[SKT_GUARD_ANSWER],
		.own = counts[SKT_GUARD_OWN],
		.service = counts[SKT_GUARD_SERVICE],
		.rate = counts[SKT_GUARD_RATE],
		.loop = counts[SKT_GUARD_LOOP],
		.failed = answers->errors,
	};

	if (o->events.verbose < 0)
		return;
	if (o->events.json) {
		skt_report_json(udprecv_answers_columns, &row);
		return;
	}
	tell_one(ctx, row.own, "from the address and port of this receiver");
	tell_one(ctx, row.service,
		"from the port of a service that answers everything (echo, chargen, ...)");
	tell_one(ctx, row.rate, "more than --rate allows their senders");
	tell_one(ctx, row.loop, "after thousands that were all the same, as in a loop of answers");
	if (row.failed)
		skt_warn(ctx, "%" PRIu64 " answer%s could not be sent", row.failed,
			skt_plural(row.failed, "", "s"));
}
