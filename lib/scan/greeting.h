/*
 * What servers say first, or when they are asked: which service that is, the words that are for
 * people, and what to ask the silent ones. A small table of this project's own. Pure; the bytes are
 * hostile, and whoever shows the words must escape them.
 */
#ifndef SKT_SCAN_GREETING_H
#define SKT_SCAN_GREETING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SKT_GREETING_BYTES_MAX = 1024, /* of what is said, so much is looked at */
	SKT_GREETING_TEXT_MAX = 256,
};

struct skt_greeting {
	const char *service; /* NULL: nothing that is known */
	/* The first line; of HTTP, with the name of the server behind it. LEN 0: there is none. */
	char text[SKT_GREETING_TEXT_MAX];
	size_t len;
};

/* Reads what PORT has said: SIZE bytes, at most SKT_GREETING_BYTES_MAX. */
void skt_greeting_read(const uint8_t *bytes, size_t size, uint16_t port, struct skt_greeting *ret);

/* Whether these bytes are all that is worth waiting for. */
bool skt_greeting_is_complete(const uint8_t *bytes, size_t size);

struct skt_question {
	const char *bytes;
	size_t size;
	bool first; /* the services of that port wait for the client: no greeting is to be expected
		     */
};

/* What to ask PORT when it says nothing. */
struct skt_question skt_question_for(uint16_t port);

#endif
