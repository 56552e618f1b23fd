/*
 * The listing, drawn again and again on a terminal. All waiting is done in one place, in which
 * alone signals arrive; whatever ends the run, the terminal is handed back before.
 */
#include "cmd/sockets/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/sockets/watch_view.h"
#include "out/terminal.h"

/* A lone escape is a key if nothing follows it for so long; slow lines cut sequences in two. */
enum { ESCAPE_MS = 50, SHARE = 10 };

struct watch {
	const struct sockets_modes *modes;
	struct skt_listing listing;
	struct skt_directory directory;
	struct skt_selection kept; /* columns that are shown or sorted by */
	const struct skt_context *ctx;
	struct skt_screen screen;
	struct watch_view view;
	struct snapshot snapshot;
	int tty;         /* opened for keys; -1: stdin does */
	int signals;     /* signalfd(2) */
	sigset_t before; /* signals that were blocked at first */
	sigset_t waits;  /* those that are while waiting: what is read from `signals` comes there */
	char keys[SKT_KEY_MAX];
	size_t keys_len;
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

static bool interrupted(const struct watch *watch)
{
	return watch->ctx->interrupted && *watch->ctx->interrupted;
}

/* ---- keys ---- */

static void act(struct watch *watch, uint32_t key)
{
	switch (watch_view_key(&watch->view, &watch->screen, key)) {
	case WATCH_NONE:
		break;
	case WATCH_REDRAW:
		watch->redraw = true;
		break;
	case WATCH_QUIT:
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
	rc = watch_view_draw(&watch->view, &watch->snapshot, &watch->screen, &sink.pending);
	if (!rc)
		rc = skt_sink_flush(&sink);
	skt_sink_fini(&sink);
	watch->redraw = false;
	return rc;
}

/* Waits for a key, a signal, or UNTIL. */
static void await(struct watch *watch, uint64_t until)
{
	const uint64_t now = skt_clock_ns();
	uint64_t left = until > now ? until - now : 0;
	struct pollfd fds[] = {{.fd = watch->screen.in, .events = POLLIN},
		{.fd = watch->signals, .events = POLLIN}};
	struct timespec timeout;
	int rc;

	if (watch->keys_len)
		left = SKT_MIN(left, ESCAPE_MS * SKT_NS_PER_MS);
	timeout = (struct timespec){.tv_sec = (time_t)(left / SKT_NS_PER_SEC),
		.tv_nsec = (long)(left % SKT_NS_PER_SEC)};
	rc = ppoll(fds, SKT_COUNT(fds), &timeout, &watch->waits);
	if (rc == 0 && watch->keys_len)
		take_keys(watch, true);
	if (rc > 0 && fds[1].revents)
		take_signals(watch);
	if (rc > 0 && fds[0].revents)
		read_keys(watch);
}

static int take_snapshot(struct watch *watch)
{
	int status = snapshot_take(
		&watch->snapshot, watch->first, &watch->listing, &watch->kept, watch->ctx);
	size_t count = watch->snapshot.rows.len - watch->snapshot.gone;

	watch->first = false;
	/* What cannot be seen was told of at first. */
	watch->listing.quiet = true;
	watch->matched = SKT_MAX(watch->matched, count);
	return status;
}

/* Until the next snapshot is due, or the end. */
static int show(struct watch *watch, uint64_t due, uint64_t deadline)
{
	int rc = draw(watch);

	while (!rc && !watch->quit && !interrupted(watch)) {
		uint64_t now = skt_clock_ns();

		if (now >= deadline || (now >= due && !watch->view.paused))
			break;
		await(watch, watch->view.paused ? deadline : SKT_MIN(due, deadline));
		if (watch->redraw)
			rc = draw(watch);
	}
	return rc;
}

static int watch_sockets(struct watch *watch)
{
	const struct sockets_modes *modes = watch->modes;
	uint64_t begin = skt_clock_ns(), deadline = SKT_NEVER, start = begin;
	int status = SKT_EXIT_YES, rc;

	if (modes->limited)
		deadline = skt_clock_add(begin, modes->timeout_ns);
	for (;;) {
		uint64_t took = skt_clock_ns() - start;

		rc = show(watch, start + SKT_MAX(modes->interval_ns, SHARE * took), deadline);
		if (rc || watch->quit || interrupted(watch) || skt_clock_ns() >= deadline)
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
		skt_warn(watch->ctx, "the sockets could no longer be listed");
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

static int choose_columns(const struct skt_rows_options *rows, struct skt_selection *ret)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < rows->selection.count; i++)
		rc = skt_selection_add(ret, rows->selection.columns[i]);
	for (size_t i = 0; !rc && i < rows->sort.count; i++)
		rc = skt_selection_add(ret, rows->sort.keys[i].column);
	return rc;
}

int sockets_watch(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	const struct skt_rows_options *rows = listing->rows;
	struct watch watch = {.modes = modes,
		.listing = *listing,
		.ctx = ctx,
		.view = {.rows = rows,
			.color = rows->color == SKT_COLOR_ALWAYS ||
				(rows->color == SKT_COLOR_AUTO && !ctx->no_color),
			.interval_ns = modes->interval_ns},
		.tty = -1,
		.signals = -1,
		.first = true};
	int status, rc;

	*ret_count = 0;
	if (!skt_terminal_is(ctx->out)) {
		skt_warn(ctx, "--watch needs a terminal; --follow writes anywhere");
		return SKT_EXIT_TROUBLE;
	}
	watch.listing.directory = &watch.directory;
	if (choose_columns(rows, &watch.kept) ||
		skt_listing_directory(listing, ctx, &watch.directory)) {
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
		status = rc ? SKT_EXIT_TROUBLE : watch_sockets(&watch);
	}
	*ret_count = watch.matched;
	if (watch.signals >= 0) {
		(void)close(watch.signals);
		(void)sigprocmask(SIG_SETMASK, &watch.before, NULL);
	}
	if (watch.tty >= 0)
		(void)close(watch.tty);
	watch_view_fini(&watch.view);
	snapshot_fini(&watch.snapshot);
	skt_directory_fini(&watch.directory);
	skt_selection_fini(&watch.kept);
	return status;
}
