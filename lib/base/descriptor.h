/* Descriptors that are handed to another program. */
#ifndef SKT_BASE_DESCRIPTOR_H
#define SKT_BASE_DESCRIPTOR_H

#include <errno.h>
#include <fcntl.h>

/*
 * Lets reads and writes at FD wait, as programs expect it: without that they would take EAGAIN for
 * a failure. 0 or -errno (fcntl(2)).
 */
static inline int skt_descriptor_block(int fd)
{
	const int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) ? -errno : 0;
}

#endif
