#include "cmd/udprecv/talk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/stream/stdio.h"
#include "net/sender.h"

struct talker {
	struct sockaddr_storage source;
	socklen_t source_len;
	struct skt_addr destination; /* what he knows us by */
};

struct udprecv_talk {
	struct udprecv_answers *answers;
	bool all, lines;
	bool ended;
	size_t count; /* with --talk=last, one at the most */
	size_t len;   /* bytes of a line that is not whole */
	struct talker talkers[UDPRECV_TALKERS_MAX];
	char buffer[SKT_SEND_MAX];
};

int udprecv_talk_new(
	const struct udprecv_options *o, struct udprecv_answers *answers, struct udprecv_talk **ret)
{
	struct udprecv_talk *talk = calloc(1, sizeof(*talk));

	if (!talk)
		return -ENOMEM;
	talk->answers = answers;
	talk->all = o->talk == TALK_ALL;
	talk->lines = o->output == OUTPUT_LINES;
	talk->ended = !skt_stdin_is_side(STDIN_FILENO);
	*ret = talk;
	return 0;
}

void udprecv_talk_free(struct udprecv_talk *talk)
{
	free(talk);
}

static bool is_talker(const struct talker *talker, const struct skt_datagram *d)
{
	return talker->source_len == d->source_len &&
		memcmp(&talker->source, d->source, d->source_len) == 0;
}

void udprecv_talk_hear(struct udprecv_talk *talk, const struct skt_datagram *d)
{
	size_t at = 0;

	/* An unnamed unix socket has no way back. */
	if (d->source_len <= sizeof(sa_family_t))
		return;
	while (talk->all && at < talk->count && !is_talker(&talk->talkers[at], d))
		at++;
	if (at == UDPRECV_TALKERS_MAX)
		return;
	talk->talkers[at] =
		(struct talker){.source_len = d->source_len, .destination = d->destination};
	memcpy(&talk->talkers[at].source, d->source, d->source_len);
	talk->count = SKT_MAX(talk->count, at + 1);
}

int udprecv_talk_fd(const struct udprecv_talk *talk)
{
	return talk->count && !talk->ended ? STDIN_FILENO : -1;
}

static void say(struct udprecv_talk *talk, const char *bytes, size_t len)
{
	for (size_t i = 0; i < talk->count; i++) {
		struct talker *talker = &talk->talkers[i];
		const struct skt_datagram d = {.source = (struct sockaddr *)&talker->source,
			.source_len = talker->source_len,
			.destination = talker->destination};

		udprecv_answer(talk->answers, &d, bytes, len);
	}
}

/* What is whole goes; at the end, and where no more fits into a datagram, so does the rest. */
static void say_lines(struct udprecv_talk *talk)
{
	size_t begin = 0;
	char *newline;

	while ((newline = memchr(talk->buffer + begin, '\n', talk->len - begin))) {
		const size_t len = (size_t)(newline - talk->buffer) - begin;

		say(talk, talk->buffer + begin, len + !talk->lines);
		begin += len + 1;
	}
	if (begin < talk->len && (talk->ended || (!begin && talk->len == sizeof(talk->buffer)))) {
		say(talk, talk->buffer + begin, talk->len - begin);
		begin = talk->len;
	}
	talk->len -= begin;
	memmove(talk->buffer, talk->buffer + begin, talk->len);
}

void udprecv_talk_step(struct udprecv_talk *talk, const struct skt_context *ctx)
{
	ssize_t n = read(STDIN_FILENO, talk->buffer + talk->len, sizeof(talk->buffer) - talk->len);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0)
		skt_warn(ctx, "cannot read standard input: %s", strerror(errno));
	talk->ended = n <= 0;
	talk->len += n > 0 ? (size_t)n : 0;
	say_lines(talk);
}
