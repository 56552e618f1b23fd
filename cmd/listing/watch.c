/*
 * The listing, drawn again and again on a terminal. All waiting is done in one place, in which
 * alone signals arrive; whatever ends the run, the terminal is handed back before.
 */
#include "cmd/listing/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/listing/watch_frame.h"
#include "cmd/listing/watch_lines.h"
#include "cmd/listing/watch_view.h"
#include "out/terminal.h"

/* A lone escape is a key if nothing follows it for so long; slow lines cut sequences in two. */
enum { ESCAPE_MS = 50, BATCH_MS = 5, SHARE = 10 };

struct watch {
	struct skt_watch_source source; /* with this listing */
	struct skt_listing listing;
	struct skt_directory directory;
	struct skt_selection kept; /* columns that are shown, sorted by, or acted by */
	const struct skt_context *ctx;
	struct skt_screen screen;
	struct skt_watch_view view;
	struct skt_snapshot snapshot;
	int tty;         /* opened for keys; -1: stdin does */
	int signals;     /* signalfd(2) */
	sigset_t before; /* signals that were blocked at first */
	sigset_t waits;  /* those that are while waiting: what is read from `signals` comes there */
	char keys[SKT_KEY_MAX];
	size_t keys_len;
	uint64_t deaf_ns; /* until then no news is taken */
	uint64_t matched; /* the most sockets that there were at once */
	bool first, quit, redraw;
};

/* ---- signals ---- */

static const int handled[] = {SIGWINCH, SIGTSTP, SIGCONT};

/* Those that end the run have their handler already; like the others they only come while waiting.
 */
static int catch_signals(struct watch *watch)
{
	sigset_t blocked, read;

	(void)sigemptyset(&read);
	for (size_t i = 0; i < SKT_COUNT(handled); i++)
		(void)sigaddset(&read, handled[i]);
	(void)sigorset(&blocked, &read, &watch->ctx->endings);
	if (sigprocmask(SIG_BLOCK, &blocked, &watch->before))
		return -errno;
	watch->waits = watch->before;
	for (size_t i = 0; i < SKT_COUNT(handled); i++)
		(void)sigaddset(&watch->waits, handled[i]);
	watch->signals = signalfd(-1, &read, SFD_CLOEXEC | SFD_NONBLOCK);
	return watch->signals < 0 ? -errno : 0;
}

