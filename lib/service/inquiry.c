#include "service/inquiry.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "scan/banner.h"
#include "service/probe.h"
#include "service/read.h"
#include "service/tunnel.h"

enum { TALKS_MAX = 7 }; /* with one port */

/* Servers that look the client's name up first take their time, and some make a point of it. */
static const uint64_t first_ns = 7 * SKT_NS_PER_SEC;
static const uint64_t quiet_ns = 300 * SKT_NS_PER_MS; /* listened before a guess is asked */
/* Without a word for so long, other questions are asked on other connections. */
static const uint64_t patience_ns = 1200 * SKT_NS_PER_MS;
static const uint64_t next_ns = 1500 * SKT_NS_PER_MS; /* for each of those */
static const uint64_t listen_ns = 2 * SKT_NS_PER_SEC;
static const uint64_t all_ns = 20 * SKT_NS_PER_SEC; /* of one port */

/* ---- what is said ---- */

static struct skt_answer answer_of(const struct skt_talk *talk)
{
	return (struct skt_answer){
		.bytes = talk->bytes,
		.size = talk->size,
		.port = talk->request.port,
		.probe = (uint8_t)talk->request.tag,
		.asked = talk->asked,
		.udp = talk->request.way == SKT_TALK_UDP,
	};
}

static bool is_complete(const struct skt_talk *talk)
{
	const struct skt_answer answer = answer_of(talk);

	return skt_answer_is_complete(&answer);
}

/* Our own question has come back. */
static bool is_echo(const struct skt_talk *talk)
{
	const struct skt_talk_request *r = &talk->request;

	return talk->asked && talk->size && talk->size <= r->size &&
		memcmp(talk->bytes, r->question, talk->size) == 0;
}

/* Whether there is one. Where none is to be had, it goes on in the clear. */
static bool take_tunnel(struct skt_inquiry *inquiry, const struct skt_talk *talk)
{
	if (talk->tls && talk->tls->is_up) {
		if (!inquiry->identity.tls.version.len)
			skt_tunnel_describe(talk->tls, &inquiry->identity);
		return true;
	}
	if (!inquiry->identity.tls.version.len && !inquiry->talks) {
		inquiry->way = SKT_TALK_TCP;
		inquiry->identity = inquiry->outer;
		inquiry->identity.follow = 0;
		inquiry->asked = 0;
		inquiry->patience_ns = 0;
	}
	return false;
}

void skt_inquiry_take(void *ctx, const struct skt_talk *talk)
{
	const struct skt_answer answer = answer_of(talk);
	struct skt_inquiry *inquiry = talk->request.owner;
	struct skt_identity identity;

	(void)ctx;
	inquiry->talks--;
	if (inquiry->settled)
		return;
	if (talk->request.way == SKT_TALK_TLS && !take_tunnel(inquiry, talk))
		return;
	if (!inquiry->first_over || talk->size)
		inquiry->end = talk->size ? SKT_GREETING_WORDS : skt_banner_end(talk->end);
	inquiry->first_over = true;
	if (!talk->size)
		return;
	if (is_echo(talk)) {
		identity = (struct skt_identity){
			.service = "echo", .confidence = SKT_CONFIDENCE_MATCHED};
		inquiry->end = SKT_GREETING_ECHO;
	} else {
		(void)skt_answer_read(&answer, &identity);
	}
	skt_identity_merge(&inquiry->identity, &identity);
}

/* ---- questions ---- */

static void ask(struct skt_inquiries *all, struct skt_inquiry *inquiry, enum skt_probe_id id,
	uint64_t listen_first_ns, uint64_t total_ns)
{
	const struct skt_service_probe *probe = &skt_service_probes[id];
	struct skt_talk_request request = {
		.addr = inquiry->result.addr,
		.port = inquiry->result.port,
		.way = inquiry->way,
		.name = inquiry->result.label,
		.question = probe->bytes,
		.size = probe->size,
		.quiet_ns = listen_first_ns,
		.total_ns = total_ns,
		.limit = probe->limit,
		.is_complete = is_complete,
		.tag = id,
		.owner = inquiry,
	};

	if (id == SKT_PROBE_PAYLOAD) {
		request.question = (const char *)inquiry->payload;
		request.size = skt_payload_for(request.port, inquiry->payload);
	}
	inquiry->asked |= UINT32_C(1) << id;
	if (skt_talks_add(all->talks, &request))
		all->failed = -ENOMEM;
	else
		inquiry->talks++;
}

