/* What the files of the server share. */
#ifndef SKT_NET_SERVE_INTERNAL_H
#define SKT_NET_SERVE_INTERNAL_H

#include "net/serve.h"

/* Puts LISTENER with its listening FD into the list, and asks for whoever comes. */
int skt_listener_add(
	struct skt_server *server, struct skt_listener *listener, int fd, struct skt_err *err);
void skt_listener_free(struct skt_listener *listener);

/* Binds FD to the path of the listener's endpoint and listens, replacing what is stale. */
int skt_listener_bind_file(struct skt_listener *listener, int fd,
	const struct skt_server_options *options, struct skt_err *err);

/* Removes the file of a unix socket if it is the one that was made. */
void skt_listener_remove_file(struct skt_listener *listener);

/* One client more of a host: 0, -EDQUOT (it has LIMIT already), -ENOMEM. */
int skt_hosts_enter(struct skt_server *server, const struct skt_addr *addr, size_t limit);
void skt_hosts_leave(struct skt_server *server, const struct skt_addr *addr);
void skt_hosts_free(struct skt_server *server);

#endif
