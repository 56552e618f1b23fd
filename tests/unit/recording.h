/*
 * Netlink recordings: a struct skt_netlink_source that answers from memory, and the means to make
 * one by hand. A recording is a row of frames: an int32_t N in host order, then N bytes of a
 * datagram; where N is negative, recv(2) fails with that -errno and nothing follows.
 */
#ifndef SKT_TESTS_RECORDING_H
#define SKT_TESTS_RECORDING_H

#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag/netlink.h"

struct recording {
	const char *data; /* borrowed */
	size_t len, at;
	size_t requests;    /* that were sent to it */
	char request[1024]; /* the last one */
	size_t request_len;
	int send_error; /* -errno of every send, or 0 */
	bool closed;
};

static inline ssize_t recording_send(void *ctx, const void *bytes, size_t len)
{
	struct recording *recording = ctx;

	recording->requests++;
	if (recording->send_error)
		return recording->send_error;
	recording->request_len =
		len < sizeof(recording->request) ? len : sizeof(recording->request);
	memcpy(recording->request, bytes, recording->request_len);
	return (ssize_t)len;
}

static inline ssize_t recording_recv(void *ctx, void *buffer, size_t size)
{
	struct recording *recording = ctx;
	size_t len, left = recording->len - recording->at;
	int32_t n;

	if (left < sizeof(n))
		return 0;
	memcpy(&n, recording->data + recording->at, sizeof(n));
	recording->at += sizeof(n);
	left -= sizeof(n);
	if (n < 0)
		return n < -4095 ? -EIO : n;
	len = (size_t)n < left ? (size_t)n : left;
	memcpy(buffer, recording->data + recording->at, len < size ? len : size);
	recording->at += len;
	return (ssize_t)((size_t)n > size && len > size ? (size_t)n : len);
}

static inline void recording_close(void *ctx)
{
	((struct recording *)ctx)->closed = true;
}

static inline struct skt_netlink_source recording_source(struct recording *recording)
{
	return (struct skt_netlink_source){.send = recording_send,
		.recv = recording_recv,
		.close = recording_close,
		.ctx = recording};
}

/* What a recording is made in. */
struct tape {
	char *data;
	size_t len, cap;
	size_t frame; /* where the length of the open frame is */
};

static inline void tape_bytes(struct tape *tape, const void *bytes, size_t len)
{
	if (tape->cap - tape->len < len) {
		tape->cap = (tape->len + len) * 2;
		tape->data = realloc(tape->data, tape->cap);
		if (!tape->data)
			abort();
	}
	if (len)
		memcpy(tape->data + tape->len, bytes, len);
	tape->len += len;
}

static inline void tape_error(struct tape *tape, int32_t negative_errno)
{
	tape_bytes(tape, &negative_errno, sizeof(negative_errno));
}

static inline void tape_begin(struct tape *tape)
{
	tape->frame = tape->len;
	tape_error(tape, 0);
}

static inline void tape_end(struct tape *tape)
{
	int32_t n = (int32_t)(tape->len - tape->frame - sizeof(n));

	memcpy(tape->data + tape->frame, &n, sizeof(n));
}

/* One message into the open frame, padded. */
static inline void tape_message(struct tape *tape, uint16_t type, uint16_t flags, uint32_t seq,
	uint32_t portid, const void *payload, size_t len)
{
	struct nlmsghdr header = {.nlmsg_len = (uint32_t)(sizeof(header) + len),
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = seq,
		.nlmsg_pid = portid};

	tape_bytes(tape, &header, sizeof(header));
	tape_bytes(tape, payload, len);
	tape_bytes(tape, "\0\0\0", (4 - len % 4) % 4);
}

/* NLMSG_DONE with its error number, in a frame of its own. */
static inline void tape_done(struct tape *tape, uint32_t seq, int32_t error)
{
	tape_begin(tape);
	tape_message(tape, NLMSG_DONE, NLM_F_MULTI, seq, 7, &error, sizeof(error));
	tape_end(tape);
}

static inline struct recording tape_play(const struct tape *tape)
{
	return (struct recording){.data = tape->data, .len = tape->len};
}

/* The whole of a file, malloced; NULL where it cannot be read. */
static inline char *file_read(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "re");
	struct tape tape = {0};
	char chunk[65536];
	size_t n;

	if (!file)
		return NULL;
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		tape_bytes(&tape, chunk, n);
	(void)fclose(file);
	*ret_len = tape.len;
	return tape.data;
}

#endif