static bool may_ask(const struct skt_inquiries *all, const struct skt_inquiry *inquiry,
	enum skt_probe_id id, bool known)
{
	const struct skt_service_probe *probe = &skt_service_probes[id];
	const uint16_t port = inquiry->result.port;

	if (inquiry->asked >> id & 1 || probe->udp != all->udp || !probe->size)
		return false;
	if (id == SKT_PROBE_TLS && inquiry->way == SKT_TALK_TLS)
		return false;
	return known ? skt_probe_knows(id, port) : probe->use == SKT_PROBE_GENERIC;
}

/* What is asked next, if the port is known for it, or else; SKT_PROBE_LISTEN: nothing. */
static enum skt_probe_id next_probe(
	const struct skt_inquiries *all, const struct skt_inquiry *inquiry)
{
	uint8_t payload[SKT_PAYLOAD_MAX];

	/* Web servers that expect TLS answer for both. */
	if (may_ask(all, inquiry, SKT_PROBE_TLS, true))
		return SKT_PROBE_TLS;
	for (unsigned int id = 0; id < SKT_PROBES; id++)
		if (may_ask(all, inquiry, id, true))
			return id;
	/* Ports of UDP that have not said anything may be very many. */
	if (all->udp && inquiry->result.state != SKT_SCAN_OPEN && inquiry->crowded)
		return SKT_PROBE_LISTEN;
	if (all->udp && !(inquiry->asked >> SKT_PROBE_PAYLOAD & 1) &&
		skt_payload_for(inquiry->result.port, payload))
		return SKT_PROBE_PAYLOAD;
	for (unsigned int id = 0; id < SKT_PROBES; id++)
		if (may_ask(all, inquiry, id, false))
			return id;
	return SKT_PROBE_LISTEN;
}

/* The first talk with a port of TCP, or inside of its TLS, which is given the most time. */
static void ask_first(struct skt_inquiries *all, struct skt_inquiry *inquiry, uint64_t now_ns)
{
	const uint16_t port = inquiry->result.port;
	enum skt_probe_id id = next_probe(all, inquiry);
	uint64_t slow_ns = 4 * inquiry->result.rtt_ns;

	inquiry->first_over = false;
	inquiry->patience_ns = now_ns + patience_ns + slow_ns;
	if (skt_probe_speaks_first(port)) {
		inquiry->patience_ns = SKT_NEVER;
		ask(all, inquiry, SKT_PROBE_LISTEN, 0, first_ns);
	} else if (skt_probe_knows(id, port)) {
		ask(all, inquiry, id, 0, first_ns);
	} else {
		ask(all, inquiry, SKT_PROBE_HTTP, SKT_MAX(quiet_ns, slow_ns), first_ns);
	}
}

/* Goes on inside of TLS, as with a port that nothing was said by yet. */
static void enter(struct skt_inquiries *all, struct skt_inquiry *inquiry, uint64_t now_ns)
{
	inquiry->settled = true;
	skt_talks_give_up(all->talks, inquiry);
	inquiry->settled = false;
	inquiry->shaken = true;
	inquiry->following = false;
	inquiry->outer = inquiry->identity;
	inquiry->identity = (struct skt_identity){0};
	inquiry->asked = 0;
	inquiry->way = SKT_TALK_TLS;
	ask_first(all, inquiry, now_ns);
}

