/*
 * The rule about ends, for two ends A and B that are joined both ways: what comes next, given what
 * has become of each way. Pure, so that every case stands in a table of the tests.
 *
 * A half-close is the end of one way, and the other goes on (RFC 9293 3.6). A way whose source
 * broke off ends both, since that end is gone; but what it had said before is delivered first, and
 * only then is the survivor reset, so that no half passes for the whole. A sink that is there and
 * will never hear of an end would wait for ever: that is a reset for it, too.
 */
#ifndef SKT_NET_ENDS_H
#define SKT_NET_ENDS_H

#include <stdbool.h>

enum skt_way {
	SKT_WAY_NONE,    /* there is no such way */
	SKT_WAY_OPEN,    /* bytes may still come */
	SKT_WAY_ENDED,   /* the source said that this was all, and the sink has it, and was told */
	SKT_WAY_REFUSED, /* the sink takes no more */
	SKT_WAY_FAILED,  /* the sink is there, and could not be given it or told the end */
	SKT_WAY_CUT,     /* the source broke off; the sink has what came before */
};

/* Of an end as a whole. */
enum skt_presence {
	SKT_END_HERE,
	SKT_END_LEFT,   /* closed: it says nothing more, and takes nothing */
	SKT_END_BROKEN, /* reset, or silent for too long */
};

struct skt_ends {
	enum skt_way there, back; /* from A to B, from B to A */
	enum skt_presence a, b;
	bool enough; /* nobody waits for more from B, once A has ended */

	/* The rules. */
	bool with_a;    /* what A says is all that counts: its end is the end of all */
	bool with_b;    /* the same of B */
	bool strict_a;  /* whatever breaks at A ends all at once: it is stdin and stdout */
	bool lenient_b; /* B need not hear everything, nor end in order: it is a program */
};

enum skt_ends_step {
	SKT_ENDS_GO_ON,
	SKT_ENDS_CLOSE, /* in order, once what was taken is delivered */
	SKT_ENDS_RESET, /* not in order, once what was taken is delivered to whoever is left */
	SKT_ENDS_ABORT, /* not in order, and at once */
};

enum skt_ends_step skt_ends_next(const struct skt_ends *ends);

#endif
