/*
 * A socket or two that are looked for among very many descriptors. Once one descriptor of each is
 * known, kcmp(2) tells whether another one is the same open file. That takes a third of the time of
 * readlink(2) below /proc, where the kernel makes an inode for every descriptor that is looked at.
 */
#ifndef SKT_PROC_OWNER_ANCHOR_H
#define SKT_PROC_OWNER_ANCHOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* With more of them readlink(2) is as fast. */
enum { SKT_ANCHORS_MAX = 2 };

struct skt_anchor {
	uint32_t inode;
	uint32_t task, fd; /* descriptor FD of TASK is the socket INODE */
};

/* Zero-initialised: none is known. Its owner serialises all but what is const. */
struct skt_anchors {
	struct skt_anchor each[SKT_ANCHORS_MAX]; /* once all are known: in kcmp(2)'s order */
	size_t known;
	bool failed; /* kcmp(2) is not to be had, or an anchor was gone: never again */
};

/* Notes one more. Whether WANTED different ones are known now, and can be compared. */
bool skt_anchors_add(struct skt_anchors *anchors, struct skt_anchor anchor, size_t wanted);

/*
 * Which of the sockets descriptor FD of TASK is: *ret_inode is 0 for none. -errno: there is no such
 * descriptor (EBADF), or no such task (ESRCH), or the same is true of an anchor.
 */
int skt_anchors_compare(
	const struct skt_anchors *anchors, uint32_t task, uint32_t fd, uint32_t *ret_inode);

/* Whether every anchor still is where it was, so that what was compared with it stands. */
bool skt_anchors_hold(const struct skt_anchors *anchors, const char *proc_root);

#endif
