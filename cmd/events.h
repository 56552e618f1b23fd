/*
 * Events of the commands whose stdout is payload: on stderr, as lines of text for people or, with
 * --events=json, as one JSON object a line. The same events either way: an event is a name, a few
 * values, and a sentence that says the same in words.
 */
#ifndef SKT_CMD_EVENTS_H
#define SKT_CMD_EVENTS_H

#include <stdint.h>

#include "base/addr.h"
#include "base/str.h"
#include "cmd/command.h"
#include "out/progress.h"

/* How much is told: each -v adds one level, each -q takes one. */
enum skt_event_level {
	SKT_EVENT_ERROR,  /* why the exit status is not 0 */
	SKT_EVENT_NOTICE, /* what a user should know of a run that goes well; the usual level */
	SKT_EVENT_DETAIL, /* -v: the life of a socket, attempts, sums */
	SKT_EVENT_DEBUG,  /* -vv */
};

/* What every event has in JSON; most have more, which are texts, numbers or null. */
extern const struct skt_column skt_event_columns[];

/* -v -q --events */
struct skt_events_options {
	int verbose; /* -v less -q */
	bool json;
};

extern const struct argp skt_events_argp; /* input: struct skt_events_options * */

/* Not to be copied. */
struct skt_event_log {
	const struct skt_context *ctx;
	struct skt_progress *progress; /* erased before an event is told; NULL: none. Borrowed. */
	enum skt_event_level level;
	bool silent; /* not even errors */
	bool json;
	uint64_t lost_count; /* events that would have had to wait for a reader of stderr */
	uint64_t *lost;      /* to be told of: `lost_count` */
};

void skt_event_log_init(struct skt_event_log *log, const struct skt_context *ctx,
	const struct skt_events_options *options);

/* Tells how many events were lost, for which it waits a moment. */
void skt_event_log_fini(struct skt_event_log *log);

/* Whether events of LEVEL are told: what costs something need not be found out for nobody. */
bool skt_event_wanted(const struct skt_event_log *log, enum skt_event_level level);

/*
 * An event in the making: begun, given values, ended with its sentence. NAME and the names of
 * values are words_like_this. Values show in JSON only: the sentence says them in its own way.
 */
struct skt_event {
	const struct skt_event_log *log; /* NULL: nobody wants it, and the rest has no effect */
	struct skt_str json;
};

void skt_event_begin(struct skt_event *event, const struct skt_event_log *log,
	enum skt_event_level level, const char *name);
void skt_event_add_text(struct skt_event *event, const char *name, const char *text);
void skt_event_add_number(struct skt_event *event, const char *name, uint64_t number);

/* PREFIX_address and PREFIX_port; both null where ADDR has no family. */
void skt_event_add_end(
	struct skt_event *event, const char *prefix, const struct skt_addr *addr, uint16_t port);

/*
 * Writes the event. The sentence begins in lower case and has no full stop. Events never wait:
 * where nobody reads stderr they are lost, and their number is told with the next one that is not.
 */
void skt_event_end(struct skt_event *event, const char *format, ...) SKT_PRINTF(2, 3);

/* An event without values. */
void skt_event_tell(const struct skt_event_log *log, enum skt_event_level level, const char *name,
	const char *format, ...) SKT_PRINTF(4, 5);

#endif
