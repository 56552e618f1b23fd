/*
 * The client of a proxy is heard, as a step of its opening: what it wants, in SOCKS or HTTP, by its
 * first byte; and what it is answered, once that is known.
 */
#ifndef SKT_NET_HEARING_H
#define SKT_NET_HEARING_H

#include "net/http_request.h"
#include "net/opening.h"
#include "net/socks_request.h"

_Static_assert((int)SKT_HTTP_ASKED_MAX >= (int)SKT_SOCKS_ASKED_MAX, "either has room");
_Static_assert((int)SKT_HTTP_ANSWER_MAX >= (int)SKT_SOCKS_ANSWER_MAX, "either has room");

enum skt_hearing_phase {
	SKT_HEARING_FIRST, /* the only one of SOCKS 4 and HTTP */
	SKT_HEARING_USER,
	SKT_HEARING_REQUEST,
};

/* `step.ops` and what stands first are set before the start, the rest is zeroed. */
struct skt_hearing {
	struct skt_opening_step step;
	bool socks, http; /* what may be spoken */
	/*
	 * Whether the user is one who may ask; NULL: nobody has to say who he is. SOCKS 4 has no
	 * password, and nobody may ask in it then.
	 */
	bool (*knows)(void *arg, const char *user, const char *password);
	void *arg;

	/*
	 * Once the step is over; where it has failed, as far as it got: -EKEYREJECTED; -EPROTO and
	 * -EMSGSIZE (it makes no sense); errors of the request.
	 */
	struct skt_proxy_request request;
	size_t head_len; /* of HTTP: the head, in `heard` */
	char heard[SKT_HTTP_ASKED_MAX];

	/* the step's own */
	enum skt_hearing_phase phase;
	struct skt_header in, out;
	char said[2];
};

extern const struct skt_opening_ops skt_hearing_ops;

/*
 * What the client is to be told: R 0, and the end of the connection that was made, BOUND (NULL: not
 * known); or -errno R, and WHY in words. Returns the length; 0: nothing, in a language that was not
 * understood, and where a request of HTTP was passed on.
 */
size_t skt_hearing_answer(const struct skt_hearing *hearing, int r, const struct skt_place *bound,
	const char *why, char ret[SKT_HTTP_ANSWER_MAX]);

/* Bytes to be said, as a step. */
struct skt_saying {
	struct skt_opening_step step;
	struct skt_header left; /* set before the start; borrowed */
};

extern const struct skt_opening_ops skt_saying_ops;

#endif
