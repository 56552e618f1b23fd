/* Who may come: what --allow and --deny say. */
#ifndef SKT_CMD_ACCESS_H
#define SKT_CMD_ACCESS_H

#include "base/addr.h"
#include "base/err.h"
#include "base/vec.h"
#include "cmd/command.h"
#include "net/lists.h"
#include "net/resolve.h"

/* RFC 1035, and the NUL. */
enum { SKT_ACCESS_HOST_MAX = 254 };

struct skt_access_host {
	char name[SKT_ACCESS_HOST_MAX];
};

/* A list of --allow or --deny: prefixes, hosts to be looked up, and files of both to be read. */
struct skt_access {
	SKT_VEC(struct skt_cidr) prefixes;
	SKT_VEC(struct skt_access_host) hosts;
	SKT_VEC(const char *) files; /* borrowed from argv */
};

/* Reads the value ARG of OPTION, --allow or --deny, reporting what is wrong with it. */
error_t skt_access_parse(const struct argp_state *state, const char *option, const char *arg,
	struct skt_access *access);

/* Whether anything was given. */
bool skt_access_given(const struct skt_access *access);

/*
 * Adds the prefixes and hosts of FROM, and those in its files. Errors in ERR name file and line:
 * -EINVAL (no entry), what open(2) says, -ENOMEM.
 */
int skt_access_load(struct skt_access *access, const struct skt_access *from, struct skt_err *err);

/* Adds the addresses that were found of one of its hosts. -ENOMEM. */
int skt_access_add_host(struct skt_access *access, const struct skt_resolve *found);

/* -ENODATA with ERR where a list of --allow has come out empty: it would let everybody in. */
int skt_access_check(const struct skt_access *allow, struct skt_err *err);

/* What two lists say once they are loaded and looked up: borrowed from both. */
struct skt_lists skt_access_lists(const struct skt_access *allow, const struct skt_access *deny);

/*
 * Loads FROM into RET and looks its hosts up, waiting for each: for those who have nothing else to
 * do meanwhile. Errors as skt_access_load() and skt_look_up().
 */
int skt_access_resolve(const struct skt_context *ctx, const struct skt_access *from,
	struct skt_access *ret, struct skt_err *err);

void skt_access_free(struct skt_access *access);

#endif
