/* Who may use a proxy: a file with USER:PASSWORD on each line. */
#ifndef SKT_CMD_LISTEN_PROXY_USERS_H
#define SKT_CMD_LISTEN_PROXY_USERS_H

#include "base/err.h"
#include "base/vec.h"
#include "net/proxy.h"

/* As skt_proxy_read_user() fills it, and zeroed behind both texts. */
struct proxy_user {
	char name[SKT_PROXY_USER_MAX + 1], password[SKT_PROXY_USER_MAX + 1];
};

/* Zero-initialised: nobody. */
struct proxy_users {
	SKT_VEC(struct proxy_user) list;
};

/*
 * Reads the file PATH; empty lines, and those that begin with `#`, say nothing. Errors, told in
 * ERR, which holds no password: -EINVAL (a line without USER:PASSWORD), -ENODATA (nobody is in it),
 * what open(2) says, -ENOMEM.
 */
int proxy_users_load(struct proxy_users *users, const char *path, struct skt_err *err);

/* For struct skt_hearing: ARG are the users. How long it takes says nothing of who is right. */
bool proxy_users_know(void *arg, const char *user, const char *password);

/* Forgets the passwords, too. */
void proxy_users_free(struct proxy_users *users);

#endif
