#include "service/detect.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/vec.h"
#include "scan/payload.h"
#include "scan/talk.h"
#include "service/probe.h"
#include "service/read.h"

enum {
	ACTIVE_MAX = 128,  /* ports at a time, */
	PER_HOST_MAX = 32, /* of one host, */
	TALKS_MAX = 4,     /* and talks with each port */
	WINDOW = 256,      /* of those that wait, so many are looked at */
	CROWD = 1024,      /* more that wait than these: each gets little time */
	QUEUE_MAX = 65536,
};

/* Servers that look the client's name up first take their time, and some make a point of it. */
static const uint64_t first_ns = 7 * SKT_NS_PER_SEC;
static const uint64_t quiet_ns = 300 * SKT_NS_PER_MS; /* listened before a guess is asked */
/* Without a word for so long, other questions are asked on other connections. */
static const uint64_t patience_ns = 1200 * SKT_NS_PER_MS;
static const uint64_t next_ns = 1500 * SKT_NS_PER_MS; /* for each of those */
static const uint64_t listen_ns = 2 * SKT_NS_PER_SEC;
static const uint64_t all_ns = 20 * SKT_NS_PER_SEC; /* of one port */
static const uint64_t step_ns = 20 * SKT_NS_PER_MS;

/* A port that is looked at. */
struct inquiry {
	struct skt_scan_result result;
	struct skt_identity identity;
	enum skt_greeting_end end;
	uint32_t asked;       /* a bit for each probe that was begun */
	unsigned int talks;   /* under way */
	bool first_over;      /* the first talk has ended */
	bool following;       /* it is recognised, and asked for more */
	bool hurried;         /* there are too many: it is asked one thing, and soon left */
	bool settled;         /* what still comes does not count */
	uint64_t patience_ns; /* when others are asked besides the first */
	uint64_t end_ns;
	uint8_t payload[SKT_PAYLOAD_MAX];
};

struct skt_detections {
	struct skt_detections_config config;
	struct skt_talks *talks;
	SKT_VEC(struct skt_scan_result) queue;
	size_t count;
	struct inquiry *active[ACTIVE_MAX];
	int failed; /* of what was begun in between */
	bool forgotten;
};

size_t skt_detections_waiting(const struct skt_detections *d)
{
	return d->count + d->queue.len;
}

/* ---- what is said ---- */

static enum skt_greeting_end end_of(enum skt_talk_end end)
{
	static const enum skt_greeting_end ends[] = {
		[SKT_TALK_ANSWERED] = SKT_GREETING_WORDS,
		[SKT_TALK_SILENT] = SKT_GREETING_SILENT,
		[SKT_TALK_CLOSED] = SKT_GREETING_CLOSED,
		[SKT_TALK_RESET] = SKT_GREETING_RESET,
		[SKT_TALK_FAILED] = SKT_GREETING_FAILED,
		[SKT_TALK_CUT] = SKT_GREETING_CUT,
	};

	return ends[end];
}

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

