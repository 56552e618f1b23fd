/*
 * Greetings of open TCP ports: an ordinary connection each, a look at what the server says, one
 * tiny question where it says nothing, and a reset. Many at once, bounded in number, bytes and
 * time.
 */
#ifndef SKT_SCAN_BANNER_H
#define SKT_SCAN_BANNER_H

#include "base/err.h"
#include "scan/greeting.h"
#include "scan/run.h"
#include "scan/talk.h"

/* What came of a talk, as far as its end tells. */
enum skt_greeting_end skt_banner_end(enum skt_talk_end end);

struct skt_banners_config {
	struct skt_addr source4, source6; /* AF_UNSPEC: the kernel chooses */
	const char *interface;            /* to be bound to, or NULL */
	uint64_t rate;                    /* connections per second; 0: no limit */
	/* Called once for each result that was added; GREETING: what came of it. */
	void (*done)(void *ctx, const struct skt_scan_result *result,
		const struct skt_greeting *greeting);
	void *ctx;
};

struct skt_banners;

/* -ENOMEM. CONFIG is copied, but not what it points to. */
int skt_banners_new(const struct skt_banners_config *config, struct skt_banners **ret);

/*
 * Takes an open port, a copy of it. Where very many wait already, it goes on with those first.
 * -ENOMEM, or what skt_banners_step() says.
 */
int skt_banners_add(struct skt_banners *banners, const struct skt_scan_result *result);

/*
 * Goes on: begins what may begin, waits for what is under way until UNTIL_NS at the longest (0: not
 * at all), and hands on what is done. A signal ends the wait. 0 or -errno of poll(2).
 */
int skt_banners_step(struct skt_banners *banners, uint64_t until_ns);

/* How many are not done yet. */
size_t skt_banners_waiting(const struct skt_banners *banners);

/* Ends all of them: done() says what is known so far. */
void skt_banners_give_up(struct skt_banners *banners);

/* Frees all, NULL too; what is not done is forgotten. */
void skt_banners_free(struct skt_banners *banners);

#endif
