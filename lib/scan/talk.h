/*
 * Short conversations with ports, many at once: a connection each (or a datagram), a while of
 * listening, one question, the answer, and a reset. Bounded in number, bytes and time, whatever the
 * other side does; what the bytes mean is the business of whoever asks.
 */
#ifndef SKT_SCAN_TALK_H
#define SKT_SCAN_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "scan/talk_tls.h"

enum { SKT_TALKS_MAX = 256 }; /* at a time */

enum skt_talk_way { SKT_TALK_TCP, SKT_TALK_UDP, SKT_TALK_TLS };

/* How a talk ended. */
enum skt_talk_end {
	SKT_TALK_ANSWERED, /* all was said that was waited for */
	SKT_TALK_SILENT,   /* time was over */
	SKT_TALK_CLOSED,
	SKT_TALK_RESET,
	SKT_TALK_FAILED, /* no connection was to be had */
	SKT_TALK_CUT,    /* it was given up */
};

struct skt_talk;

struct skt_talk_request {
	struct skt_addr addr;
	uint16_t port;
	uint8_t way;      /* enum skt_talk_way */
	const char *name; /* that was given for the address, or NULL; TLS asks for it */
	/* Borrowed until the end; SIZE 0: it is only listened. */
	const char *question;
	size_t size;
	uint64_t
		quiet_ns; /* so long is listened before the question is asked, if nothing is said */
	uint64_t total_ns; /* all of it, from the connection on; a datagram is sent again at half */
	size_t limit;      /* of so many bytes no more are read */
	/* Whether the bytes of a talk are all that is worth waiting for; NULL: nobody knows. Of UDP
	 * the first datagram is all. */
	bool (*is_complete)(const struct skt_talk *talk);
	uint32_t tag; /* of the caller */
	void *owner;  /* of the caller */
};

struct skt_talk {
	struct skt_talk_request request;
	enum skt_talk_end end;
	bool asked; /* else all bytes came without a question */
	size_t size;
	uint8_t *bytes;
	struct skt_talk_tls *tls; /* of TLS: what came of the handshake; or NULL */

	/* its own */
	int fd;
	uint8_t state;
	bool again;           /* the datagram was sent twice */
	size_t room;          /* at `bytes` */
	uint64_t deadline_ns; /* of the state, or of the next byte */
	uint64_t end_ns;      /* of all of it */
};

struct skt_talks_config {
	struct skt_addr source4, source6; /* AF_UNSPEC: the kernel chooses */
	const char *interface;            /* to be bound to, or NULL */
	uint64_t rate;                    /* connections per second; 0: no limit */
	struct skt_tls_context *tls;      /* for SKT_TALK_TLS; or NULL: there are none */
	/* Called once for each request; what TALK has is gone behind it. More may be added from
	 * here. */
	void (*done)(void *ctx, const struct skt_talk *talk);
	void *ctx;
};

struct skt_talks;

/* -ENOMEM. CONFIG is copied, but not what it points to. */
int skt_talks_new(const struct skt_talks_config *config, struct skt_talks **ret);

/* Takes a request; it begins when there is room. -ENOMEM. */
int skt_talks_add(struct skt_talks *talks, const struct skt_talk_request *request);

/*
 * Goes on: begins what may begin, waits for what is under way until UNTIL_NS at the longest (0: not
 * at all), and hands on what is done. A signal ends the wait. 0 or -errno of poll(2).
 */
int skt_talks_step(struct skt_talks *talks, uint64_t until_ns);

/* How many are not done yet, and how many of them have not begun. */
size_t skt_talks_waiting(const struct skt_talks *talks);
size_t skt_talks_queued(const struct skt_talks *talks);

/* Ends those of OWNER, or all where it is NULL: done() gets what was said so far. */
void skt_talks_give_up(struct skt_talks *talks, const void *owner);

/* Frees all, NULL too; what is not done is forgotten. */
void skt_talks_free(struct skt_talks *talks);

#endif