static void take_talk(void *ctx, const struct skt_talk *talk)
{
	const struct skt_answer answer = answer_of(talk);
	struct inquiry *inquiry = talk->request.owner;
	struct skt_identity identity;

	(void)ctx;
	inquiry->talks--;
	if (inquiry->settled)
		return;
	if (!inquiry->first_over || talk->size)
		inquiry->end = talk->size ? SKT_GREETING_WORDS : end_of(talk->end);
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

/* ---- ends ---- */

static void finish(struct skt_detections *d, size_t i)
{
	struct inquiry *inquiry = d->active[i];

	inquiry->settled = true;
	if (inquiry->talks)
		skt_talks_give_up(d->talks, inquiry);
	d->active[i] = d->active[--d->count];
	if (inquiry->asked == UINT32_MAX && inquiry->end == SKT_GREETING_SILENT)
		inquiry->end = SKT_GREETING_UNASKED;
	if (!d->forgotten)
		d->config.done(d->config.ctx, &inquiry->result, &inquiry->identity, inquiry->end);
	free(inquiry);
}

void skt_detections_give_up(struct skt_detections *d)
{
	const struct skt_identity nothing = {0};

	while (d->count) {
		struct inquiry *inquiry = d->active[d->count - 1];

		if (!inquiry->first_over)
			inquiry->end = SKT_GREETING_CUT;
		finish(d, d->count - 1);
	}
	for (size_t i = 0; i < d->queue.len; i++)
		if (!d->forgotten)
			d->config.done(
				d->config.ctx, &d->queue.data[i], &nothing, SKT_GREETING_CUT);
	d->queue.len = 0;
}

int skt_detections_new(const struct skt_detections_config *config, struct skt_detections **ret)
{
	struct skt_detections *d = calloc(1, sizeof(*d));
	const struct skt_talks_config talks = {
		.source4 = config->source4,
		.source6 = config->source6,
		.interface = config->interface,
		.rate = config->rate,
		.done = take_talk,
		.ctx = d,
	};

	if (!d || skt_talks_new(&talks, &d->talks)) {
		free(d);
		return -ENOMEM;
	}
	d->config = *config;
	*ret = d;
	return 0;
}

void skt_detections_free(struct skt_detections *d)
{
	if (!d)
		return;
	d->forgotten = true;
	skt_detections_give_up(d);
	skt_talks_free(d->talks);
	skt_vec_free(&d->queue);
	free(d);
}

/* ---- questions ---- */

static void ask(struct skt_detections *d, struct inquiry *inquiry, enum skt_probe_id id,
	uint64_t listen_first_ns, uint64_t total_ns)
{
	const struct skt_service_probe *probe = &skt_service_probes[id];
	struct skt_talk_request request = {
		.addr = inquiry->result.addr,
		.port = inquiry->result.port,
		.way = d->config.udp ? SKT_TALK_UDP : SKT_TALK_TCP,
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
	if (skt_talks_add(d->talks, &request))
		d->failed = -ENOMEM;
	else
		inquiry->talks++;
}

static bool may_ask(const struct skt_detections *d, const struct inquiry *inquiry,
	enum skt_probe_id id, bool known)
{
	const struct skt_service_probe *probe = &skt_service_probes[id];
	const uint16_t port = inquiry->result.port;

	if (inquiry->asked >> id & 1 || probe->udp != d->config.udp || !probe->size)
		return false;
	return known ? skt_probe_knows(id, port) : probe->use == SKT_PROBE_GENERIC;
}

/* What is asked next, if the port is known for it, or else; SKT_PROBE_LISTEN: nothing. */
static enum skt_probe_id next_probe(const struct skt_detections *d, const struct inquiry *inquiry)
{
	uint8_t payload[SKT_PAYLOAD_MAX];

	/* Web servers that expect TLS answer for both. */
	if (may_ask(d, inquiry, SKT_PROBE_TLS, true))
		return SKT_PROBE_TLS;
	for (unsigned int id = 0; id < SKT_PROBES; id++)
		if (may_ask(d, inquiry, id, true))
			return id;
	/* A port of UDP that has not said anything is asked for what it is known for only. */
	if (d->config.udp && inquiry->result.state != SKT_SCAN_OPEN)
		return SKT_PROBE_LISTEN;
	if (d->config.udp && !(inquiry->asked >> SKT_PROBE_PAYLOAD & 1) &&
		skt_payload_for(inquiry->result.port, payload))
		return SKT_PROBE_PAYLOAD;
	for (unsigned int id = 0; id < SKT_PROBES; id++)
		if (may_ask(d, inquiry, id, false))
			return id;
	return SKT_PROBE_LISTEN;
}

static void ask_first(struct skt_detections *d, struct inquiry *inquiry, uint64_t now_ns)
{
	const uint16_t port = inquiry->result.port;
	enum skt_probe_id id = next_probe(d, inquiry);
	uint64_t slow_ns = 4 * inquiry->result.rtt_ns;

	inquiry->end_ns = now_ns + (inquiry->hurried ? patience_ns + slow_ns : all_ns);
	inquiry->patience_ns = now_ns + patience_ns + slow_ns;
	if (d->config.udp) {
		inquiry->first_over = true;
		inquiry->end = id ? SKT_GREETING_SILENT : SKT_GREETING_NONE;
	} else if (!d->config.all && skt_probe_is_delicate(port)) {
		ask(d, inquiry, SKT_PROBE_LISTEN, 0, listen_ns);
		inquiry->asked = UINT32_MAX;
	} else if (skt_probe_speaks_first(port)) {
		inquiry->patience_ns = SKT_NEVER;
		ask(d, inquiry, SKT_PROBE_LISTEN, 0, first_ns);
	} else if (skt_probe_knows(id, port)) {
		ask(d, inquiry, id, 0, first_ns);
	} else {
		ask(d, inquiry, SKT_PROBE_HTTP, SKT_MAX(quiet_ns, slow_ns), first_ns);
	}
}

/* Asks what the identity so far suggests, in place of all others. */
static void follow(struct skt_detections *d, struct inquiry *inquiry)
{
	inquiry->settled = true;
	skt_talks_give_up(d->talks, inquiry);
	inquiry->settled = false;
	inquiry->following = true;
	ask(d, inquiry, inquiry->identity.follow, 0, next_ns + 4 * inquiry->result.rtt_ns);
}

/* Asks what may be asked now. Whether there is more to come. */
static bool advance(struct skt_detections *d, struct inquiry *inquiry, uint64_t now_ns)
{
	const uint8_t more = inquiry->identity.follow;
	enum skt_probe_id id;

	if (now_ns >= inquiry->end_ns)
		return false;
	if (inquiry->identity.service) {
		if (more && !(inquiry->asked >> more & 1))
			follow(d, inquiry);
		return inquiry->following && inquiry->talks;
	}
	if (!inquiry->first_over && now_ns < inquiry->patience_ns)
		return true;
	while (inquiry->talks < TALKS_MAX && (id = next_probe(d, inquiry)))
		ask(d, inquiry, id, 0, next_ns + 4 * inquiry->result.rtt_ns);
	return inquiry->talks > 0;
}

/* ---- steps ---- */

static bool has_room(const struct skt_detections *d, const struct skt_scan_result *result)
{
	size_t count = 0;

	for (size_t i = 0; i < d->count; i++)
		count += d->active[i]->result.host == result->host;
	return count < PER_HOST_MAX;
}

/* Begins with ports that wait, in no order: the first few that may be begun with. */
static int begin_some(struct skt_detections *d, uint64_t now_ns)
{
	for (size_t i = 0; i < SKT_MIN(d->queue.len, (size_t)WINDOW) && d->count < ACTIVE_MAX;) {
		struct inquiry *inquiry;

		if (!has_room(d, &d->queue.data[i])) {
			i++;
			continue;
		}
		inquiry = calloc(1, sizeof(*inquiry));
		if (!inquiry)
			return -ENOMEM;
		inquiry->result = d->queue.data[i];
		inquiry->hurried = d->queue.len > CROWD;
		d->queue.data[i] = d->queue.data[--d->queue.len];
		d->active[d->count++] = inquiry;
		ask_first(d, inquiry, now_ns);
	}
	return d->failed;
}

int skt_detections_add(struct skt_detections *d, const struct skt_scan_result *result)
{
	int rc = 0;

	while (!rc && skt_detections_waiting(d) >= QUEUE_MAX)
		rc = skt_detections_step(d, skt_clock_ns() + step_ns);
	return rc ? rc : skt_vec_push(&d->queue, *result);
}

int skt_detections_step(struct skt_detections *d, uint64_t until_ns)
{
	uint64_t now_ns = skt_clock_ns();
	int rc = begin_some(d, now_ns);

	for (size_t i = d->count; !rc && i-- > 0;) {
		struct inquiry *inquiry = d->active[i];

		if (!advance(d, inquiry, now_ns))
			finish(d, i);
		else if (!inquiry->first_over && inquiry->patience_ns > now_ns)
			until_ns = SKT_MIN(until_ns, inquiry->patience_ns);
		else
			until_ns = SKT_MIN(until_ns, inquiry->end_ns);
	}
	/* What has ended makes room at once. */
	if (d->queue.len && d->count < ACTIVE_MAX)
		until_ns = SKT_MIN(until_ns, now_ns + step_ns);
	rc = rc ? rc : d->failed;
	return rc ? rc : skt_talks_step(d->talks, d->count ? until_ns : 0);
}
