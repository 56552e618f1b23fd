/*
 * What `sockkit sockets` can do with the sockets that match, besides listing them. A mode has
 * columns of its own and all those of the listing; its rows begin with a struct skt_socket_row.
 */
#ifndef SKT_CMD_SOCKETS_MODES_H
#define SKT_CMD_SOCKETS_MODES_H

#include "cmd/command.h"
#include "cmd/listing/listing.h"
#include "cmd/options.h"

enum sockets_mode {
	SOCKETS_LIST,
	SOCKETS_SUMMARY,
	SOCKETS_KILL,
	SOCKETS_FOLLOW,
	SOCKETS_WATCH,
};

struct sockets_modes {
	enum sockets_mode mode;
	const char *chosen;      /* the option that chose it */
	const char *group_by;    /* SUMMARY: the text of --group-by, or NULL */
	bool dry_run, force;     /* KILL */
	const char *kill_option; /* an option that is given and wants KILL, or NULL */
	uint64_t interval_ns;    /* FOLLOW, WATCH: between two looks */
	bool limited;            /* FOLLOW, WATCH: not longer than */
	uint64_t timeout_ns;
	/* Set by sockets_modes_settle(); owned. */
	struct skt_selection groups; /* SUMMARY: what is counted apart */
	struct skt_column *table;    /* of the mode and of the listing; NULL: the listing's */
	size_t shared, shared_count; /* where in it those of the listing are */
	struct skt_str sort;         /* text of the usual order */
};

/* --summary, --kill and the options that belong to them. Input: struct sockets_modes. */
extern const struct argp sockets_modes_argp;

/* What other options say that a mode cares for. */
struct sockets_given {
	bool filtered; /* a filter */
	enum skt_dump_source source;
	const char *netns; /* or NULL */
};

/*
 * Once all options are known (ARGP_KEY_END): says what does not go together, and settles the
 * columns of rows as skt_rows_settle() does. EXTRA as there.
 */
error_t sockets_modes_settle(const struct argp_state *state, struct sockets_modes *modes,
	struct skt_rows_options *rows, const struct sockets_given *given, const char *const *extra);
void sockets_modes_fini(struct sockets_modes *modes);

/*
 * Does what the mode says with the sockets of LISTING, whose row_size and write are not looked at.
 * Returns an exit status; *ret_count: how many sockets matched.
 */
int sockets_modes_run(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);

/* ---- the modes, each in the file of its name ---- */

/* Columns that a mode adds to those of the listing. */
extern const struct skt_column sockets_summary_columns[], sockets_kill_columns[],
	sockets_follow_columns[];

/*
 * Those of the shown columns that are the listing's: what must be known of a socket, and lives as
 * long as skt_row_keep() says. Room for one more. -ENOMEM; *ret is the caller's to free.
 */
int sockets_modes_needs(const struct sockets_modes *modes, const struct skt_selection *shown,
	struct skt_selection *ret);

int sockets_summary(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);
int sockets_kill(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);
int sockets_follow(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);
int sockets_watch(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);

#endif
