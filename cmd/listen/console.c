#include "cmd/listen/console.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/stream/stdio.h"

static void failed(struct console *console, int r)
{
	if (r == -EPIPE)
		console->run->out_gone = true;
	else
		skt_stdout_tell_broken(&console->run->log, r);
	listen_stop(console->run, SKT_EXIT_TROUBLE);
}

static void broken(struct outlet *outlet, int r)
{
	failed(SKT_CONTAINER(outlet, struct console, out), r);
}

static void emptied(struct outlet *outlet SKT_UNUSED)
{
}

void console_say(struct console *console, const char *bytes, size_t len)
{
	struct piece *piece = NULL;
	int r = outlet_give(&console->out, bytes, len, &piece);

	piece_release(piece);
	if (r)
		failed(console, r);
}

void console_ended(struct console *console, int r)
{
	console->in_ended = true;
	(void)speaker_listen(&console->in, false);
	if (r == 0)
		skt_event_tell(&console->run->log, SKT_EVENT_DETAIL, "stdin_ended", "stdin ended");
	else
		skt_event_tell(&console->run->log, SKT_EVENT_ERROR, "stdin_broken",
			"cannot read standard input: %s", strerror(-r));
}

static int open_stdin(struct console *console, const struct speaker *in, struct skt_err *err)
{
	int flags = fcntl(STDIN_FILENO, F_GETFL), r;

	/* A stdin that is closed has nothing to say. */
	if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
		return 0;
	r = skt_stream_open(&console->in_stream, &console->run->loop, STDIN_FILENO);
	if (r)
		return skt_fail(err, -r, "use standard input");
	console->in = *in;
	console->in.stream = &console->in_stream;
	console->in_stream.reader = &console->in.user;
	return 0;
}

static int open_stdout(struct console *console, struct skt_err *err)
{
	int fd = console->run->ctx->out, r;

	if (console->run->options->pipe.send_only)
		fd = console->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return skt_fail(err, errno, "open /dev/null");
	r = skt_stream_open(&console->out_stream, &console->run->loop, fd);
	if (r)
		return skt_fail(err, -r, "use standard output");
	console->out = (struct outlet){
		.group = &console->heard_by,
		.stream = &console->out_stream,
		.patient = true,
		.emptied = emptied,
		.broken = broken,
	};
	outlet_open(&console->out);
	return 0;
}

int console_open(struct console *console, const struct speaker *in, struct skt_err *err)
{
	int r = 0;

	console->null_fd = -1;
	if (!console->run->options->pipe.recv_only)
		r = open_stdin(console, in, err);
	return r ? r : open_stdout(console, err);
}

void console_close(struct console *console)
{
	outlet_close(&console->out);
	speaker_forget(&console->in);
	if (console->in_stream.ops)
		skt_stream_close(&console->in_stream);
	if (console->out_stream.ops)
		skt_stream_close(&console->out_stream);
	if (console->null_fd >= 0)
		(void)close(console->null_fd);
}
