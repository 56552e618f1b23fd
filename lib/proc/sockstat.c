#include "proc/sockstat.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[SKT_SOCKSTAT_FILES] = {"sockstat", "sockstat6"};

void skt_sockstat_open(struct skt_sockstat *sockstat, const char *proc_root)
{
	char path[256];

	for (size_t i = 0; i < SKT_SOCKSTAT_FILES; i++) {
		/* Of the namespace that this thread is in (proc_thread-self(5)). */
		(void)snprintf(path, sizeof(path), "%s/thread-self/net/%s", proc_root, names[i]);
		sockstat->fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		(void)snprintf(path, sizeof(path), "%s/net/%s", proc_root, names[i]);
		if (sockstat->fds[i] < 0)
			sockstat->fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		sockstat->lens[i] = 0;
	}
}

bool skt_sockstat_changed(struct skt_sockstat *sockstat)
{
	bool changed = false;

	for (size_t i = 0; i < SKT_SOCKSTAT_FILES; i++) {
		char text[SKT_SOCKSTAT_MAX];
		ssize_t n = pread(sockstat->fds[i], text, sizeof(text), 0);
		size_t len = n > 0 ? (size_t)n : 0;

		/* All are read, so that the next call compares with now. */
		if (len && len == sockstat->lens[i] && memcmp(text, sockstat->texts[i], len) == 0)
			continue;
		changed = true;
		memcpy(sockstat->texts[i], text, len);
		sockstat->lens[i] = len;
	}
	return changed;
}

void skt_sockstat_close(struct skt_sockstat *sockstat)
{
	for (size_t i = 0; i < SKT_SOCKSTAT_FILES; i++)
		if (sockstat->fds[i] >= 0)
			(void)close(sockstat->fds[i]);
}
