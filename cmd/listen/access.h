/* Who may come: what --allow and --deny say. */
#ifndef SKT_CMD_LISTEN_ACCESS_H
#define SKT_CMD_LISTEN_ACCESS_H

#include "base/addr.h"
#include "base/err.h"
#include "base/vec.h"

/* RFC 1035, and the NUL. */
enum { LISTEN_HOST_MAX = 254 };

struct listen_host {
	char name[LISTEN_HOST_MAX];
};

/* A list of --allow or --deny: prefixes, hosts to be looked up, and files of both to be read. */
struct listen_access {
	SKT_VEC(struct skt_cidr) prefixes;
	SKT_VEC(struct listen_host) hosts;
	SKT_VEC(const char *) files; /* borrowed from argv */
};

/* Reads one word of --allow or --deny. Errors: -EINVAL, -ENOMEM. */
int listen_access_add(struct listen_access *access, const char *text);

/*
 * Adds the prefixes and hosts of FROM, and those in its files. Errors in ERR name file and line:
 * -EINVAL (no entry), what open(2) says, -ENOMEM.
 */
int listen_access_load(
	struct listen_access *access, const struct listen_access *from, struct skt_err *err);
void listen_access_free(struct listen_access *access);

#endif
