/* The step in front of TLS where a connection begins in the clear: see tls/starttls.h. */
#ifndef SKT_NET_STARTTLS_H
#define SKT_NET_STARTTLS_H

#include "net/opening.h"
#include "tls/starttls.h"

/* The user sets what stands before `starttls` and zeroes the rest. */
struct skt_starttls_step {
	struct skt_opening_step step; /* `ops` by skt_starttls_step_init() */
	enum skt_starttls_protocol protocol;
	const char *host; /* in ASCII, "" where there is no name; borrowed */

	/* its own */
	struct skt_starttls starttls;
	enum skt_starttls_next next;
	struct skt_header heard, said;
	char piece[SKT_STARTTLS_PIECE_MAX], words[SKT_STARTTLS_WORDS_MAX];
};

void skt_starttls_step_init(struct skt_starttls_step *step);

#endif
