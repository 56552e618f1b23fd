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

/* What came of it that a port was listened to, and asked. */
enum skt_greeting_end {
	SKT_GREETING_NONE,    /* nobody has listened */
	SKT_GREETING_WORDS,   /* something was said */
	SKT_GREETING_ECHO,    /* our own question came back */
	SKT_GREETING_SILENT,  /* not a word in all the time */
	SKT_GREETING_CLOSED,  /* accepted, and closed without a word */
	SKT_GREETING_RESET,   /* accepted, and reset without a word */
	SKT_GREETING_FAILED,  /* no connection was to be had */
	SKT_GREETING_CUT,     /* the scan was ended before */
	SKT_GREETING_UNASKED, /* silent while it was listened to, and better not asked */
	SKT_GREETING_ENDS,    /* how many there are */
};

extern const char *const skt_greeting_end_names[SKT_GREETING_ENDS];

struct skt_greeting {
	enum skt_greeting_end end;
	const char *service; /* NULL: nothing that is known */
	/* The first line; of HTTP, with the name of the server behind it. LEN 0: there is none. */
	char text[SKT_GREETING_TEXT_MAX];
	size_t len;
};

/* Reads what PORT has said: SIZE bytes, at most SKT_GREETING_BYTES_MAX; `end` is left alone. */
void skt_greeting_read(const uint8_t *bytes, size_t size, uint16_t port, struct skt_greeting *ret);

/* Whether these bytes are all that is worth waiting for. */
bool skt_greeting_is_complete(const uint8_t *bytes, size_t size);

struct skt_question {
	const char *bytes;
	size_t size;
	bool first; /* the services of that port wait for the client: no greeting is to be expected
		     */
	/* They speak first, if late: who speaks before them is sent away (sendmail's greet_pause,
	 * Postfix's postscreen). SIZE is 0. */
	bool never;
};

/* What to ask PORT when it says nothing. */
struct skt_question skt_question_for(uint16_t port);

/* Whether what was said, SIZE bytes, is the beginning of the question. */
bool skt_greeting_is_echo(const uint8_t *bytes, size_t size, const struct skt_question *question);

#endif
