#include "scan/banner.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

enum { QUEUE_MAX = 65536 };

/* Servers that look the client's name up first take their time, and some make a point of it. */
static const uint64_t talk_ns = 7 * SKT_NS_PER_SEC;
static const uint64_t greeting_ns = 2 * SKT_NS_PER_SEC;
static const uint64_t no_greeting_ns = 200 * SKT_NS_PER_MS;
static const uint64_t step_ns = 20 * SKT_NS_PER_MS;

struct skt_banners {
	struct skt_banners_config config;
	struct skt_talks *talks;
	bool forgotten; /* nobody is told any more */
};

enum skt_greeting_end skt_banner_end(enum skt_talk_end end)
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

/* The request is of a copy of the result. */
static void done(void *ctx, const struct skt_talk *talk)
{
	const struct skt_banners *b = ctx;
	struct skt_scan_result *result = talk->request.owner;
	const struct skt_question question = skt_question_for(result->port);
	struct skt_greeting greeting = {.end = skt_banner_end(talk->end)};

	if (talk->asked && skt_greeting_is_echo(talk->bytes, talk->size, &question)) {
		greeting.end = SKT_GREETING_ECHO;
		greeting.service = "echo";
	} else if (talk->size) {
		skt_greeting_read(talk->bytes, talk->size, result->port, &greeting);
		greeting.end = SKT_GREETING_WORDS;
	}
	if (!b->forgotten)
		b->config.done(b->config.ctx, result, &greeting);
	free(result);
}

static bool is_complete(const struct skt_talk *talk)
{
	return skt_greeting_is_complete(talk->bytes, talk->size);
}

int skt_banners_new(const struct skt_banners_config *config, struct skt_banners **ret)
{
	struct skt_banners *b = calloc(1, sizeof(*b));
	const struct skt_talks_config talks = {
		.source4 = config->source4,
		.source6 = config->source6,
		.interface = config->interface,
		.rate = config->rate,
		.done = done,
		.ctx = b,
	};

	if (!b || skt_talks_new(&talks, &b->talks)) {
		free(b);
		return -ENOMEM;
	}
	b->config = *config;
	*ret = b;
	return 0;
}

size_t skt_banners_waiting(const struct skt_banners *b)
{
	return skt_talks_waiting(b->talks);
}

int skt_banners_add(struct skt_banners *b, const struct skt_scan_result *result)
{
	const struct skt_question question = skt_question_for(result->port);
	struct skt_talk_request request = {
		.addr = result->addr,
		.port = result->port,
		.question = question.bytes,
		.size = question.size,
		.quiet_ns = question.first ? no_greeting_ns : greeting_ns,
		.total_ns = talk_ns,
		.limit = SKT_GREETING_BYTES_MAX,
		.is_complete = is_complete,
	};
	struct skt_scan_result *copy = malloc(sizeof(*copy));
	int rc = copy ? 0 : -ENOMEM;

	while (!rc && skt_banners_waiting(b) >= QUEUE_MAX)
		rc = skt_banners_step(b, skt_clock_ns() + step_ns);
	if (!rc) {
		*copy = *result;
		request.owner = copy;
		rc = skt_talks_add(b->talks, &request);
	}
	if (rc)
		free(copy);
	return rc;
}

int skt_banners_step(struct skt_banners *b, uint64_t until_ns)
{
	return skt_talks_step(b->talks, until_ns);
}

void skt_banners_give_up(struct skt_banners *b)
{
	skt_talks_give_up(b->talks, NULL);
}

void skt_banners_free(struct skt_banners *b)
{
	if (!b)
		return;
	b->forgotten = true;
	skt_talks_give_up(b->talks, NULL);
	skt_talks_free(b->talks);
	free(b);
}
