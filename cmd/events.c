#include "cmd/events.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/plural.h"
#include "cmd/options.h"
#include "cmd/parse.h"
#include "cmd/tell.h"
#include "out/text.h"

enum { KEY_EVENTS = SKT_KEY_EVENTS };

enum { TEXT_MAX = 1024, LAST_WAIT_MS = 200 };

static const struct argp_option events_options[] = {
	SKT_HEADING("Events", SKT_GROUP_EVENTS),
	{"verbose", 'v', NULL, 0, "Tell more; twice: even more", SKT_GROUP_EVENTS},
	{"quiet", 'q', NULL, 0, "Tell errors only; twice: nothing", SKT_GROUP_EVENTS},
	{"events", KEY_EVENTS, "text|json", 0,
		"How events and reports on stderr are written (default: text)", SKT_GROUP_EVENTS},
	{0},
};

static error_t parse_events(int key, char *arg, struct argp_state *state)
{
	struct skt_events_options *o = state->input;

	switch (key) {
	case 'v':
		o->verbose++;
		return 0;
	case 'q':
		o->verbose--;
		return 0;
	case KEY_EVENTS:
		o->json = strcmp(arg, "json") == 0;
		if (!o->json && strcmp(arg, "text") != 0)
			return skt_usage_error(state, "--events '%s': expected text or json", arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp skt_events_argp = {.options = events_options, .parser = parse_events};

void skt_event_log_init(struct skt_event_log *log, const struct skt_context *ctx,
	const struct skt_events_options *options)
{
	int level = SKT_EVENT_NOTICE + options->verbose;

	*log = (struct skt_event_log){
		.ctx = ctx,
		.level = (enum skt_event_level)SKT_MAX(
			SKT_EVENT_ERROR, SKT_MIN(level, SKT_EVENT_DEBUG)),
		.silent = level < SKT_EVENT_ERROR,
		.json = options->json,
	};
	log->lost = &log->lost_count;
}

bool skt_event_wanted(const struct skt_event_log *log, enum skt_event_level level)
{
	return level <= log->level && !log->silent;
}

static const char *const levels[] = {"error", "notice", "detail", "debug"};

/* No such row is ever made: an event is written as its values come. */
struct event_row {
	uint64_t present, time_ns;
	uint8_t level;
	struct skt_bytes event, message;
};

const struct skt_column skt_event_columns[] = {
	SKT_COLUMN(
		struct event_row, time_ns, .help = "when it was, since 1970", .unit = SKT_UNIT_NS),
	SKT_COLUMN_NAME(struct event_row, "level", level, levels, .help = "how much it matters"),
	SKT_COLUMN(struct event_row, event, .help = "what happened, in a word"),
	SKT_COLUMN(struct event_row, message, .help = "the same in a sentence"),
	SKT_COLUMN_END,
};

static void add_name(struct skt_event *event, const char *prefix, const char *name)
{
	skt_str_add_format(&event->json, ",\"%s%s\":", prefix, name);
}

static void begin(struct skt_event *event, const struct skt_event_log *log,
	enum skt_event_level level, const char *name)
{
	*event = (struct skt_event){.log = log};
	if (log->json)
		skt_str_add_format(&event->json,
			"{\"time_ns\":%llu,\"level\":\"%s\",\"event\":\"%s\"",
			(unsigned long long)skt_clock_real_ns(), levels[level], name);
}

void skt_event_begin(struct skt_event *event, const struct skt_event_log *log,
	enum skt_event_level level, const char *name)
{
	if (skt_event_wanted(log, level))
		begin(event, log, level, name);
	else
		*event = (struct skt_event){0};
}

void skt_event_add_text(struct skt_event *event, const char *name, const char *text)
{
	if (!event->log || !event->log->json)
		return;
	add_name(event, "", name);
	if (text)
		skt_text_add_json(&event->json, text, strlen(text));
	else
		skt_str_add_text(&event->json, "null");
}

void skt_event_add_number(struct skt_event *event, const char *name, uint64_t number)
{
	if (!event->log || !event->log->json)
		return;
	add_name(event, "", name);
	skt_str_add_format(&event->json, "%llu", (unsigned long long)number);
}

void skt_event_add_end(
	struct skt_event *event, const char *prefix, const struct skt_addr *addr, uint16_t port)
{
	char text[SKT_ADDR_TEXT_MAX];
	bool known = addr->family != AF_UNSPEC;

	if (!event->log || !event->log->json)
		return;
	add_name(event, prefix, "_address");
	skt_str_add_format(&event->json, known ? "\"%s\"" : "null", skt_addr_text(addr, text));
	add_name(event, prefix, "_port");
	if (known)
		skt_str_add_format(&event->json, "%u", port);
	else
		skt_str_add_text(&event->json, "null");
}

/* What is longer than a pipe takes at once is cut, in its sentence. */
static void add_message(struct skt_event *event, const char *text)
{
	size_t len = strlen(text), values = event->json.len;

	for (;; len /= 2) {
		event->json.len = values;
		add_name(event, "", "message");
		skt_text_add_json(&event->json, text, len);
		skt_str_add_text(&event->json, "}\n");
		if (event->json.len <= PIPE_BUF || len == 0)
			break;
	}
}

static bool tell(struct skt_event *event, const char *text)
{
	const struct skt_event_log *log = event->log;
	struct skt_str words = {0}, *line = log->json ? &event->json : &words;
	bool told;

	if (log->json) {
		add_message(event, text);
	} else {
		skt_warn_line(log->ctx, text, line);
		if (line->len > PIPE_BUF) {
			line->len = PIPE_BUF;
			line->data[line->len - 1] = '\n';
		}
	}
	told = !line->failed && skt_tell(STDERR_FILENO, line->data, line->len);
	skt_str_fini(line);
	return told;
}

/* Whether nothing is left to be told of. */
static bool tell_lost(const struct skt_event_log *log)
{
	struct skt_event event;
	char text[TEXT_MAX];

	if (!*log->lost)
		return true;
	begin(&event, log, SKT_EVENT_ERROR, "events_lost");
	skt_event_add_number(&event, "lost", *log->lost);
	(void)snprintf(text, sizeof(text), "%llu event%s lost: nobody read standard error",
		(unsigned long long)*log->lost, skt_plural(*log->lost, " was", "s were"));
	if (!tell(&event, text))
		return false;
	*log->lost = 0;
	return true;
}

static void end(struct skt_event *event, const char *text)
{
	const struct skt_event_log *log = event->log;

	if (log->progress)
		skt_progress_erase(log->progress);
	if (tell_lost(log) && tell(event, text))
		return;
	++*log->lost;
	skt_str_fini(&event->json);
}

void skt_event_log_fini(struct skt_event_log *log)
{
	struct pollfd reader = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (log->lost_count && poll(&reader, 1, LAST_WAIT_MS) > 0)
		(void)tell_lost(log);
}

void skt_event_end(struct skt_event *event, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;

	if (!event->log)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	end(event, text);
}

void skt_event_tell(const struct skt_event_log *log, enum skt_event_level level, const char *name,
	const char *format, ...)
{
	struct skt_event event;
	char text[TEXT_MAX];
	va_list args;

	skt_event_begin(&event, log, level, name);
	if (!event.log)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	end(&event, text);
}
