#include "net/hearing.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"

/* ---- what is heard ---- */

static ssize_t measure_socks(const char *bytes, size_t len)
{
	return bytes[0] == 4 ? skt_socks4_measure_request(bytes, len)
			     : skt_socks5_measure_greeting(bytes, len);
}

static ssize_t measure_any(const char *bytes, size_t len)
{
	return bytes[0] == 4 || bytes[0] == 5 ? measure_socks(bytes, len)
					      : skt_http_measure_request(bytes, len);
}

static ssize_t hear(struct skt_hearing *hearing, struct skt_stream *stream)
{
	switch (hearing->phase) {
	case SKT_HEARING_FIRST:
		break;
	case SKT_HEARING_USER:
		return skt_header_take(&hearing->in, stream, skt_socks5_measure_user);
	case SKT_HEARING_REQUEST:
		return skt_header_take(&hearing->in, stream, skt_socks5_measure_request);
	}
	return skt_header_take(&hearing->in, stream,
		!hearing->http           ? measure_socks
			: hearing->socks ? measure_any
					 : skt_http_measure_request);
}

/* ---- what it comes to ---- */

static void say(struct skt_hearing *hearing, unsigned int version, unsigned int word)
{
	hearing->said[0] = (char)version;
	hearing->said[1] = (char)word;
	hearing->out = (struct skt_header){.bytes = hearing->said, .len = sizeof(hearing->said)};
}

static int reject(struct skt_opening *opening, const char *why)
{
	return skt_fail_text(&opening->err, EKEYREJECTED, "%s", why);
}

/* Whether whoever has said who he is may ask. */
static int check_user(const struct skt_hearing *hearing, struct skt_opening *opening)
{
	const struct skt_proxy_request *request = &hearing->request;

	if (!hearing->knows)
		return 0;
	if (!request->has_user)
		return reject(opening, "it does not say who it is");
	if (!hearing->knows(hearing->arg, request->user, request->password))
		return reject(opening, "its user and password are not known");
	return 0;
}

static int greeted(struct skt_hearing *hearing, struct skt_opening *opening)
{
	unsigned int method = skt_socks5_choose(hearing->heard, hearing->knows != NULL);

	hearing->request.language = SKT_PROXY_SPEAKS_SOCKS5;
	if (method == UINT8_MAX)
		return reject(opening,
			hearing->knows ? "it cannot say who it is"
				       : "it offers no way to do without saying who it is");
	hearing->phase = method ? SKT_HEARING_USER : SKT_HEARING_REQUEST;
	say(hearing, 5, method);
	return -EAGAIN;
}

static int first_heard(struct skt_hearing *hearing, struct skt_opening *opening, size_t len)
{
	const char *heard = hearing->heard;
	int r;

	if (heard[0] == 5)
		return greeted(hearing, opening);
	if (heard[0] == 4) {
		r = skt_socks4_read_request(heard, &hearing->request, &opening->err);
		if (r == 0 && hearing->knows)
			r = reject(opening, "SOCKS 4 has no password");
		return r;
	}
	hearing->head_len = len;
	r = skt_http_read_request(heard, len, &hearing->request, &opening->err);
	return r ? r : check_user(hearing, opening);
}

static int user_heard(struct skt_hearing *hearing, struct skt_opening *opening)
{
	int r = skt_socks5_read_user(hearing->heard, &hearing->request, &opening->err);

	if (r == 0)
		r = check_user(hearing, opening);
	if (r)
		return r;
	hearing->phase = SKT_HEARING_REQUEST;
	say(hearing, 1, 0);
	return -EAGAIN;
}

/* 0: all has been heard; -EAGAIN: there is more to say and to hear; or -errno. */
static int understand(struct skt_hearing *hearing, struct skt_opening *opening, size_t len)
{
	switch (hearing->phase) {
	case SKT_HEARING_FIRST:
		return first_heard(hearing, opening, len);
	case SKT_HEARING_USER:
		return user_heard(hearing, opening);
	case SKT_HEARING_REQUEST:
		break;
	}
	return skt_socks5_read_request(hearing->heard, &hearing->request, &opening->err);
}

/* ---- the step ---- */

static int fail_to_hear(struct skt_hearing *hearing, struct skt_opening *opening, int r)
{
	/* Nothing else may be so long, and an answer has to be in this language. */
	if (r == -EMSGSIZE && hearing->in.len == hearing->in.size)
		hearing->request.language = SKT_PROXY_SPEAKS_HTTP;
	if (r != -EPROTO)
		return skt_opening_fail(opening, r);
	return skt_fail_text(&opening->err, EPROTO, "it does not speak %s%s%s",
		hearing->socks ? "SOCKS" : "", hearing->socks && hearing->http ? " or " : "",
		hearing->http ? "HTTP" : "");
}

static int hearing_ready(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct skt_hearing *hearing = SKT_CONTAINER(step, struct skt_hearing, step);
	struct skt_stream *stream = &opening->connection->stream;
	int r;

	do {
		ssize_t n = skt_header_give(&hearing->out, stream);

		if (n == 0)
			n = hear(hearing, stream);
		if (n == -EAGAIN)
			return -EAGAIN;
		if (n < 0)
			return fail_to_hear(hearing, opening, (int)n);
		r = understand(hearing, opening, (size_t)n);
		hearing->in.len = 0;
	} while (r == -EAGAIN);
	return r;
}

static int hearing_start(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct skt_hearing *hearing = SKT_CONTAINER(step, struct skt_hearing, step);

	hearing->in = (struct skt_header){.bytes = hearing->heard, .size = sizeof(hearing->heard)};
	return hearing_ready(step, opening);
}

const struct skt_opening_ops skt_hearing_ops = {
	.name = "proxy request",
	.start = hearing_start,
	.ready = hearing_ready,
};

/* ---- answers ---- */

static size_t answer5(const struct skt_hearing *hearing, int r, const struct skt_place *bound,
	char ret[SKT_HTTP_ANSWER_MAX])
{
	switch (hearing->phase) {
	case SKT_HEARING_FIRST:
		ret[0] = 5;
		ret[1] = (char)UINT8_MAX;
		return 2;
	case SKT_HEARING_USER:
		ret[0] = 1;
		ret[1] = 1;
		return 2;
	case SKT_HEARING_REQUEST:
		break;
	}
	return skt_socks5_answer(r, bound, ret);
}

size_t skt_hearing_answer(const struct skt_hearing *hearing, int r, const struct skt_place *bound,
	const char *why, char ret[SKT_HTTP_ANSWER_MAX])
{
	switch (hearing->request.language) {
	case SKT_PROXY_SPEAKS_SOCKS4:
		return skt_socks4_answer(r, ret);
	case SKT_PROXY_SPEAKS_SOCKS5:
		return answer5(hearing, r, bound, ret);
	case SKT_PROXY_SPEAKS_HTTP:
		if (r == 0)
			break;
		return skt_http_answer(r, why, ret);
	case SKT_PROXY_SPEAKS_CONNECT:
		return skt_http_answer(r, why, ret);
	case SKT_PROXY_SPEAKS_NOTHING:
	case SKT_PROXY_LANGUAGES:
		break;
	}
	return 0;
}

static int saying_ready(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct skt_saying *saying = SKT_CONTAINER(step, struct skt_saying, step);
	int r = skt_header_give(&saying->left, &opening->connection->stream);

	return r && r != -EAGAIN ? skt_opening_fail(opening, r) : r;
}

const struct skt_opening_ops skt_saying_ops = {
	.name = "what is to be said",
	.start = saying_ready,
	.ready = saying_ready,
};
