/* The values of the options of `sockkit sockets`, of all its modes. */
#ifndef SKT_CMD_SOCKETS_OPTIONS_H
#define SKT_CMD_SOCKETS_OPTIONS_H

#include "base/str.h"
#include "cmd/listing/families.h"
#include "cmd/listing/filter_columns.h"
#include "cmd/options.h"
#include "cmd/replay.h"
#include "cmd/sockets/table.h"
#include "cmd/sockets/totals.h"
#include "record/store.h"

enum sockets_mode {
	SOCKETS_LIST,
	SOCKETS_SUMMARY,
	SOCKETS_KILL,
	SOCKETS_FOLLOW,
	SOCKETS_WATCH,
	SOCKETS_RECORD,
	SOCKETS_DROPS,
};

/* What is done with the sockets that match. */
struct sockets_modes {
	enum sockets_mode mode;
	const char *chosen;   /* the option that chose it */
	const char *group_by; /* SUMMARY: the text of --group-by, or NULL */
	bool zeros;           /* SUMMARY: groups of no socket too, of states that there may be */
	struct sockets_totals totals; /* SUMMARY */
	bool dry_run, force;          /* KILL */
	const char *kill_option;      /* an option that is given and wants KILL, or NULL */
	uint64_t interval_ns;         /* FOLLOW, WATCH: between two looks; DROPS: how long */
	bool watches;                 /* WATCH, SUMMARY: drawn again and again */
	bool why;                     /* LIST, WATCH: what holds connections back */
	bool rates;                   /* LIST, SUMMARY, WATCH: with columns that take two looks */
	uint64_t rates_ns;            /* between these two; 0: as it is watched */
	bool limited;                 /* FOLLOW, WATCH: not longer than */
	uint64_t timeout_ns;
	/* Set once all options are known; owned. */
	struct skt_selection groups; /* SUMMARY: what is counted apart */
	struct sockets_table table;
	struct skt_metric *metrics; /* SUMMARY as openmetrics: of the count and the totals */
	struct skt_str sort;        /* text of the usual order */
};

/* What is written down, or read from there. */
struct sockets_record_options {
	const char *path; /* RECORD; NULL: not wanted */
	struct skt_record_keep keep;
	uint64_t interval_ns;
	const char *replay; /* NULL: not wanted */
	struct skt_replay_when when;
	const char *record_option, *replay_option; /* given, and wants either; or NULL */
};

struct sockets_options {
	struct skt_rows_options rows;
	struct skt_netns_options netns;
	struct skt_family_options families;
	struct sockets_modes modes;
	struct sockets_record_options record;
	bool listening;
	bool threads, context, processes, extended, timers, info, memory, sockopt;
	enum skt_dump_source source;
	enum skt_owners_source owners;
	struct skt_str words;              /* the filter, its words joined by spaces */
	const char *home;                  /* a word of it that is $HOME; NULL: none */
	struct skt_filter_columns columns; /* what it may ask for */
	struct skt_filter *filter;
};

#endif
