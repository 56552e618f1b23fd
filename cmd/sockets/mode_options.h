/* The options that choose what is done with the sockets that match, besides listing them. */
#ifndef SKT_CMD_SOCKETS_MODE_OPTIONS_H
#define SKT_CMD_SOCKETS_MODE_OPTIONS_H

#include "cmd/sockets/options.h"

/* --summary, --kill and the options that belong to them. Input: struct sockets_modes. */
extern const struct argp sockets_modes_argp;

/* What other options say that a mode cares for. */
struct sockets_given {
	bool filtered;    /* a filter */
	bool connections; /* of TCP there may be some */
	bool narrowed;    /* to some states or address families */
	bool shown;       /* columns that are not there by default */
	enum skt_dump_source source;
	enum skt_owners_source owners;
	const char *netns; /* or NULL */
};

/*
 * Once all options are known (ARGP_KEY_END): says what does not go together, and settles the
 * columns of rows as skt_rows_settle() does. EXTRA as there.
 */
error_t sockets_modes_settle(const struct argp_state *state, struct sockets_modes *modes,
	struct skt_rows_options *rows, const struct sockets_given *given, const char *const *extra);
void sockets_modes_fini(struct sockets_modes *modes);

#endif
