/*
 * Many probes at once, of which probe.c is the run, and probe_round.c what one of them does: its
 * rounds, its rows, and what people see meanwhile.
 */
#ifndef CONNECT_PROBE_INTERNAL_H
#define CONNECT_PROBE_INTERNAL_H

#include "cmd/connect/aims.h"
#include "cmd/connect/columns.h"
#include "cmd/connect/options.h"
#include "cmd/connect/row.h"
#include "cmd/connect/statistics.h"
#include "cmd/connect/tries.h"
#include "cmd/host_names.h"
#include "cmd/waiting.h"

struct probe_run;

/* One aim, once or repeatedly. */
struct probe {
	struct probe *next; /* of those that wait for a name */
	struct probe_run *run;
	struct connect_try try; /* its row is the probe's */
	bool finished, succeeded, local_error;
	bool unnamed; /* the row waits for the name of its address */
	uint64_t seq, due_ns;
	struct skt_timer timer; /* until the next round */
	struct connect_statistics statistics;
};

struct probe_run {
	const struct connect_options *options;
	const struct skt_context *ctx;
	struct skt_event_log log;
	struct skt_loop loop;
	struct skt_signals signals;
	struct skt_resolver *resolver;
	struct skt_services *services;
	struct skt_host_names *names; /* with --resolve */
	struct skt_arena arena;
	struct skt_chain_plan plan;
	struct connect_checks checks;
	struct connect_aims aims;
	struct connect_tries tries;
	struct probe *probes; /* one for each of the aims */
	size_t count;
	struct probe *unnamed, **unnamed_tail; /* rows that wait for the name of their address */
	struct skt_timer deadline;
	uint64_t deadline_ns;
	unsigned int late_rounds;
	size_t unfinished, printed;
	struct skt_rows_options rows;
	struct connect_widths widths;
	struct skt_sink sink;
	struct skt_output *output;
	struct skt_progress progress;
	struct skt_waiting waiting; /* for answers, where each is asked for once */
	char what[SKT_ENDPOINT_TEXT_MAX + 32];
	int signal;
};

/* Whether each aim is tried more than once. */
bool connect_probe_repeats(const struct probe_run *run);

/* Begins the row of the next round of a try; REPEATED: of the same round once more. */
struct connect_row connect_probe_begin_row(struct connect_try *try, bool repeated);

/* What the try came to is known: names it, shows it, and sees to the next one. */
void connect_probe_tried(struct connect_try *try, bool ready);

/* Time for the next round. */
void connect_probe_due(struct skt_timer *timer);

/* Names of addresses have come for ARG, a struct probe_run: shows the rows that waited for them. */
void connect_probe_names_came(void *arg);

/* Whatever has no answer now gets none. */
void connect_probe_end(struct probe *probe);

/* Rows of one round stand in the order of the arguments, whoever answers first. */
void connect_probe_print_in_order(struct probe_run *run);

/* Shows, where people watch, which aims are waited for. */
void connect_probe_begin_waiting(struct probe_run *run);

#endif