void skt_inquiry_begin(struct skt_inquiries *all, struct skt_inquiry *inquiry, uint64_t now_ns)
{
	const uint16_t port = inquiry->result.port;

	inquiry->end_ns =
		now_ns + (inquiry->hurried ? patience_ns + 4 * inquiry->result.rtt_ns : all_ns);
	inquiry->way = SKT_TALK_TCP;
	if (all->udp) {
		inquiry->way = SKT_TALK_UDP;
		inquiry->first_over = true;
		inquiry->end = next_probe(all, inquiry) ? SKT_GREETING_SILENT : SKT_GREETING_NONE;
	} else if (!all->delicate && skt_probe_is_delicate(port)) {
		inquiry->patience_ns = SKT_NEVER;
		ask(all, inquiry, SKT_PROBE_LISTEN, 0, listen_ns);
		inquiry->asked = UINT32_MAX;
	} else if (all->tls && skt_probe_knows(SKT_PROBE_TLS, port)) {
		enter(all, inquiry, now_ns);
	} else {
		ask_first(all, inquiry, now_ns);
	}
}

/* Whether what is known so far is that it wants TLS. */
static bool is_tunnel(const struct skt_inquiries *all, const struct skt_inquiry *inquiry)
{
	const struct skt_identity *identity = &inquiry->identity;

	return all->tls && !inquiry->shaken && inquiry->way == SKT_TALK_TCP &&
		(identity->follow == SKT_PROBE_TLS || strcmp(identity->service, "tls") == 0);
}

/* Asks what the identity so far suggests, in place of all others. */
static void follow(struct skt_inquiries *all, struct skt_inquiry *inquiry)
{
	inquiry->settled = true;
	skt_talks_give_up(all->talks, inquiry);
	inquiry->settled = false;
	inquiry->following = true;
	ask(all, inquiry, inquiry->identity.follow, 0, next_ns + 4 * inquiry->result.rtt_ns);
}

bool skt_inquiry_advance(struct skt_inquiries *all, struct skt_inquiry *inquiry, uint64_t now_ns)
{
	const uint8_t more = inquiry->identity.follow;
	enum skt_probe_id id;

	if (now_ns >= inquiry->end_ns)
		return false;
	if (inquiry->identity.service && is_tunnel(all, inquiry)) {
		enter(all, inquiry, now_ns);
		return true;
	}
	if (inquiry->identity.service) {
		if (more && !(inquiry->asked >> more & 1))
			follow(all, inquiry);
		return inquiry->following && inquiry->talks;
	}
	if (!inquiry->first_over && now_ns < inquiry->patience_ns)
		return true;
	while (inquiry->talks < TALKS_MAX && (id = next_probe(all, inquiry)))
		ask(all, inquiry, id, 0, next_ns + 4 * inquiry->result.rtt_ns);
	return inquiry->talks > 0;
}

uint64_t skt_inquiry_due(const struct skt_inquiry *inquiry, uint64_t now_ns)
{
	return !inquiry->first_over && inquiry->patience_ns > now_ns
		? SKT_MIN(inquiry->patience_ns, inquiry->end_ns)
		: inquiry->end_ns;
}

void skt_inquiry_put_off(struct skt_inquiry *inquiry, uint64_t duration_ns)
{
	inquiry->patience_ns = skt_clock_add(inquiry->patience_ns, duration_ns);
	inquiry->end_ns = skt_clock_add(inquiry->end_ns, duration_ns);
}

void skt_inquiry_end(struct skt_inquiries *all, struct skt_inquiry *inquiry)
{
	inquiry->settled = true;
	if (inquiry->talks)
		skt_talks_give_up(all->talks, inquiry);
	if (inquiry->identity.tls.version.len)
		inquiry->identity = skt_tunnel_join(&inquiry->outer, &inquiry->identity);
	if (!inquiry->first_over && inquiry->end == SKT_GREETING_NONE)
		inquiry->end = SKT_GREETING_SILENT;
	if (inquiry->asked == UINT32_MAX && inquiry->end == SKT_GREETING_SILENT)
		inquiry->end = SKT_GREETING_UNASKED;
}
