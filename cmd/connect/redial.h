/*
 * When to connect again, after an attempt has failed (--wait) or a connection is lost
 * (--reconnect): at once, then after pauses that double, each shortened by a random part so that
 * the clients of a server that has restarted do not come together; and not for ever.
 */
#ifndef SKT_CMD_CONNECT_REDIAL_H
#define SKT_CMD_CONNECT_REDIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/events.h"
#include "cmd/stream/session.h"

struct connect_redial {
	/* Set by the user. */
	uint64_t patience_ns;       /* how long it is tried after a loss; 0: not at all */
	uint64_t first_ns, last_ns; /* the first pause and the longest */

	/* To be read. */
	uint64_t until_ns; /* when it is given up; SKT_NEVER: nothing is tried again */
	uint64_t losses;   /* connections that were lost, and bytes on their way in them */
	uint64_t lost;
	bool unsure; /* beyond `lost`, bytes may have been lost */

	/* its own */
	uint64_t pause_ns;
};

/* Attempts are repeated until UNTIL_NS, the first after PAUSE_NS; SKT_NEVER: they are not. */
void connect_redial_begin(struct connect_redial *redial, uint64_t until_ns, uint64_t pause_ns);

/*
 * A connection is lost, which SESSION was, and began at START_NS. One that lasted, or brought
 * something, was a connection: patience begins anew, but never beyond DEADLINE_NS.
 */
void connect_redial_lost(struct connect_redial *redial, const struct skt_session *session,
	uint64_t now_ns, uint64_t deadline_ns);

/* Whether another attempt is due, and then when. */
bool connect_redial_next(struct connect_redial *redial, uint64_t now_ns, uint64_t *ret_ns);

/*
 * What all connections lost together, LAST bytes of it in the one that was the last. Silent where
 * that is nothing, or was told by the last one alone.
 */
bool connect_redial_report(
	const struct connect_redial *redial, uint64_t last, const struct skt_event_log *log);

#endif
