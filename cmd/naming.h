/*
 * Rows that wait for the names of their hosts, for commands that must not wait themselves: written
 * in the order in which they came, each once its name is known or given up. No more than 4096 rows
 * and 4 MiB are held; beyond that the oldest is written without a name.
 *
 * It has a loop of its own, which the command steps.
 */
#ifndef SKT_CMD_NAMING_H
#define SKT_CMD_NAMING_H

#include <signal.h>

#include "cmd/host_names.h"

enum { SKT_NAMING_ROWS = 4096, SKT_NAMING_BYTES = 4 * 1024 * 1024 };

/* The beginning of a row that is held. */
struct skt_naming_row {
	struct skt_naming_row *next;
	struct skt_addr addr; /* AF_UNSPEC: no name is to be had */
	size_t size;          /* of all of it, in bytes */
};

/* The user sets the first two and zeroes the rest. */
struct skt_naming {
	/* Writes ROW, whose host is called HOST, or has no name (NULL). 0 or -errno, which stays.
	 */
	int (*write)(void *arg, const struct skt_naming_row *row, const char *host);
	void *arg;

	/* its own */
	struct skt_loop loop;
	struct skt_host_names *names; /* NULL: not opened */
	struct skt_naming_row *first, **tail;
	size_t count, bytes;
};

/* LOOKUP as of skt_host_names_open(). Errors: its, and those of epoll. */
int skt_naming_open(struct skt_naming *naming, skt_host_name_fn lookup);

/* Frees the rows that are left, and the names. No effect where it was not opened. */
void skt_naming_close(struct skt_naming *naming);

/* Takes ROW, of malloc(3), over and frees it when it is written. 0 or write()'s. */
int skt_naming_add(struct skt_naming *naming, struct skt_naming_row *row);

/* Waits until DEADLINE_NS (0: not at all) for names, and writes what is due. 0 or write()'s. */
int skt_naming_step(struct skt_naming *naming, uint64_t deadline_ns);

static inline bool skt_naming_holds(const struct skt_naming *naming)
{
	return naming->first != NULL;
}

/* Asks for the name of ADDR beforehand. */
void skt_naming_ask(struct skt_naming *naming, const struct skt_addr *addr);

/* What ADDR is called, as far as is known now. */
const char *skt_naming_host(struct skt_naming *naming, const struct skt_addr *addr);

/*
 * Waits for the names that were asked for, for 10 seconds at most, and not where *STOP is or
 * becomes other than 0; then writes everything. 0 or write()'s.
 */
int skt_naming_finish(struct skt_naming *naming, const volatile sig_atomic_t *stop);

#endif
