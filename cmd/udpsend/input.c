/* Datagrams out of a file or standard input: lines, hexadecimal lines, or chunks. */
#include "cmd/udpsend/input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/udpsend/hex.h"
#include "cmd/udpsend/reply.h"
#include "cmd/udpsend/send.h"

enum { INTERRUPT_CHECK_MS = 200 };

struct input {
	struct udpsend_flow *flow;
	int fd;
	bool end;
	size_t begin, len; /* what is not sent yet, in BUFFER */
	char *buffer;      /* with room for a stamp in front */
	uint8_t *stamped;  /* datagrams with their stamps, a batch */
	struct iovec batch[SKT_SENDER_BATCH];
	size_t batch_len, stamped_len;
	uint64_t records;
	int status;
};

static const char *name_of(const struct input *in)
{
	return in->fd == STDIN_FILENO ? "standard input" : in->flow->o->file;
}

static bool flush(struct input *in)
{
	bool more = !in->batch_len || udpsend_many(in->flow, in->batch, in->batch_len);

	in->batch_len = 0;
	in->stamped_len = 0;
	return more;
}

/* Queues one datagram; false when sending is over. */
static bool queue(struct input *in, char *bytes, size_t len)
{
	const size_t head = in->flow->head;

	in->records++;
	if (in->flow->o->hex && udpsend_unhex(bytes, len, &len)) {
		skt_warn(in->flow->ctx, "%s, line %" PRIu64 ": not hexadecimal", name_of(in),
			in->records);
		in->status = SKT_EXIT_TROUBLE;
		return false;
	}
	if (in->stamped) {
		if (in->stamped_len + head + len > UDPSEND_RECORD_MAX && !flush(in))
			return false;
		memcpy(in->stamped + in->stamped_len + head, bytes, len);
		bytes = (char *)in->stamped + in->stamped_len;
		len += head;
		in->stamped_len += len;
	}
	in->batch[in->batch_len++] = (struct iovec){.iov_base = bytes, .iov_len = len};
	return in->batch_len < SKT_SENDER_BATCH || flush(in);
}

/* The length of the next datagram in the buffer and what stands behind it; false: not there yet. */
static bool next_record(const struct input *in, size_t *ret_len, size_t *ret_skip)
{
	const struct udpsend_options *o = in->flow->o;
	const char *at = in->buffer + in->begin, *newline;

	if (o->chunk) {
		if (!in->len || (in->len < o->chunk && !in->end))
			return false;
		*ret_len = SKT_MIN(in->len, o->chunk);
		*ret_skip = 0;
		return true;
	}
	newline = memchr(at, '\n', in->len);
	if (newline) {
		*ret_len = (size_t)(newline - at) + o->raw;
		*ret_skip = !o->raw;
		return true;
	}
	/* A last line without its newline; or one that is longer than anything can be. */
	if (!in->len || (!in->end && in->len < UDPSEND_RECORD_MAX))
		return false;
	*ret_len = in->len;
	*ret_skip = 0;
	return true;
}

static bool send_records(struct input *in)
{
	size_t len, skip;

	while (next_record(in, &len, &skip)) {
		char *at = in->buffer + in->begin;

		in->begin += len + skip;
		in->len -= len + skip;
		if (!queue(in, at, len))
			return false;
	}
	/* What is queued lies in the buffer, which is about to change. */
	return flush(in);
}

/* Waits for input, taking what comes back meanwhile. False when it is over. */
static bool await_input(struct input *in)
{
	struct udpsend_flow *flow = in->flow;
	struct pollfd fds[2] = {
		{.fd = in->fd, .events = POLLIN}, {.fd = flow->fd, .events = POLLIN}};

	while (udpsend_left(flow) && skt_clock_ns() < flow->deadline_ns) {
		int n;

		/* Also those that had come by the end of sending. */
		if (skt_sink_flush(&flow->sink))
			return false;
		n = poll(fds, 2, INTERRUPT_CHECK_MS);
		if (n > 0 && fds[1].revents) {
			if (flow->receiver)
				udpsend_take_replies(flow);
			else
				udpsend_take_errors(flow);
			/* Answers that nobody asked for must not keep us awake. */
			fds[1].fd = flow->receiver ? flow->fd : -1;
		}
		if (n > 0 && fds[0].revents)
			return true;
	}
	return false;
}

static bool fill(struct input *in)
{
	ssize_t n;

	memmove(in->buffer, in->buffer + in->begin, in->len);
	in->begin = 0;
	if (!await_input(in))
		return false;
	do
		n = read(in->fd, in->buffer + in->len, UDPSEND_RECORD_MAX - in->len);
	while (n < 0 && errno == EINTR && !*in->flow->ctx->interrupted);
	if (n < 0 && errno != EINTR) {
		skt_warn(in->flow->ctx, "cannot read %s: %s", name_of(in), strerror(errno));
		in->status = SKT_EXIT_TROUBLE;
	}
	if (n < 0)
		return false;
	in->end = n == 0;
	in->len += (size_t)n;
	return true;
}

int udpsend_input(struct udpsend_flow *flow)
{
	struct input *in = calloc(1, sizeof(*in));
	const char *path = flow->o->file;
	int status = SKT_EXIT_TROUBLE;

	if (!in) {
		skt_warn(flow->ctx, "room for input: %s", strerror(ENOMEM));
		return status;
	}
	in->flow = flow;
	in->fd = path && strcmp(path, "-") != 0 ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (in->fd < 0) {
		skt_warn(flow->ctx, "cannot open %s: %s", path, strerror(errno));
		goto out;
	}
	in->buffer = malloc(UDPSEND_RECORD_MAX);
	in->stamped = flow->head ? malloc(2 * UDPSEND_RECORD_MAX) : NULL;
	if (!in->buffer || (flow->head && !in->stamped)) {
		skt_warn(flow->ctx, "room for input: %s", strerror(ENOMEM));
		goto out;
	}
	while (!in->end && fill(in) && send_records(in))
		;
	status = in->status;
out:
	if (in->fd > STDIN_FILENO)
		(void)close(in->fd);
	free(in->buffer);
	free(in->stamped);
	free(in);
	return status;
}
