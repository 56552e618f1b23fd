#include "proc/netns_gather.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/netns_keepers.h"

/* Of all. What is no namespace (`ip netns` leaves files behind) has no sockets. */
static int take_name(struct skt_netns_search *search, const char *name, const char *path, void *ctx)
{
	struct skt_netns *netns;
	struct skt_netns_identity who = {0};

	(void)ctx;
	if (skt_netns_identify(path, &who))
		return 0;
	netns = skt_netns_known(search->set, who);
	if (!netns)
		netns = skt_netns_add(search, who);
	return netns ? skt_netns_set_name(search, netns, name, path) : -ENOMEM;
}

/* Makes PID answer for a namespace; one that has no name is kept from vanishing with it. */
static void hold(const struct skt_netns_search *search, struct skt_netns *netns, uint32_t pid)
{
	char path[PATH_MAX];

	netns->pid = pid;
	if (netns->path || netns->own)
		return;
	skt_netns_process_path(search->proc_root, pid, path, sizeof(path));
	netns->held = open(path, O_RDONLY | O_CLOEXEC);
	/* It has ended just now: the next one will do. */
	if (netns->held < 0 && (errno == ENOENT || errno == ESRCH))
		netns->pid = 0;
}

static int take_process(struct skt_netns_search *search, uint32_t pid, void *ctx)
{
	struct skt_netns *netns;
	struct skt_netns_identity who = {0};
	int rc = skt_netns_identify_process(search->proc_root, pid, &who);

	(void)ctx;
	if (rc)
		search->set->hidden += rc == -EACCES || rc == -EPERM;
	if (rc)
		return 0;
	netns = skt_netns_known(search->set, who);
	if (!netns)
		netns = skt_netns_add(search, who);
	if (!netns)
		return -ENOMEM;
	/* This one ends with the run. */
	if (!netns->pid && pid != (uint32_t)getpid())
		hold(search, netns, pid);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct skt_netns *x = a, *y = b;

	if (x->own != y->own)
		return x->own ? -1 : 1;
	if (!x->rank != !y->rank)
		return x->rank ? -1 : 1;
	if (x->rank)
		return strcmp(x->label, y->label);
	/* Those that nobody is in come last. */
	if (x->pid != y->pid)
		return x->pid - 1 < y->pid - 1 ? -1 : 1;
	return (x->inode > y->inode) - (x->inode < y->inode);
}

/* Takes one that no process is in, and that has no name: it is called by what keeps it. */
static int take_keeper(void *ctx, const struct skt_netns_keeper *keeper)
{
	struct skt_netns_search *search = ctx;
	struct skt_netns *netns;
	char text[32];

	if (skt_netns_known(
		    search->set, (struct skt_netns_identity){keeper->device, keeper->inode}))
		return 0;
	netns = skt_netns_add(search, (struct skt_netns_identity){keeper->device, keeper->inode});
	if (!netns)
		return -ENOMEM;
	(void)snprintf(text, sizeof(text), "tid:%u", keeper->thread);
	netns->pid = keeper->thread;
	netns->path = skt_netns_keep(search->set, keeper->path);
	netns->label = keeper->thread ? skt_netns_keep(search->set, text) : netns->path;
	netns->held = keeper->is_socket
		? SKT_MAX(skt_netns_of_socket(search->proc_root, keeper->path), -1)
		: open(keeper->path, O_RDONLY | O_CLOEXEC);
	return netns->path && netns->label ? 0 : -ENOMEM;
}

int skt_netns_gather(struct skt_netns_search *search)
{
	struct skt_netns_vec *list = &search->set->list;
	struct skt_netns *own = skt_netns_add(search, search->own);
	int rc;

	if (!own)
		return -ENOMEM;
	own->own = true;
	rc = skt_netns_each_name(search, take_name, NULL);
	if (rc >= 0)
		rc = skt_netns_each_process(search, take_process, NULL);
	if (rc >= 0)
		rc = skt_netns_each_keeper(
			search->proc_root, search->own.device, take_keeper, search);
	for (size_t i = 0; rc >= 0 && i < list->len; i++)
		rc = skt_netns_settle(search, &list->data[i]);
	if (rc >= 0)
		qsort(list->data, list->len, sizeof(*list->data), compare);
	return rc;
}