/* Lets NUMBER do now what it does to a process that does not care for it. */
static void suffer(int number)
{
	sigset_t only, before;

	(void)sigemptyset(&only);
	(void)sigaddset(&only, number);
	(void)raise(number);
	(void)sigprocmask(SIG_UNBLOCK, &only, &before);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

static void take_signals(struct watch *watch)
{
	struct signalfd_siginfo info;

	while (read(watch->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		watch->redraw = true;
		switch (info.ssi_signo) {
		case SIGTSTP:
			skt_screen_give(&watch->screen);
			suffer(SIGTSTP);
			skt_screen_retake(&watch->screen);
			break;
		case SIGCONT:
			skt_screen_retake(&watch->screen);
			break;
		}
	}
	skt_screen_measure(&watch->screen);
}

/* ---- keys ---- */

static void act(struct watch *watch, uint32_t key)
{
	switch (skt_watch_view_key(&watch->view, key)) {
	case SKT_WATCH_NONE:
		break;
	case SKT_WATCH_REDRAW:
		watch->redraw = true;
		break;
	case SKT_WATCH_QUIT:
		watch->quit = true;
		break;
	}
}

/* Acts on the keys that are whole; FINAL: on what is left, too. */
static void take_keys(struct watch *watch, bool final)
{
	size_t at = 0;

	while (at < watch->keys_len && !watch->quit) {
		uint32_t key;
		size_t n = skt_key_parse(watch->keys + at, watch->keys_len - at, final, &key);

		if (!n)
			break;
		at += n;
		act(watch, key);
		/* What was typed, or pasted, before a question was seen is no answer to it. */
		if (watch->view.mode == SKT_WATCH_ASK)
			at = watch->keys_len;
	}
	watch->keys_len -= at;
	memmove(watch->keys, watch->keys + at, watch->keys_len);
}

static void read_keys(struct watch *watch)
{
	ssize_t n = read(watch->screen.in, watch->keys + watch->keys_len,
		sizeof(watch->keys) - watch->keys_len);

	/* A terminal that is gone says no more: there is nobody to draw for. */
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		watch->quit = true;
	if (n > 0) {
		watch->keys_len += (size_t)n;
		take_keys(watch, false);
	}
}

/* ---- drawing and waiting ---- */

static int draw(struct watch *watch)
{
	struct skt_sink sink;
	int rc;

	skt_sink_init(&sink, watch->ctx->out);
	rc = skt_watch_frame_draw(&watch->view, &sink.pending);
	if (!rc)
		rc = skt_sink_flush(&sink);
	skt_sink_fini(&sink);
	watch->redraw = false;
	return rc;
}

/* Adds to FDS what news come from, unless there was some only just: these come in batches. */
static nfds_t add_news(const struct watch *watch, uint64_t now, struct pollfd *fds)
{
	const struct skt_watch_source *source = &watch->source;
	size_t count = 0;
	int news[SKT_WATCH_FDS];

	if (source->fds && now >= watch->deaf_ns)
		count = source->fds(source->look_ctx, news);
	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){.fd = news[i], .events = POLLIN};
	return count;
}

static void take_news(struct watch *watch, uint64_t now)
{
	watch->deaf_ns = now + BATCH_MS * SKT_NS_PER_MS;
	if (watch->source.news(watch->source.look_ctx))
		watch->quit = true;
}

/* Waits for a key, a signal, or UNTIL. */
static void await(struct watch *watch, uint64_t until)
{
	const uint64_t now = skt_clock_ns();
	uint64_t left = until > now ? until - now : 0;
	struct pollfd fds[2 + SKT_WATCH_FDS] = {{.fd = watch->screen.in, .events = POLLIN},
		{.fd = watch->signals, .events = POLLIN}};
	const nfds_t news = add_news(watch, now, fds + 2);
	struct timespec timeout;
	int rc;

	if (watch->keys_len)
		left = SKT_MIN(left, ESCAPE_MS * SKT_NS_PER_MS);
	else if (watch->deaf_ns > now)
		left = SKT_MIN(left, watch->deaf_ns - now);
	timeout = skt_clock_timespec(left);
	rc = ppoll(fds, 2 + news, &timeout, &watch->waits);
	if (rc == 0 && watch->keys_len)
		take_keys(watch, true);
	if (rc > 0 && fds[1].revents)
		take_signals(watch);
	if (rc > 0 && fds[0].revents)
		read_keys(watch);
	for (nfds_t i = 0; i < news && rc > 0; i++)
		if (fds[2 + i].revents) {
			take_news(watch, skt_clock_ns());
			break;
		}
}

struct taking {
	struct skt_snapshot snapshot;
	const struct watch *watch;
};

static int take_row(const void *row, struct skt_bytes id, void *ctx)
{
	struct taking *taking = ctx;

	return skt_snapshot_add(
		&taking->snapshot, &taking->watch->kept, row, taking->watch->source.row_size, id);
}

static int take_snapshot(struct watch *watch)
{
	const struct skt_watch_source *source = &watch->source;
	struct taking taking = {.watch = watch};
	int status = source->look(source->listing, watch->ctx, take_row, &taking, source->look_ctx);

	if (!watch->first &&
		skt_snapshot_mark(
			&taking.snapshot, &watch->snapshot, &watch->kept, source->row_size))
		status = SKT_EXIT_TROUBLE;
	skt_snapshot_fini(&watch->snapshot);
	watch->snapshot = taking.snapshot;
	watch->first = false;
	/* What cannot be seen was told of at first. */
	watch->listing.quiet = true;
	watch->matched = SKT_MAX(watch->matched, watch->snapshot.rows.len - watch->snapshot.gone);
	if (skt_watch_lines_arrange(&watch->view))
		status = SKT_EXIT_TROUBLE;
	return status;
}

static bool is_paused(const struct watch *watch)
{
	return watch->view.paused || skt_watch_view_holds(&watch->view);
}

/* Until the next snapshot is due, or the end. */
static int show(struct watch *watch, uint64_t due, uint64_t deadline)
{
	int rc = draw(watch);

	while (!rc && !watch->quit && !skt_interrupted(watch->ctx)) {
		uint64_t now = skt_clock_ns();

		if (now >= deadline || (now >= due && !is_paused(watch)))
			break;
		await(watch, is_paused(watch) ? deadline : SKT_MIN(due, deadline));
		if (watch->redraw)
			rc = draw(watch);
	}
	return rc;
}

static int watch_rows(struct watch *watch)
{
	const struct skt_watch_source *source = &watch->source;
	uint64_t start = skt_clock_ns(), deadline = skt_clock_add(start, source->timeout_ns);
	int status = SKT_EXIT_YES, rc;

	for (;;) {
		uint64_t took = skt_clock_ns() - start;

		rc = show(watch, start + SKT_MAX(source->interval_ns, SHARE * took), deadline);
		if (rc || watch->quit || skt_interrupted(watch->ctx) || skt_clock_ns() >= deadline)
			break;
		start = skt_clock_ns();
		status = take_snapshot(watch);
		if (status != SKT_EXIT_YES)
			break;
	}
	skt_screen_give(&watch->screen);
	if (rc)
		skt_warn(watch->ctx, "cannot draw: %s", strerror(-rc));
	else if (status != SKT_EXIT_YES)
		skt_warn(watch->ctx, "they could no longer be listed");
	return rc ? SKT_EXIT_TROUBLE : status;
}

/* Keys come from stdin, or from the terminal itself where that is something else. */
static int take_screen(struct watch *watch)
{
	int in = STDIN_FILENO, rc;

	if (!skt_terminal_is(in)) {
		watch->tty = in = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (in < 0)
			return -errno;
	}
	rc = catch_signals(watch);
	return rc ? rc : skt_screen_take(&watch->screen, in, watch->ctx->out);
}

static int choose_columns(const struct watch *watch, struct skt_selection *ret)
{
	const struct skt_rows_options *rows = watch->listing.rows;
	int rc = 0;

	for (size_t i = 0; !rc && i < rows->selection.count; i++)
		rc = skt_selection_add(ret, rows->selection.columns[i]);
	for (size_t i = 0; !rc && i < rows->sort.count; i++)
		rc = skt_selection_add(ret, rows->sort.keys[i].column);
	/* Whoever holds a socket may be ended, and is named before. */
	for (const struct skt_column *c = skt_socket_columns; !rc && c->name; c++)
		if (watch->source.sockets &&
			(strcmp(c->name, "processes") == 0 || strcmp(c->name, "process") == 0))
			rc = skt_selection_add(ret, c);
	return rc;
}

/* The keys are read, and the screen is written, on a terminal that can move its cursor. */
static bool can_draw(const struct skt_context *ctx)
{
	if (!skt_terminal_is(ctx->out))
		skt_warn(ctx,
			"--watch needs a terminal; without it the list can be shown again "
			"and again by watch(1)");
	else if (ctx->dumb)
		skt_warn(ctx, "--watch needs a terminal that moves its cursor: TERM is 'dumb'");
	else
		return true;
	return false;
}

static void init(struct watch *watch, const struct skt_watch_source *source)
{
	const struct skt_rows_options *rows = source->listing->rows;
	const struct skt_context *ctx = watch->ctx;

	watch->source = *source;
	watch->listing = *source->listing;
	watch->listing.directory = &watch->directory;
	watch->source.listing = &watch->listing;
	watch->view = (struct skt_watch_view){
		.source = &watch->source,
		.ctx = ctx,
		.screen = &watch->screen,
		.snapshot = &watch->snapshot,
		.color = rows->color == SKT_COLOR_ALWAYS ||
			(rows->color == SKT_COLOR_AUTO && !ctx->no_color),
	};
}

static void fini(struct watch *watch)
{
	if (watch->signals >= 0) {
		(void)close(watch->signals);
		(void)sigprocmask(SIG_SETMASK, &watch->before, NULL);
	}
	if (watch->tty >= 0)
		(void)close(watch->tty);
	skt_watch_view_fini(&watch->view);
	skt_snapshot_fini(&watch->snapshot);
	skt_directory_fini(&watch->directory);
	skt_selection_fini(&watch->kept);
}

int skt_watch(
	const struct skt_watch_source *source, const struct skt_context *ctx, uint64_t *ret_count)
{
	struct watch watch = {.ctx = ctx, .tty = -1, .signals = -1, .first = true};
	int status, rc;

	*ret_count = 0;
	if (!can_draw(ctx))
		return SKT_EXIT_TROUBLE;
	init(&watch, source);
	if (choose_columns(&watch, &watch.kept) ||
		skt_listing_directory(source->listing, ctx, &watch.directory)) {
		skt_warn(ctx, "%s", strerror(ENOMEM));
		status = SKT_EXIT_TROUBLE;
	} else {
		/* Before the screen is taken, lest what it has to say is lost. */
		status = take_snapshot(&watch);
	}
	if (status == SKT_EXIT_YES) {
		rc = take_screen(&watch);
		if (rc)
			skt_warn(ctx, "cannot take the terminal: %s", strerror(-rc));
		status = rc ? SKT_EXIT_TROUBLE : watch_rows(&watch);
	}
	*ret_count = watch.matched;
	fini(&watch);
	return status;
}

struct skt_bytes skt_watch_id(const struct skt_socket_row *row, struct skt_socket_id *id)
{
	/* /proc/net knows no cookies, and what orphans a socket changes its inode. */
	(void)skt_socket_id_of(&row->s, row->netns_inode, id);
	if (!id->cookie)
		return (struct skt_bytes){.data = NULL};
	return (struct skt_bytes){.data = (const char *)id, .len = sizeof(*id)};
}
