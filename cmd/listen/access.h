/* Who may come: --allow and --deny. */
#ifndef SKT_CMD_LISTEN_ACCESS_H
#define SKT_CMD_LISTEN_ACCESS_H

#include "base/addr.h"
#include "base/err.h"
#include "base/vec.h"

/* A list of --allow or --deny: prefixes, and files of them that are not yet read. */
struct listen_access {
	SKT_VEC(struct skt_cidr) prefixes;
	SKT_VEC(const char *) files; /* borrowed from argv */
};

/* Reads one word of --allow or --deny. Errors: -EINVAL, -ENOMEM. */
int listen_access_add(struct listen_access *access, const char *text);

/* FROM with the prefixes of its files. Errors in ERR name file and line. */
int listen_access_load(
	struct listen_access *access, const struct listen_access *from, struct skt_err *err);
void listen_access_free(struct listen_access *access);

#endif
