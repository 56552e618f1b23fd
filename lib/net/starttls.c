#include "net/starttls.h"

#include <errno.h>

#include "base/macros.h"

/* Says what is due, once the words before are said. */
static int say(struct skt_starttls_step *step, struct skt_stream *stream)
{
	if (step->said.len == 0) {
		step->said.bytes = step->words;
		step->said.len = skt_starttls_words(&step->starttls, step->words);
	}
	return skt_header_give(&step->said, stream);
}

static int hear(struct skt_starttls_step *step, struct skt_opening *opening)
{
	struct skt_header *heard = &step->heard;
	ssize_t n = skt_header_take(
		heard, &opening->connection->stream, skt_starttls_measure(step->protocol));

	if (n == -EAGAIN)
		return -EAGAIN;
	if (n == -EPROTO)
		return skt_starttls_fail(&step->starttls, heard->bytes, heard->len, &opening->err);
	if (n < 0)
		return skt_opening_fail(opening, (int)n);
	heard->len = 0;
	return skt_starttls_hear(&step->starttls, heard->bytes, (size_t)n, &opening->err);
}

static int step_ready(struct skt_opening_step *base, struct skt_opening *opening)
{
	struct skt_starttls_step *step = SKT_CONTAINER(base, struct skt_starttls_step, step);
	int r = 0;

	while (step->next != SKT_STARTTLS_READY) {
		if (step->next == SKT_STARTTLS_HEAR) {
			r = hear(step, opening);
			if (r < 0)
				return r;
			step->next = (enum skt_starttls_next)r;
			continue;
		}
		r = say(step, &opening->connection->stream);
		if (r)
			return r == -EAGAIN ? r : skt_opening_fail(opening, r);
		step->next =
			step->next == SKT_STARTTLS_LEAVE ? SKT_STARTTLS_READY : SKT_STARTTLS_HEAR;
	}
	return 0;
}

static int step_start(struct skt_opening_step *base, struct skt_opening *opening)
{
	struct skt_starttls_step *step = SKT_CONTAINER(base, struct skt_starttls_step, step);

	step->heard = (struct skt_header){.bytes = step->piece, .size = sizeof(step->piece)};
	step->said = (struct skt_header){0};
	step->next = skt_starttls_begin(&step->starttls, step->protocol, step->host);
	return step_ready(base, opening);
}

static const struct skt_opening_ops step_ops = {
	.name = "STARTTLS",
	.start = step_start,
	.ready = step_ready,
};

void skt_starttls_step_init(struct skt_starttls_step *step)
{
	step->step.ops = &step_ops;
}
