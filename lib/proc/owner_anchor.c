#include "proc/owner_anchor.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/pidfd.h"

/* What kcmp(2) answers where its first file comes first, in an order that lasts until reboot. */
enum { BEFORE = 1 };

static int compare_files(const struct skt_anchor *anchor, uint32_t task, uint32_t fd)
{
	long order = syscall(SYS_kcmp, (long)anchor->task, (long)task, (long)KCMP_FILE,
		(unsigned long)anchor->fd, (unsigned long)fd);

	return order < 0 ? -errno : (int)order;
}

bool skt_anchors_add(struct skt_anchors *anchors, struct skt_anchor anchor, size_t wanted)
{
	size_t i, place;

	for (i = 0; i < anchors->known; i++)
		if (anchors->each[i].inode == anchor.inode)
			return false;
	if (anchors->failed || wanted > SKT_ANCHORS_MAX || anchors->known == wanted)
		return false;
	/* With itself, to see whether there is kcmp(2) at all. */
	anchors->failed = compare_files(&anchor, anchor.task, anchor.fd) != 0;
	for (place = 0; place < anchors->known && !anchors->failed; place++) {
		int order = compare_files(&anchors->each[place], anchor.task, anchor.fd);

		anchors->failed = order <= 0;
		if (order != BEFORE)
			break;
	}
	if (anchors->failed)
		return false;
	for (i = anchors->known++; i > place; i--)
		anchors->each[i] = anchors->each[i - 1];
	anchors->each[place] = anchor;
	return anchors->known == wanted;
}

int skt_anchors_compare(
	const struct skt_anchors *anchors, uint32_t task, uint32_t fd, uint32_t *ret_inode)
{
	size_t i;

	*ret_inode = 0;
	for (i = 0; i < anchors->known; i++) {
		int order = compare_files(&anchors->each[i], task, fd);

		if (order < 0)
			return order;
		if (order == 0)
			*ret_inode = anchors->each[i].inode;
		/* Those that are left are even farther behind. */
		if (order != BEFORE)
			break;
	}
	return 0;
}

bool skt_anchors_hold(const struct skt_anchors *anchors, const char *proc_root)
{
	size_t i;

	for (i = 0; i < anchors->known; i++)
		if (!skt_process_holds(proc_root, anchors->each[i].task, anchors->each[i].fd,
			    anchors->each[i].inode))
			return false;
	return true;
}
