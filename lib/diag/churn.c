#include "diag/churn.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"

/* The kernel makes no smaller table (net/ipv4/tcp_ipv4.c, tcp_set_hashinfo()). */
enum { TEXT_MAX = 4096, BUCKETS_MIN = 64 };

struct visit {
	const char *proc_root, *net_root;
	struct skt_churn_counts *counts;
	uint64_t buckets;
};

/* The first TEXT_MAX - 1 bytes of a file, NUL-terminated: what is asked for comes early. */
static bool read_text(const char *root, const char *name, char text[TEXT_MAX])
{
	char path[PATH_MAX];
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, TEXT_MAX - 1);
	(void)close(fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	return true;
}

/* The COUNT numbers at P, which may be NULL. */
static bool read_numbers(const char *p, size_t count, uint64_t *ret)
{
	for (size_t i = 0; p && i < count; i++) {
		char *end;

		ret[i] = strtoull(p, &end, 10);
		p = end > p ? end : NULL;
	}
	return p != NULL;
}

/* Behind TEXT in P, or NULL. */
static const char *behind(const char *p, const char *text)
{
	p = p ? strstr(p, text) : NULL;
	return p ? p + strlen(text) : NULL;
}

/* The columns of RFC 4022's tcp group, as the kernel has always had them. */
static bool read_opens(const char *text, struct skt_churn_counts *ret)
{
	enum { ACTIVE = 4, RESETS = 7, FIELDS };
	static const char head[] = "\nTcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens "
				   "PassiveOpens AttemptFails EstabResets ";
	uint64_t fields[FIELDS];

	if (!read_numbers(behind(behind(text, head), "\nTcp: "), FIELDS, fields))
		return false;
	for (size_t i = ACTIVE; i <= RESETS; i++)
		ret->opens += fields[i];
	return true;
}

static bool read_sockets(const char *text, struct skt_churn_counts *ret)
{
	const char *line = behind(text, "\nTCP: inuse ");

	return read_numbers(line, 1, &ret->open) &&
		read_numbers(behind(line, " tw "), 1, &ret->time_wait);
}

static int read_counts(void *ctx)
{
	const struct visit *visit = ctx;
	struct skt_churn_counts *counts = visit->counts;
	char text[TEXT_MAX];

	counts->known = read_text(visit->net_root, "net/sockstat", text) &&
		read_sockets(text, counts) && read_text(visit->net_root, "net/snmp", text) &&
		read_opens(text, counts);
	return 0;
}

static void read_now(const struct skt_churn *churn, struct skt_churn_counts *ret)
{
	const struct skt_netns *netns = churn->netns;
	char root[PATH_MAX];
	struct visit visit = {.net_root = churn->proc_root, .counts = ret};

	*ret = (struct skt_churn_counts){0};
	if (!netns || netns->own) {
		(void)read_counts(&visit);
		return;
	}
	visit.net_root = root;
	if (netns->pid) {
		(void)snprintf(root, sizeof(root), "%s/%u", churn->proc_root, netns->pid);
		(void)read_counts(&visit);
	} else {
		(void)snprintf(root, sizeof(root), "%s/thread-self", churn->proc_root);
		(void)skt_netns_run(netns, read_counts, &visit, NULL);
	}
}

/* Of the table that the thread's namespace uses: negative where it is that of the first one. */
static int read_buckets(void *ctx)
{
	struct visit *visit = ctx;
	char text[TEXT_MAX];

	if (read_text(visit->proc_root, "sys/net/ipv4/tcp_ehash_entries", text))
		(void)read_numbers(text + (*text == '-'), 1, &visit->buckets);
	return 0;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* How many buckets the table has; the fewest that it can have, where that is not told. */
static double buckets_of(const struct skt_churn *churn)
{
	struct visit visit = {.proc_root = churn->proc_root};

	if (!churn->netns || churn->netns->own)
		(void)read_buckets(&visit);
	else
		(void)skt_netns_run(churn->netns, read_buckets, &visit, NULL);
	return (double)(visit.buckets ? visit.buckets : BUCKETS_MIN);
}

void skt_churn_begin(
	struct skt_churn *churn, const char *proc_root, const struct skt_netns *netns, bool counted)
{
	*churn = (struct skt_churn){.proc_root = proc_root, .netns = netns};
	if (counted)
		read_now(churn, &churn->before);
	churn->missed = churn->before.known ? 0 : -1;
}

void skt_churn_update(struct skt_churn *churn)
{
	const struct skt_churn_counts *before = &churn->before;
	struct skt_churn_counts after;
	uint64_t left;

	if (!before->known)
		return;
	read_now(churn, &after);
	if (!after.known) {
		churn->before.known = false;
		churn->missed = -1;
		return;
	}
	/* Whoever came went, as far as their number is the same; and may have left TIME-WAIT. */
	left = (after.opens - before->opens) + distance(after.open, before->open) +
		distance(after.time_wait, before->time_wait);
	if (left)
		churn->missed = SKT_MAX(churn->missed, (double)left / buckets_of(churn));
	churn->before = after;
}
