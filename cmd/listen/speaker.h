/* Who speaks in a room, and who may not for a while because those who hear are owed too much. */
#ifndef SKT_CMD_LISTEN_SPEAKER_H
#define SKT_CMD_LISTEN_SPEAKER_H

#include "cmd/listen/outlet.h"

/* All who speak in a room. */
struct speakers {
	struct speaker *held; /* back, until no group that would hear them is blocked */
	char *heard;          /* what was read last; owned */
	size_t piece;         /* bytes to be read at once: many who speak are heard in turn */
	size_t record;        /* no less: the longest record, which is read whole or not at all */
};

/* One of them: a client, or stdin. Zeroed, with the first four set, before it is used. */
struct speaker {
	struct speakers *all;
	struct skt_stream *stream;
	struct skt_stream_user user;
	const struct outlet_group *to[2]; /* who hear it; NULL: nobody */

	/* its own: among those who are held back; link NULL: is not */
	struct speaker *next, **link;
};

/* Errors: -errno. */
int speaker_listen(struct speaker *speaker, bool wanted);

/*
 * Reads into all->heard. > 0: bytes; 0: the end; -EAGAIN: not now, also where it is held back; else
 * the -errno that broke it.
 */
ssize_t speaker_hear(struct speaker *speaker);

/* It is held back no more, and is not heard for that. */
void speaker_forget(struct speaker *speaker);

/* Heard are again those whom no group holds back: the `unblocked` of a group. */
void speakers_go_on(struct speakers *all);

#endif
