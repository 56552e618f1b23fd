#include "proc/netns.h"

#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/netns_gather.h"
#include "proc/netns_search.h"
#include "proc/netns_select.h"

/* The own namespace is known without /proc too: by a socket of it (Linux 4.10, CAP_NET_ADMIN). */
static void identify_own(const char *proc_root, struct skt_netns_identity *ret)
{
	char path[PATH_MAX];
	struct stat stat_;
	int fd, netns;

	(void)snprintf(path, sizeof(path), "%s/self/ns/net", proc_root);
	if (!skt_netns_identify(path, ret))
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	netns = fd < 0 ? -1 : ioctl(fd, SIOCGSKNS);
	if (netns >= 0 && !fstat(netns, &stat_))
		*ret = (struct skt_netns_identity){stat_.st_dev, stat_.st_ino};
	if (netns >= 0)
		(void)close(netns);
	if (fd >= 0)
		(void)close(fd);
}

int skt_netns_find(
	const char *proc_root, const char *selector, struct skt_netns_set *ret, struct skt_err *err)
{
	struct skt_netns_set set = {0};
	struct skt_netns_search search = {.proc_root = proc_root, .set = &set};
	int rc;

	identify_own(proc_root, &search.own);
	if (!selector) {
		rc = skt_netns_choose(&search, search.own, NULL, NULL, 0);
		if (!rc)
			set.list.data[0].own = true;
	} else {
		rc = strcmp(selector, "all") == 0 ? skt_netns_gather(&search)
						  : skt_netns_select(&search, selector, err);
	}
	if (rc == -ENOMEM)
		skt_fail(err, ENOMEM, "find network namespaces");
	if (rc < 0) {
		skt_netns_set_fini(&set);
		return rc;
	}
	*ret = set;
	return 0;
}
