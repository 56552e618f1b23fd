#include "base/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

void skt_netns_let_go(struct skt_netns *netns)
{
	if (netns->held >= 0)
		(void)close(netns->held);
	netns->held = -1;
}

void skt_netns_fini(struct skt_netns *netns)
{
	if (netns->free_kept)
		netns->free_kept(netns->kept);
	skt_netns_let_go(netns);
}

struct visit {
	const struct skt_netns *netns;
	int (*fn)(void *ctx);
	void *ctx;
	struct skt_err *err;
	int rc;
};

/* Whether FD is what NETNS was found as: another process may have come to the number. */
static bool is_still(const struct skt_netns *netns, int fd)
{
	struct stat found;

	return !netns->inode ||
		(!fstat(fd, &found) && found.st_ino == netns->inode &&
			found.st_dev == netns->device);
}

int skt_netns_enter(const struct skt_netns *netns, struct skt_err *err)
{
	int fd = netns->held, rc = 0;

	if (fd < 0 && netns->path)
		fd = open(netns->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && netns->path)
		return skt_fail(err, errno, "open %s", netns->path);
	if (fd < 0 || !is_still(netns, fd))
		rc = skt_fail_text(err, ESRCH, "nobody is in the network namespace any more");
	else if (setns(fd, CLONE_NEWNET))
		rc = skt_fail(err, errno, "enter network namespace %s", netns->label);
	if (fd >= 0 && fd != netns->held)
		(void)close(fd);
	return rc;
}

static void *visit(void *arg)
{
	struct visit *visit = arg;

	visit->rc = skt_netns_enter(visit->netns, visit->err);
	if (!visit->rc)
		visit->rc = visit->fn(visit->ctx);
	return NULL;
}

int skt_netns_run(
	const struct skt_netns *netns, int (*fn)(void *ctx), void *ctx, struct skt_err *err)
{
	struct visit job = {.netns = netns, .fn = fn, .ctx = ctx, .err = err};
	sigset_t all, before;
	pthread_t thread;
	int error;

	if (netns->own)
		return fn(ctx);
	/* Signals are for the threads of the caller. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, visit, &job);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return skt_fail(err, error, "start a thread");
	(void)pthread_join(thread, NULL);
	return job.rc;
}
