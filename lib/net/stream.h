/*
 * A stream of bytes on a loop: one descriptor with two sides that are used independently, a reader
 * and a writer, behind a few operations that TLS can stand in for.
 *
 * Nothing here blocks, and nothing changes the mode of a descriptor that is shared with other
 * programs (stdin, stdout): sockets are asked with MSG_DONTWAIT, pipes with RWF_NOWAIT, terminals
 * through a description of our own, opened by /proc/self/fd.
 *
 * Sources: preadv2(2), recv(2), splice(2), proc_pid_fd(5).
 */
#ifndef SKT_NET_STREAM_H
#define SKT_NET_STREAM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "net/loop.h"

enum skt_stream_kind {
	SKT_STREAM_SOCKET,  /* of bytes: TCP, unix, vsock */
	SKT_STREAM_RECORDS, /* a socket that keeps boundaries: SOCK_SEQPACKET, datagrams */
	SKT_STREAM_PIPE,
	SKT_STREAM_FILE, /* regular or block: always ready */
	SKT_STREAM_TTY,
	SKT_STREAM_DEVICE, /* /dev/null and whatever else there is */
};

struct skt_stream;

/*
 * What read() says of a peer whose descriptor has ended, but not the layer above it: what came may
 * not be all. A plain socket knows of no such end.
 */
#define SKT_STREAM_CUT (-ENOLINK)

/* All return a count or -errno; -EAGAIN: nothing now, the side's user is told when to try again. */
struct skt_stream_ops {
	/*
	 * 0: the end; SKT_STREAM_CUT. A record longer than SIZE: -EMSGSIZE; empty ones, which are
	 * no end, are passed over.
	 */
	ssize_t (*read)(struct skt_stream *stream, void *bytes, size_t size);
	/* The same, and what was read stays to be read again. NULL: it cannot. */
	ssize_t (*peek)(struct skt_stream *stream, void *bytes, size_t size);
	/* After -EAGAIN the next write begins with the same bytes, perhaps at another place. */
	ssize_t (*write)(struct skt_stream *stream, const void *bytes, size_t size);
	/*
	 * Tells the peer that nothing more will be written: a half-close. Sets `end_size` of the
	 * stream. -EAGAIN: call again.
	 */
	int (*finish)(struct skt_stream *stream);
	/* Bytes on their way to the peer that it has not acknowledged, the end of the stream
	 * included; 0 where unknown. */
	size_t (*unsent)(const struct skt_stream *stream);
	/* What to ask of the descriptor for the wishes of both sides: EPOLLIN, EPOLLOUT. */
	uint32_t (*interest)(const struct skt_stream *stream);
	/* Whether bytes that the descriptor will not announce lie ready for read(). */
	bool (*pending)(const struct skt_stream *stream);
	/* Lets go of what lies above the descriptor, without a word to the peer. NULL: nothing. */
	void (*close)(struct skt_stream *stream);
};

/* Who uses one side, or wants to know of the end of both. */
struct skt_stream_user {
	/* The side wanted is ready, or broken: reading or writing will say. May close the stream.
	 */
	void (*ready)(struct skt_stream_user *user);
};

struct skt_stream {
	const struct skt_stream_ops *ops;
	void *layer; /* what lies above the descriptor, of `ops`; NULL: nothing */
	int fd;
	enum skt_stream_kind kind;
	bool raw;      /* the bytes of the stream are those of the descriptor: splice may be used */
	bool nonblock; /* O_NONBLOCK is set: splice and sendfile to it cannot block */
	bool append;   /* O_APPEND: splice refuses to write to it */
	bool owns;     /* skt_stream_close() closes the descriptor */
	bool no_nowait;
	bool wants_read, wants_write; /* in effect after skt_stream_update() */
	struct skt_stream_user *reader, *writer;
	struct skt_stream_user *broken; /* see skt_stream_hears_break() */
	/*
	 * -errno for which the connection broke, once that is known: the kernel tells it to one
	 * call only, and whoever reads on after that call finds what had come before, then this.
	 */
	int error;
	size_t end_size; /* by so much the end that was told makes unsent() more; 0: not told */
	struct skt_watch watch;
};

/*
 * Makes a plain stream of FD. The descriptor stays the caller's, unless `owns` is set afterwards.
 * Errors: those of fstat(2).
 */
int skt_stream_open(struct skt_stream *stream, struct skt_loop *loop, int fd);
void skt_stream_close(struct skt_stream *stream);

/*
 * From now on USER (NULL: nobody) is told, once or more, when the descriptor has an error or a
 * hang-up while neither side is wanted: else a peer that is gone would be noticed by nobody. It may
 * close the stream. In effect after skt_stream_update().
 */
void skt_stream_hears_break(struct skt_stream *stream, struct skt_stream_user *user);

/* Tells the loop what the sides want now. Errors: those of skt_watch_add(). */
int skt_stream_update(struct skt_stream *stream);

/* As the operation, with what was written alone: without the end. */
size_t skt_stream_unsent_bytes(const struct skt_stream *stream);

/*
 * Why the connection is broken: -errno, which is kept in `error` too, since the kernel tells it
 * once; 0: it is not, as far as is known.
 */
int skt_stream_status(struct skt_stream *stream);

/* Whether -errno R says that the other end went away: EPIPE, ECONNRESET and their kin. */
bool skt_stream_is_gone(int r);

#endif
